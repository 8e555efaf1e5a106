"""What holds for every registry and every Matrix."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamar.ids import RoomId
from kamar.membership import SeatState
from kamar.reconcile import Found, Power, Wanted, plan
from kamar.reconcile.content import CHILD, EMPTY
from kamar.reconcile.plan import NO_BADGE
from kamar.structure import RoomKey
from tests.core.reconcile.world import (
    DISTRICT,
    KEYS,
    REGENCY,
    ROOMS,
    RT,
    RW,
    VILLAGE,
    carry_out,
    holder,
    person,
    wanted,
)

SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.sampled_from(["ani", "budi", "citra", "dewi"])
people = st.frozensets(names.map(person), max_size=3)
seats = st.dictionaries(st.sampled_from(KEYS), st.dictionaries(names, st.sampled_from(SeatState), max_size=3))
offices = st.lists(
    st.one_of(
        st.tuples(names, st.just("koordinator"), st.sampled_from([RT, RW, VILLAGE])),
        st.tuples(names, st.sampled_from(["ketua", "bendahara", "sekretaris"]), st.sampled_from([DISTRICT, REGENCY])),
    ),
    max_size=5,
)
wishes = st.builds(
    lambda seats, offices, closed: wanted(seats, [holder(*each) for each in offices], closed),
    seats,
    offices,
    st.frozensets(names, max_size=2),
)
STRANGE = RoomId("!somebody-elses")
things = st.sampled_from(
    [
        ("m.room.name", ""),
        ("m.room.topic", ""),
        ("m.room.join_rules", ""),
        ("id.sosialkamar.officers", ""),
        ("m.space.parent", "!old"),
        (CHILD, STRANGE),
        *((CHILD, room) for room in ROOMS.values()),
        ("org.example.own", ""),
    ]
)
powers = st.builds(
    lambda users, rules: Power(tuple(sorted(users.items())), rules),
    st.dictionaries(names.map(person), st.sampled_from([50, 100])),
    st.sampled_from(["{}", '{"users_default":100}']),
)
founds = st.builds(
    lambda held, state, power, members, asked, banned, seats, official: Found(
        held, state, power, members - banned, asked - members - banned, banned, seats, official
    ),
    st.booleans(),
    st.dictionaries(things, st.sampled_from([EMPTY, '{"name":"x"}', '{"via":["x"]}'])),
    powers,
    people,
    people,
    people,
    people,
    st.frozensets(st.sampled_from(sorted(ROOMS.values()))),
)
matrix = st.fixed_dictionaries(dict.fromkeys(ROOMS.values(), founds))


@given(wishes, matrix)
@SETTINGS
def test_carrying_a_plan_out_reaches_what_was_wanted(want: dict[RoomId, Wanted], have: dict[RoomId, Found]) -> None:
    after = carry_out(carry_out(have, plan(want, have)), plan(want, carry_out(have, plan(want, have))))
    for room, wish in want.items():
        found = after[room]
        assert found.held
        assert found.power == wish.power
        assert wish.inside <= found.members & found.seats
        assert found.members | found.asked | found.seats <= wish.inside | wish.free
        assert not found.banned & wish.inside
        assert all(found.state.get(thing, NO_BADGE) == content for thing, content in wish.state.items())


@given(wishes, matrix)
@SETTINGS
def test_planning_again_plans_nothing(want: dict[RoomId, Wanted], have: dict[RoomId, Found]) -> None:
    present = {room: replace(found, held=True) for room, found in have.items()}
    assert plan(want, carry_out(present, plan(want, present))) == ()


@given(wishes, matrix, st.lists(st.integers(0, 60), max_size=4))
@SETTINGS
def test_any_beginning_of_a_plan_and_a_new_plan_reach_the_same(
    want: dict[RoomId, Wanted], have: dict[RoomId, Found], cuts: list[int]
) -> None:
    present = {room: replace(found, held=True) for room, found in have.items()}
    cut = present
    for count in cuts:
        cut = carry_out(cut, plan(want, cut)[:count])
    whole = carry_out(present, plan(want, present))
    finished = carry_out(cut, plan(want, cut))
    assert plan(want, finished) == ()
    assert {room: (found.power, found.members, found.seats) for room, found in finished.items()} == {
        room: (found.power, found.members, found.seats) for room, found in whole.items()
    }


@given(wishes, matrix, founds)
@SETTINGS
def test_what_is_not_managed_is_never_touched(
    want: dict[RoomId, Wanted], have: dict[RoomId, Found], strange: Found
) -> None:
    actions = plan(want, {**have, STRANGE: strange})
    assert STRANGE not in {action.room for action in actions}
    after = carry_out(carry_out(have, actions), ())
    for room in ROOMS.values():
        for thing, content in have[room].state.items() if have[room].held else ():
            if thing in [("org.example.own", ""), (CHILD, STRANGE)]:
                assert after[room].state[thing] == content


@given(wishes, matrix, st.sampled_from(KEYS))
@SETTINGS
def test_a_room_nobody_looked_at_is_left_alone(
    want: dict[RoomId, Wanted], have: dict[RoomId, Found], unseen: RoomKey
) -> None:
    del have[ROOMS[unseen]]
    assert ROOMS[unseen] not in {action.room for action in plan(want, have)}


@given(wishes, matrix)
@SETTINGS
def test_power_is_taken_before_anybody_is_seated_or_anything_named(
    want: dict[RoomId, Wanted], have: dict[RoomId, Found]
) -> None:
    order = ["Reopen", "SetPower", "Unseat", "SetState", "Unban", "Seat"]
    kinds = [order.index(type(action).__name__) for action in plan(want, have)]
    assert kinds == sorted(kinds)
