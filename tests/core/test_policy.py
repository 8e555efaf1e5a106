"""Who may do what."""

from __future__ import annotations

import pytest

from kamar.ids import NodePath
from kamar.policy import may_open

VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")


@pytest.mark.parametrize(
    ("coordinated", "node", "allowed"),
    [
        ([RT], RT, True),
        ([RW], RT, True),
        ([VILLAGE], RT, True),
        ([VILLAGE], VILLAGE, True),
        ([RT], RW, False),
        ([RT], NodePath(f"{RW}/RT004"), False),
        ([NodePath("32.16.19.2006")], RT, False),
        ([NodePath("32.16.19")], NodePath("32.16.19"), False),  # no kamar stands at a kecamatan
        ([], RT, False),
    ],
)
def test_a_coordinator_opens_the_own_kamar_and_those_below(
    coordinated: list[NodePath], node: NodePath, allowed: bool
) -> None:
    assert may_open(coordinated, node) is allowed
