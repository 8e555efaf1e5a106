"""What the reconciler does, as sentences. Each begins with rooms that are as the registry wants them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.reconcile import (
    BADGE_EVENT,
    Found,
    Holder,
    Power,
    Reopen,
    Seat,
    SetPower,
    SetState,
    Unban,
    Unseat,
    Wanted,
    What,
    canonical,
    drifts,
    plan,
    power_content,
    sits_among_officers,
    together,
    told,
)
from kamar.reconcile.content import CHILD, EMPTY, PARENT
from kamar.reconcile.want import NAMED_MAX
from kamar.structure import RoomKey, RoomKind
from tests.core.reconcile.world import (
    BOARD,
    DISTRICT,
    NEWS,
    ORGANISATION,
    REGENCY,
    ROOMS,
    RT,
    SPACE,
    STREET,
    TALK,
    VILLAGE,
    carry_out,
    fresh,
    holder,
    person,
    wanted,
)

SEATED, LEFT, REMOVED, LEAVING = SeatState.SEATED, SeatState.LEFT, SeatState.REMOVED, SeatState.LEAVING
STREET_ROOM, BOARD_ROOM, SPACE_ROOM = ROOMS[STREET], ROOMS[BOARD], ROOMS[SPACE]
ANI, BUDI = person("ani"), person("budi")


def equal(want: dict[RoomId, Wanted]) -> dict[RoomId, Found]:
    """Return the rooms exactly as they are wanted."""
    return carry_out(fresh(), plan(want, fresh()))


def power_in(want: dict[RoomId, Wanted], key: RoomKey) -> dict[UserId, int]:
    return dict(want[ROOMS[key]].power.users)


def changed(have: dict[RoomId, Found], key: RoomKey, **changes: object) -> dict[RoomId, Found]:
    return {**have, ROOMS[key]: replace(have[ROOMS[key]], **changes)}  # type: ignore[arg-type]


def test_a_coordinator_of_an_rt_has_power_in_its_kamar_alone() -> None:
    want = wanted(holders=[holder("ani", "koordinator", RT)])
    assert {key: power_in(want, key) for key in ROOMS} == {SPACE: {}, TALK: {}, NEWS: {}, STREET: {ANI: 50}, BOARD: {}}


def test_a_coordinator_of_a_village_has_power_in_every_room_of_the_village() -> None:
    want = wanted(holders=[holder("ani", "koordinator", VILLAGE)])
    assert [key for key in ROOMS if ANI in power_in(want, key)] == [SPACE, TALK, NEWS, STREET]


def test_a_chair_of_a_district_leads_its_officers_and_no_neighbours_below() -> None:
    want = wanted(holders=[holder("ani", "ketua", DISTRICT)])
    assert {key for key in ROOMS if ANI in power_in(want, key)} == {BOARD}
    assert power_in(want, BOARD) == {ANI: 100}


def test_the_chair_of_the_level_above_sits_in_the_room_of_its_children_without_power() -> None:
    chair = holder("ani", "ketua", DISTRICT)
    assert sits_among_officers(DISTRICT, chair)
    assert sits_among_officers(REGENCY, chair)
    assert not sits_among_officers(NodePath("32"), chair)
    assert not sits_among_officers(DISTRICT, holder("ani", "koordinator", VILLAGE))  # no board


def test_of_two_offices_the_stronger_counts() -> None:
    want = wanted(holders=[holder("ani", "bendahara", DISTRICT), holder("ani", "ketua", DISTRICT)])
    assert power_in(want, BOARD) == {ANI: 100}


def test_who_is_dismissed_loses_power_the_badge_and_the_officers_room() -> None:
    seats = {BOARD: {"ani": SEATED, "budi": SEATED}}
    both = [holder("ani", "ketua", DISTRICT), holder("budi", "bendahara", DISTRICT)]
    have = equal(wanted(seats, both))
    after = plan(wanted({BOARD: {"budi": SEATED}}, both[1:]), have)
    assert {type(action) for action in after} == {SetPower, Unseat, SetState}
    assert isinstance(after[0], SetPower)
    assert dict(after[0].power.users) == {BUDI: 50}
    assert Unseat(ANI, BOARD_ROOM) in after
    assert [action.kind for action in after if isinstance(action, SetState)] == [BADGE_EVENT]


def test_the_badge_says_who_leads_here_nearest_first() -> None:
    want = wanted(holders=[holder("budi", "koordinator", VILLAGE), holder("ani", "koordinator", RT)])
    badge = want[STREET_ROOM].state[BADGE_EVENT, ""]
    assert badge.index("@ani:x") < badge.index("@budi:x")
    assert "Koordinator Kamar" in badge
    assert RT in badge
    assert "@ani:x" not in want[ROOMS[TALK]].state[BADGE_EVENT, ""]


def test_a_room_that_nobody_leads_needs_no_badge_but_loses_a_wrong_one() -> None:
    want = wanted()
    assert BADGE_EVENT not in {action.kind for action in plan(want, fresh()) if isinstance(action, SetState)}
    for faked in (EMPTY, canonical({"officers": [{"user_id": "@ani:x"}]})):
        have = changed(equal(want), STREET, state={**equal(want)[STREET_ROOM].state, (BADGE_EVENT, ""): faked})
        (action,) = plan(want, have)
        assert isinstance(action, SetState)
        assert (action.kind, action.content) == (BADGE_EVENT, want[STREET_ROOM].state[BADGE_EVENT, ""])


@pytest.mark.parametrize("key", [STREET, BOARD])
def test_an_officer_who_left_the_room_has_no_power_there_and_is_told_of(key: RoomKey) -> None:
    office = [holder("ani", "koordinator", RT), holder("ani", "ketua", DISTRICT)]
    want = wanted({key: {"ani": LEFT}}, office)
    assert ANI not in power_in(want, key)
    assert not [action for action in plan(want, fresh()) if isinstance(action, Seat)]
    assert [(each.what, each.room, each.about) for each in told(want, fresh())] == [(What.PAPER, ROOMS[key], ANI)]


def test_a_closed_account_has_neither_power_nor_seat_nor_badge() -> None:
    want = wanted({STREET: {"ani": SEATED}}, [holder("ani", "koordinator", RT)], closed=["ani"])
    assert power_in(want, STREET) == {}
    assert "@ani:x" not in want[STREET_ROOM].state[BADGE_EVENT, ""]
    have = changed(equal(want), STREET, seats=frozenset({ANI}))
    assert plan(want, have) == (Unseat(ANI, STREET_ROOM),)


def test_power_that_somebody_gave_in_a_client_is_taken_back() -> None:
    want = wanted(holders=[holder("ani", "koordinator", RT)])
    have = equal(want)
    generous = Power(((ANI, 100), (BUDI, 50)), have[STREET_ROOM].power.rules)
    (action,) = plan(want, changed(have, STREET, power=generous))
    assert isinstance(action, SetPower)
    assert power_content(action.power)["users"] == {ANI: 50}
    loose = Power(((ANI, 50),), canonical({"users_default": 50}))
    assert [type(each) for each in plan(want, changed(have, STREET, power=loose))] == [SetPower]


@pytest.mark.parametrize(("version", "users"), [("12", {ANI: 50}), ("11", {ANI: 50, UserId("@kamar:x"): 200})])
def test_the_bot_keeps_hold_of_a_room_of_an_older_version(version: str, users: dict[UserId, int]) -> None:
    want = wanted(holders=[holder("ani", "koordinator", RT)])
    (power,) = [
        action
        for action in plan(want, {STREET_ROOM: Found(held=True, version=version)})
        if isinstance(action, SetPower)
    ]
    assert power_content(power.power)["users"] == users


@pytest.mark.parametrize("kind", ["m.room.name", "m.room.topic", "m.room.join_rules", "m.room.history_visibility"])
def test_a_changed_word_or_rule_is_set_back(kind: str) -> None:
    want = wanted()
    have = equal(want)
    state = {**have[STREET_ROOM].state, (kind, ""): canonical({"x": "somebody wrote this"})}
    (action,) = plan(want, changed(have, STREET, state=state))
    assert action == SetState(STREET_ROOM, kind, "", want[STREET_ROOM].state[kind, ""])


def test_somebody_without_a_seat_is_taken_out_and_who_was_taken_out_in_a_client_comes_back() -> None:
    want = wanted({STREET: {"ani": SEATED}})
    have = changed(equal(want), STREET, members=frozenset({BUDI}), seats=frozenset({ANI}))
    assert plan(want, have) == (Unseat(BUDI, STREET_ROOM), Seat(ANI, STREET_ROOM))


def test_whom_only_the_gate_would_let_in_loses_that_seat_too() -> None:
    want = wanted()
    assert plan(want, changed(equal(want), STREET, seats=frozenset({BUDI}))) == (Unseat(BUDI, STREET_ROOM),)


def test_who_left_by_the_own_wish_is_left_in_peace_and_may_come_back() -> None:
    want = wanted({STREET: {"ani": LEFT}})
    have = equal(want)
    assert plan(want, have) == ()
    assert plan(want, changed(have, STREET, members=frozenset({ANI}), seats=frozenset({ANI}))) == ()


def test_who_moves_house_is_the_seating_job_s_business() -> None:
    want = wanted({STREET: {"ani": LEAVING}})
    have = changed(equal(want), STREET, members=frozenset({ANI}), seats=frozenset({ANI}))
    assert plan(want, have) == ()


def test_whom_a_measure_keeps_out_stays_out_and_banned_and_without_power() -> None:
    want = wanted({STREET: {"ani": REMOVED}}, [holder("ani", "koordinator", RT)])
    have = changed(equal(want), STREET, banned=frozenset({ANI}))
    assert plan(want, have) == ()
    assert power_in(want, STREET) == {}
    inside = changed(have, STREET, members=frozenset({ANI}), banned=frozenset())
    assert plan(want, inside) == (Unseat(ANI, STREET_ROOM),)


def test_a_ban_by_no_measure_is_lifted() -> None:
    want = wanted({STREET: {"ani": SEATED}})
    have = changed(equal(want), STREET, members=frozenset(), banned=frozenset({ANI}))
    assert plan(want, have) == (Unban(ANI, STREET_ROOM), Seat(ANI, STREET_ROOM))


def test_a_ban_of_somebody_who_never_sat_there_is_not_ours() -> None:
    want = wanted()
    assert plan(want, changed(equal(want), STREET, banned=frozenset({BUDI}))) == ()


def test_a_room_taken_off_its_space_is_listed_again_and_a_strange_one_stays() -> None:
    want = wanted()
    have = equal(want)
    strange = (CHILD, "!strange")
    state = {**have[SPACE_ROOM].state, (CHILD, STREET_ROOM): EMPTY, strange: canonical({"via": ["x"]})}
    (action,) = plan(want, changed(have, SPACE, state=state))
    assert action == SetState(SPACE_ROOM, CHILD, STREET_ROOM, want[SPACE_ROOM].children[STREET_ROOM])


def test_an_official_room_that_belongs_elsewhere_is_taken_off_the_space() -> None:
    want = wanted()
    have = equal(want)
    moved = RoomId("!moved")
    state = {**have[SPACE_ROOM].state, (CHILD, moved): canonical({"via": ["x"]})}
    listed = changed(have, SPACE, state=state, official=frozenset({moved}))
    assert plan(want, listed) == (SetState(SPACE_ROOM, CHILD, moved, EMPTY),)


def test_a_space_lists_no_more_than_clients_can_show_and_keeps_what_it_lists() -> None:
    streets = {
        RoomKey(NodePath(f"{VILLAGE}/RW005/RT{n:03d}"), RoomKind.OBROLAN): RoomId(f"!rt{n}") for n in range(1, 7)
    }
    want = wanted(rooms={SPACE: SPACE_ROOM, **streets})
    have = {SPACE_ROOM: Found(held=True, state={(CHILD, "!rt6"): want[SPACE_ROOM].children[RoomId("!rt6")]})}
    children = [action.key for action in plan(want, have) if isinstance(action, SetState) and action.kind == CHILD]
    assert sorted(children) == ["!rt1", "!rt2"]


def test_a_room_has_one_parent() -> None:
    want = wanted()
    have = equal(want)
    state = {**have[STREET_ROOM].state, (PARENT, "!old-village"): canonical({"via": ["x"]})}
    assert plan(want, changed(have, STREET, state=state)) == (SetState(STREET_ROOM, PARENT, "!old-village", EMPTY),)


def test_a_room_that_was_deleted_is_made_anew_and_nothing_else_is_tried_in_it() -> None:
    want = wanted({STREET: {"ani": SEATED}})
    have = equal(want) | {STREET_ROOM: Found(held=False)}
    assert plan(want, have) == (Reopen(STREET_ROOM),)


def test_while_a_space_is_made_anew_nobody_changes_who_may_enter_its_rooms() -> None:
    rooms = {key: room for key, room in ROOMS.items() if key != SPACE}
    have = equal(wanted())
    assert plan(wanted(rooms=rooms), have) == ()


def test_in_a_room_with_too_many_officers_nobody_gains_power_and_the_dismissed_still_lose_it() -> None:
    office = ORGANISATION.office("koordinator")
    many = [Holder(MemberId(n), UserId(f"@p{n:04d}:x"), RT, office) for n in range(NAMED_MAX + 1)]
    want = wanted(holders=many)
    had = Power(((UserId("@gone:x"), 50), (UserId("@p0001:x"), 50)), want[STREET_ROOM].power.rules)
    have = changed(equal(wanted()), STREET, power=had)
    (power,) = [action for action in plan(want, have) if isinstance(action, SetPower)]
    assert power_content(power.power)["users"] == {UserId("@p0001:x"): 50}
    assert _told(want, have) == {What.CROWDED}
    allowed = wanted(holders=many[:NAMED_MAX])
    (power,) = [action for action in plan(allowed, have) if isinstance(action, SetPower)]
    assert len(power.power.users) == NAMED_MAX


def _told(want: dict[RoomId, Wanted], have: dict[RoomId, Found]) -> set[What]:
    return {each.what for each in told(want, have)}


def test_every_repair_has_a_name_that_an_administrator_reads() -> None:
    want = wanted({STREET: {"ani": SEATED}}, [holder("ani", "koordinator", RT)])
    found = drifts(plan(want, fresh()))
    assert {each.what for each in found if each.room == STREET_ROOM} == {
        What.POWER,
        What.MISSING,
        What.NAME,
        What.TOPIC,
        What.NODE,
        What.BADGE,
        What.ENTRY,
        What.HISTORY,
        What.PARENT,
    }


def test_the_seats_of_one_person_are_one_request() -> None:
    want = wanted({STREET: {"ani": SEATED, "budi": SEATED}, TALK: {"ani": SEATED}})
    have = {room: replace(found, members=frozenset(), seats=frozenset()) for room, found in equal(want).items()}
    assert [len(work) for work in together(plan(want, have))] == [2, 1]
