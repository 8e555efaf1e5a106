"""Who may do what."""

from __future__ import annotations

import pytest

from kamar.ids import NodePath, UserId
from kamar.policy import TABLE, Action, Sort, Standing, may, may_open
from kamar.structure import RoomKey, RoomKind, sort_of
from kamar.structure_room import OFFICER, power_levels

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


NEWCOMER, NEIGHBOUR, COORDINATOR = Standing.NEWCOMER, Standing.NEIGHBOUR, Standing.COORDINATOR
SEE, WRITE, INVITE, VOUCH = Action.SEE, Action.WRITE, Action.INVITE, Action.VOUCH


@pytest.mark.parametrize(
    ("standing", "action", "sorts"),
    [
        (NEWCOMER, SEE, "perintis rt"),
        (NEIGHBOUR, SEE, "perintis rt rw village siaran space"),
        (COORDINATOR, SEE, "perintis rt rw village siaran space pengurus"),
        (NEWCOMER, WRITE, "perintis rt"),
        (NEIGHBOUR, WRITE, "perintis rt rw village"),
        (COORDINATOR, WRITE, "perintis rt rw village siaran pengurus"),
        (NEWCOMER, INVITE, ""),
        (NEIGHBOUR, INVITE, ""),
        (COORDINATOR, INVITE, ""),
        (NEWCOMER, VOUCH, ""),
        (NEIGHBOUR, VOUCH, "perintis rt"),
        (COORDINATOR, VOUCH, "perintis rt"),
        (NEWCOMER, Action.OPEN, ""),
        (NEIGHBOUR, Action.OPEN, ""),
        (COORDINATOR, Action.OPEN, "rt rw village"),
    ],
)
def test_what_each_level_may_do_in_each_kind_of_room(standing: Standing, action: Action, sorts: str) -> None:
    assert {sort.value for sort in Sort if may(standing, action, sort)} == set(sorts.split())


def test_the_table_leaves_nothing_out_and_a_higher_level_may_never_do_less() -> None:
    assert set(TABLE) == set(Action)
    for rights in TABLE.values():
        assert set(rights) == set(Standing)
        assert rights[NEWCOMER] <= rights[NEIGHBOUR] <= rights[COORDINATOR]


@pytest.mark.parametrize("kind", [RoomKind.OBROLAN, RoomKind.PERINTIS, RoomKind.SIARAN, RoomKind.SPACE])
def test_rooms_are_locked_as_the_table_says(kind: RoomKind) -> None:
    key = RoomKey(VILLAGE if kind is not RoomKind.PERINTIS else NodePath("32.16.19"), kind)
    levels = power_levels(kind, "12", UserId("@kamar:x"))
    assert (levels["events_default"] < OFFICER) is may(NEIGHBOUR, WRITE, sort_of(key))
    assert levels["invite"] > OFFICER
