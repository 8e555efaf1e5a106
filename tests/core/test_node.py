"""Paths of every axis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, ancestors_of, axis_of, below, check, child_of, is_below, is_within, parent_of, root_of

PARTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
PATHS = st.builds(
    lambda axis, parts: NodePath("/".join((axis, *parts))),
    st.sampled_from([axis.value for axis in Axis if axis is not Axis.WILAYAH]),
    st.lists(PARTS, max_size=4),
)


@pytest.mark.parametrize(
    ("path", "axis", "parent"),
    [
        ("ID", Axis.WILAYAH, None),
        ("32.16.19.2005/RW005", Axis.WILAYAH, "32.16.19.2005"),
        ("kerja", Axis.KERJA, None),
        ("kerja/maju-jaya/cikarang", Axis.KERJA, "kerja/maju-jaya"),
        ("tim/dapil-7", Axis.TIM, "tim"),
    ],
)
def test_a_path_tells_its_axis_and_what_lies_above(path: str, axis: Axis, parent: str | None) -> None:
    assert (axis_of(path), parent_of(check(path))) == (axis, parent)


@pytest.mark.parametrize(
    "path", ["kerja/", "kerja//x", "kerja/PT Maju", "kerja/-x", "kerja/" + "x" * 41, "kerja" + "/a" * 8]
)
def test_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(KamarError, match="node_malformed"):
        check(path)


@given(PATHS, PATHS)
def test_only_what_begins_with_a_node_lies_below_it(one: NodePath, other: NodePath) -> None:
    low, high = below(other)
    assert is_below(one, other) is (low <= one < high) is one.startswith(f"{other}/")
    assert is_within(one, other) is (other in (one, *ancestors_of(one)))


@given(PATHS, PARTS)
def test_a_child_lies_below_its_parent_and_every_chain_ends_at_the_root(parent: NodePath, part: str) -> None:
    child = child_of(parent, part)
    assert parent_of(child) == parent
    assert is_below(child, parent)
    assert ancestors_of(child)[-1] == root_of(axis_of(parent))
