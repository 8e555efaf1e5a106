"""Marks, seats among officers, and audits, in the registry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.organisation import profile
from kamar.reconcile import Drift, What
from kamar.structure import RoomKey, RoomKind, RoomState
from kamar_store import audit, officers_room, outbox, reconcile, reconcile_registry, seating
from kamar_store import member as members
from kamar_store.seating import Room
from kamar_store.store import Store
from kamar_store.tables import mandate, measure, node, room, seat
from kamar_store.tables import outbox as rows

NOW = datetime(2026, 11, 21, 22, tzinfo=UTC)
VILLAGE = NodePath("32.16.19.2005")
RT = NodePath(f"{VILLAGE}/RW005/RT003")
DISTRICT, REGENCY = NodePath("32.16.19"), NodePath("32.16")
BOARD = RoomKey(REGENCY, RoomKind.PENGURUS)
ORGANISATION = profile()


async def person(store: Store, name: str, *, persona: bool = False) -> MemberId:
    async with store.write() as db:
        user = UserId(f"@{name}:x")
        return await members.create(db, user, name, RT, None, None, NOW, vouched=True, persona=persona)


async def give(store: Store, who: MemberId, path: NodePath, office: str) -> None:
    async with store.write() as db:
        await db.execute(insert(mandate).values(member=who, node=path, office=office, decree="", starts_at=NOW))


async def ordered(store: Store) -> list[tuple[str, str, bool]]:
    async with store.read() as db:
        found = await db.execute(select(rows.c.lane, rows.c.payload).where(rows.c.kind == "reconcile").order_by("id"))
        return [(lane, payload["node"], payload["alone"]) for lane, payload in found]


async def test_marks_of_a_village_share_a_lane_and_the_officers_above_are_looked_at_too(empty: Store) -> None:
    async with empty.write() as db:
        await reconcile.mark(db, [RT, VILLAGE, RT], NOW)
        await reconcile.mark(db, [RT, VILLAGE], NOW)
    assert await ordered(empty) == [
        (f"node:{DISTRICT}", DISTRICT, True),
        (f"node:{VILLAGE}", VILLAGE, False),
        (f"node:{VILLAGE}", RT, False),
    ]


async def test_what_waits_behind_a_mark_is_carried_out_with_it(empty: Store) -> None:
    async with empty.write() as db:
        await reconcile.mark(db, [VILLAGE], NOW)
        await reconcile.mark(db, [RT], NOW + timedelta(seconds=1))
    async with empty.write() as db:
        first = next(row for row in await outbox.claim(db, NOW, 9) if row.payload["node"] == VILLAGE)
        numbers, marks = await reconcile.marks_with(db, first)
        assert {each.node for each in marks} == {VILLAGE, RT}
        await reconcile.done_too(db, numbers)
        await outbox.done(db, first)
    async with empty.write() as db:
        assert VILLAGE not in await reconcile.pending(db, [VILLAGE])
        await reconcile.mark(db, [RT], NOW + timedelta(seconds=2))  # after the job began: it waits for its own turn
        assert VILLAGE in await reconcile.pending(db, [RT])


async def test_an_order_for_a_moment_ahead_is_none_of_the_lane(empty: Store) -> None:
    async with empty.write() as db:
        await outbox.put(db, "reconcile", "later", {"node": VILLAGE}, NOW + timedelta(days=1))
        await reconcile.mark(db, [VILLAGE], NOW)
        claimed = await outbox.claim(db, NOW, 9)
    assert all(reconcile.is_marked(row) for row in claimed)
    assert VILLAGE in {row.payload["node"] for row in claimed}


async def seats(store: Store) -> dict[int, str]:
    async with store.read() as db:
        return dict((await db.execute(select(seat.c.member, seat.c.state))).all())


async def follow(store: Store) -> None:
    async with store.write() as db:
        await officers_room.follow(db, ORGANISATION, REGENCY, NOW)


@pytest.fixture
async def house(empty: Store) -> Store:
    """The kabupaten and a kecamatan in it."""
    common = {"axis": "wilayah", "decree": "", "valid_from": NOW.date(), "full_name": "", "kind": "", "name": ""}
    async with empty.write() as db:
        await db.execute(insert(node).values(path=REGENCY, parent="32", level="kota", **common))
        await db.execute(insert(node).values(path=DISTRICT, parent=REGENCY, level="kecamatan", **common))
    return empty


async def test_the_first_officer_opens_the_room_and_the_boards_below_sit_in_it(house: Store) -> None:
    chair, below, clerk = [await person(house, name) for name in ("chair", "below", "clerk")]
    await give(house, below, DISTRICT, "ketua")
    await give(house, clerk, DISTRICT, "motivator")
    await follow(house)
    async with house.read() as db:
        assert await seating.rooms_at(db, [REGENCY]) == [], "nobody leads the kabupaten yet"
    await give(house, chair, REGENCY, "bendahara")
    await follow(house)
    assert await seats(house) == {chair: SeatState.WANTED, below: SeatState.WANTED}
    async with house.read() as db:
        assert [each.key for each in await seating.rooms_at(db, [REGENCY])] == [BOARD]


@pytest.mark.parametrize(
    ("state", "after_office", "after_dismissal"),
    [
        (SeatState.SEATED, SeatState.SEATED, None),
        (SeatState.LEFT, SeatState.LEFT, None),
        (SeatState.REMOVED, SeatState.REMOVED, SeatState.REMOVED),
        (SeatState.LEAVING, SeatState.WANTED, None),
    ],
)
async def test_a_seat_among_officers_goes_with_the_office_and_heeds_the_own_wish_and_measures(
    house: Store, state: SeatState, after_office: SeatState, after_dismissal: SeatState | None
) -> None:
    chair = await person(house, "chair")
    await give(house, chair, REGENCY, "ketua")
    await follow(house)
    async with house.write() as db:
        await db.execute(update(seat).values(state=state))
    await follow(house)
    assert (await seats(house)).get(chair) == after_office
    async with house.write() as db:
        await db.execute(update(mandate).values(revoked_at=NOW))
    await follow(house)
    assert (await seats(house)).get(chair) == after_dismissal


async def test_seating_at_home_leaves_the_seats_among_officers(house: Store) -> None:
    chair = await person(house, "chair")
    await give(house, chair, REGENCY, "ketua")
    await follow(house)
    async with house.write() as db:
        await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], NOW)
        (home,) = await seating.rooms_at(db, [RT])
        await seating.want_seats(db, chair, [home.id], NOW)
        await seating.want_seats(db, chair, [], NOW)
        states = {each.key: kept for each, kept in await seating.seats_of(db, chair)}
    assert states == {home.key: SeatState.LEAVING, BOARD: SeatState.WANTED}


@pytest.mark.parametrize(("path", "shown"), [("kerja/maju-jaya", "second"), (str(REGENCY), "first")])
async def test_a_workplace_knows_the_second_account_alone_and_no_other_place_knows_it(
    house: Store, path: str, shown: str
) -> None:
    who = {"first": await person(house, "first"), "second": await person(house, "second", persona=True)}
    for each in who.values():
        await give(house, each, NodePath(path), "koordinator-puk" if "/" in path else "ketua")
    async with house.read() as db:
        holders = await reconcile_registry.holders(db, ORGANISATION, [NodePath(path)], NOW)
    assert [each.member for each in holders] == [who[shown]]


@pytest.mark.parametrize(
    ("kind", "hours", "lifted", "counts"),
    [("ban", 1, False, False), ("ban", -1, False, True), ("ban", 1, True, True), ("mute", 1, False, True)],
    ids=["banned", "over", "lifted", "only muted"],
)
async def test_a_mandate_of_whom_a_measure_bans_everywhere_gives_nothing(
    house: Store, kind: str, hours: int, lifted: bool, counts: bool
) -> None:
    chair = await person(house, "chair")
    await give(house, chair, REGENCY, "ketua")
    values = {"kind": kind, "subject": chair, "node": RT, "rank": 1, "reason": "x", "appeal": "none"}
    span = {"starts_at": NOW - timedelta(hours=2), "ends_at": NOW + timedelta(hours=hours)}
    async with house.write() as db:
        await db.execute(insert(measure).values(values | span | {"lifted_at": NOW if lifted else None}))
        (found,) = await reconcile_registry.holders(db, ORGANISATION, [REGENCY], NOW)
    assert found.closed is not counts


@pytest.fixture
async def audited(house: Store) -> tuple[Store, Room]:
    """One open room."""
    async with house.write() as db:
        values = {"key": "k", "node": RT, "kind": "obrolan", "room_id": "!rt", "state": "open", "created_at": NOW}
        await db.execute(insert(room).values(values))
        (found,) = await reconcile_registry.rooms_after(db, 0, 9)
    return house, found


async def test_an_audit_writes_each_difference_once_and_goes_on_where_it_stopped(audited: tuple[Store, Room]) -> None:
    store, found = audited
    drifts = [Drift(RoomId("!rt"), What.POWER), Drift(RoomId("!rt"), What.PAPER, "@x:x")]
    async with store.write() as db:
        number = await audit.begin(db, NOW)
        for _again in range(2):
            await audit.note(db, number, drifts, {RoomId("!rt"): found}, NOW)
        await audit.step(db, number, [found], 1)
        assert await audit.begin(db, NOW + timedelta(hours=1)) == number
        going = await audit.get(db, number)
        await audit.repaired(db, [RoomId("!rt")], NOW)
        written = await audit.found_by(db, number)
    assert going is not None
    assert (going.total, going.looked, going.after, going.gone) == (1, 1, found.id, 1)
    assert {each.what: each.repaired_at for each in written} == {What.POWER: NOW, What.PAPER: None}


async def test_an_audit_is_due_once_a_night_and_an_old_one_is_forgotten(audited: tuple[Store, Room]) -> None:
    store, found = audited
    async with store.write() as db:
        assert await audit.is_due(db, NOW)
        number = await audit.begin(db, NOW)
        await audit.note(db, number, [Drift(RoomId("!rt"), What.NAME)], {RoomId("!rt"): found}, NOW)
        await audit.finish(db, number, NOW)
        assert not await audit.is_due(db, NOW + timedelta(hours=19))
        assert await audit.is_due(db, NOW + timedelta(hours=20))
        later = NOW + timedelta(days=91)
        await audit.finish(db, await audit.begin(db, later), later)
        assert await audit.get(db, number) is None
        assert await audit.found_by(db, number) == []


async def test_a_room_that_is_gone_is_made_anew_once_with_those_who_sat_there(audited: tuple[Store, Room]) -> None:
    store, found = audited
    who, away = await person(store, "who"), await person(store, "away")
    async with store.write() as db:
        for each, state in ((who, SeatState.SEATED), (away, SeatState.LEFT)):
            await db.execute(insert(seat).values(member=each, room=found.id, state=state, at=NOW))
        for _again in range(2):
            await seating.reopen(db, found, NOW)
        after = await seating.room_by_row(db, found.id)
        waiting = (await db.execute(select(rows.c.key).where(rows.c.kind == "open"))).scalars().all()
    assert after is not None
    assert (after.room_id, after.state) == (None, RoomState.WANTED)
    assert after.row_key != found.row_key, "the old room must not be found by its key"
    assert waiting == [f"open:{found.id}:instead:!rt"]
    assert await seats(store) == {who: SeatState.WANTED, away: SeatState.LEFT}
