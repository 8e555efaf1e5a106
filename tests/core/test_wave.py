"""Whose code is local, and how far the newcomers of one tree of codes come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.ids import NodePath
from kamar.wave import MEETS, MEETS_TOGETHER, VILLAGES, Brought, Step, is_local, lets_in, stays

VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
KECAMATAN = NodePath("32.16.19")


@pytest.mark.parametrize(
    ("brought", "local"),
    [
        (Brought("K", RT), True),
        (Brought("K", RW), True),
        (Brought("K", VILLAGE), True),
        (Brought("K", KECAMATAN), False),
        (Brought("K", NodePath("32.16.19.2001")), False),
        (Brought("K"), False),
        (Brought("K", RT, owner_home=RT, owner_vouched=True), True),
        (Brought("K", RT, owner_home=RT), False),
        (Brought("K", RT, owner_home=NodePath(f"{RW}/RT004"), owner_vouched=True), False),
        (Brought("K", VILLAGE, owner_home=VILLAGE, owner_vouched=True), False),
    ],
    ids=[
        "code of the RT",
        "code of the RW",
        "code of the village",
        "code of the kecamatan",
        "code of another village",
        "code for everywhere",
        "code of a neighbour",
        "code of a newcomer who claims to be a neighbour",
        "code of a neighbour of the next RT, who lived here",
        "code of somebody of the village",
    ],
)
def test_whose_code_is_local(brought: Brought, local: bool) -> None:
    assert is_local(brought, RT) is local


def village(number: int) -> NodePath:
    return NodePath(f"32.16.19.20{number:02d}")


@pytest.mark.parametrize(
    ("trail", "step", "let_in"),
    [
        ([], Step(village(1), 1, 15), True),
        ([Step(village(n), n, 1) for n in range(1, VILLAGES)], Step(village(9), 9, 1), True),
        ([Step(village(n), n, 1) for n in range(1, VILLAGES + 1)], Step(village(9), 9, 1), False),
        ([Step(village(n), n, 1) for n in range(1, VILLAGES + 1)], Step(village(1), 9, 1), True),
        ([Step(village(1), n, 15) for n in (1, 2)], Step(village(1), 3, 15), True),
        ([Step(village(1), n, 15) for n in (1, 2)], Step(village(1), 3, 16), False),
        ([Step(village(1), n, 15) for n in (1, 2, 3)], Step(village(1), 4, 1), False),
        ([Step(village(1), 1, 15)] * 9, Step(village(1), 1, 15), True),
        ([Step(village(1), n, 0) for n in range(1, 40)], Step(village(1), 40, 0), True),
    ],
    ids=[
        "the first",
        "a third village",
        "a fourth village",
        "a known village",
        "forty-five people",
        "forty-six people",
        "one more kamar of strangers",
        "the same kamar again",
        "a street that opens its own kamar",
    ],
)
def test_how_far_a_tree_of_codes_comes(trail: list[Step], step: Step, let_in: bool) -> None:
    assert lets_in(trail, step) is let_in


@given(st.lists(st.builds(Step, st.integers(1, 9).map(village), st.integers(1, 30), st.integers(0, 15)), max_size=60))
def test_however_they_walk_they_meet_few_people(wishes: list[Step]) -> None:
    trail: list[Step] = []
    for wish in wishes:
        if lets_in(trail, wish):
            trail.append(wish)
    met = {step.room: max(each.met for each in trail if each.room == step.room) for step in trail}
    assert sum(met.values()) <= MEETS_TOGETHER
    assert len({step.village for step in trail}) <= VILLAGES


@pytest.mark.parametrize(
    ("trail", "stay"),
    [
        ([Step(village(1), 1, MEETS)], True),
        ([Step(village(1), 1, MEETS + 1)], False),
        ([Step(village(1), 1, 3), Step(village(1), 1, MEETS + 1)], False),
        ([Step(village(1), n, MEETS) for n in (1, 2, 3)], True),
        ([Step(village(1), n, MEETS) for n in (1, 2, 3)] + [Step(village(1), 4, 1)], False),
        ([Step(village(1), 1, 1), Step(village(1), 2, MEETS + 1)], True),
    ],
    ids=[
        "fifteen",
        "a sixteenth moved in",
        "one of the tree met him",
        "forty-five in three kamar",
        "a forty-sixth",
        "too many in another kamar",
    ],
)
def test_who_may_stay_when_a_kamar_grows(trail: list[Step], stay: bool) -> None:
    assert stays(trail, 1) is stay
