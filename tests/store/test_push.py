"""Browsers that may be called: whose they are, how long, how often, and what lies in the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from kamar.ids import EventId, MemberId, NodePath, RoomId, UserId
from kamar.push import EVERY, PushKind
from kamar.structure import RoomKey, RoomKind
from kamar_store import member as members
from kamar_store import outbox, peace_rule, push, seating, session
from kamar_store.push import DEVICES
from kamar_store.push_seal import PushSeal, Subscription
from kamar_store.store import Db, Store
from kamar_store.tables import member as member_table
from kamar_store.tables import outbox as outbox_table
from kamar_store.tables import push_subscription
from kamar_store.tables import session as session_table

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)  # 12.00 WIB
NIGHT = datetime(2026, 11, 21, 16, tzinfo=UTC)  # 23.00 WIB
SEAL = PushSeal(b"k" * 32)
HOME = NodePath("32.16.19.2005/RW005/RT003")
ROOM = RoomId("!rt")
LASTS = timedelta(days=30)


def subscription(name: str = "a") -> Subscription:
    return Subscription(f"https://push.example.com/{name}", b"p" * 65, b"s" * 16)


async def neighbour(db: Db, name: str, *, browsers: int = 1, seated: bool = True) -> tuple[MemberId, UserId, str]:
    """Write a member with browsers and a seat in the kamar; return number, user and the last login's token."""
    user, token = UserId(f"@{name}:kamar.test"), ""
    number = await members.create(db, user, name.title(), HOME, None, None, NOON)
    for count in range(browsers):
        token = await session.begin(db, user, NOON, LASTS)
        await push.subscribe(db, SEAL, subscription(f"{name}{count}"), number, token, NOON)
    row = await opened(db)
    if seated:
        await seating.want_seats(db, number, [row], NOON)
        await seating.seated(db, number, [row], NOON)
    return number, user, token


async def opened(db: Db) -> int:
    await seating.want_rooms(db, [RoomKey(HOME, RoomKind.OBROLAN)], NOON)
    [row] = await seating.rooms_at(db, [HOME])
    if row.room_id is None:
        await seating.opened(db, row, ROOM, NOON)
    return row.id


async def browsers(db: Db) -> list[tuple[int, str]]:
    found = await db.execute(select(push_subscription.c.member, push_subscription.c.sealed))
    return [(row.member, row.sealed) for row in found]


async def calls(db: Db) -> list[tuple[int, str]]:
    found = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "push"))
    return [(row.payload["browser"], row.payload["kind"]) for row in found]


async def call(db: Db, user: UserId, event: str = "$1", kind: PushKind = PushKind.MENTION, at: datetime = NOON) -> int:
    return await push.call(db, [user], ROOM, EventId(event), kind, at)


async def test_the_database_alone_calls_nobody(empty: Store) -> None:
    async with empty.write() as db:
        number, _, _ = await neighbour(db, "siti")
        [(_, sealed)] = await browsers(db)
        [mark] = (await db.execute(select(push_subscription.c.mark))).scalars()
    assert "push.example.com" not in sealed + mark
    assert SEAL.open(sealed, number) == subscription("siti0")
    assert SEAL.open(sealed, MemberId(number + 1)) is None
    assert PushSeal(b"x" * 32).open(sealed, number) is None
    assert "push.example.com" not in repr(subscription())


@pytest.mark.parametrize("how", ["logged out", "run out"])
async def test_a_browser_is_called_no_longer_than_its_login_lasts(empty: Store, how: str) -> None:
    async with empty.write() as db:
        number, _, token = await neighbour(db, "siti", browsers=2)
        assert await push.subscribed(db, number, token) == (2, True)
        if how == "logged out":
            await session.end(db, token)
            assert await push.subscribed(db, number, token) == (1, False)
        else:
            await session.forget_expired(db, NOON + LASTS * 2)
            assert await push.subscribed(db, number, token) == (0, False)


async def test_logging_out_everywhere_silences_every_browser(empty: Store) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti", browsers=3)
        await db.execute(delete(session_table).where(session_table.c.user_id == user))
        assert await browsers(db) == []


async def test_a_shared_telephone_calls_for_whom_it_was_switched_on_last(empty: Store) -> None:
    async with empty.write() as db:
        await neighbour(db, "siti")
        budi, _, token = await neighbour(db, "budi", browsers=1)
        await push.subscribe(db, SEAL, subscription("siti0"), budi, token, NOON)
        assert [owner for owner, _ in await browsers(db)] == [budi, budi]


async def test_of_many_browsers_the_latest_stay(empty: Store) -> None:
    async with empty.write() as db:
        number, _, _ = await neighbour(db, "siti", browsers=DEVICES + 2)
        names = [SEAL.open(sealed, number) for _, sealed in await browsers(db)]
    assert names == [subscription(f"siti{count}") for count in range(2, DEVICES + 2)]


async def test_each_browser_of_a_member_is_called(empty: Store) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti", browsers=2)
        assert await call(db, user) == 1
        assert [kind for _, kind in await calls(db)] == ["mention", "mention"]


@pytest.mark.parametrize(
    ("seated", "room", "called"),
    [(True, ROOM, 1), (False, ROOM, 0), (True, RoomId("!elsewhere"), 0)],
    ids=["a neighbour", "no neighbour", "from another room"],
)
async def test_only_neighbours_can_call_a_member(empty: Store, *, seated: bool, room: RoomId, called: int) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti", seated=seated)
        assert await push.call(db, [user], room, EventId("$1"), PushKind.MENTION, NOON) == called


async def test_whoever_left_is_called_no_more(empty: Store) -> None:
    async with empty.write() as db:
        number, user, _ = await neighbour(db, "siti")
        await seating.left(db, user, ROOM, NOON + timedelta(seconds=1))
        assert await call(db, user) == 0
        assert number


@pytest.mark.parametrize(
    ("kind", "after", "called"),
    [
        (PushKind.MENTION, EVERY - timedelta(seconds=1), 0),
        (PushKind.MENTION, EVERY, 1),
        (PushKind.SIARAN, timedelta(seconds=1), 1),
    ],
    ids=["too soon", "in time", "another kind"],
)
async def test_a_member_is_called_once_in_a_while(empty: Store, kind: PushKind, after: timedelta, called: int) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti")
        assert await call(db, user) == 1
        assert await call(db, user, "$2", kind, NOON + after) == called


async def test_a_night_of_announcements_is_one_call_in_the_morning(empty: Store) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti")
        for hour in range(6):
            await call(db, user, f"${hour}", PushKind.SIARAN, NIGHT + timedelta(hours=hour))
        assert len(await calls(db)) == 1


async def test_an_event_that_comes_twice_calls_once(empty: Store) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti")
        for days in range(3):
            await call(db, user, "$1", PushKind.MENTION, NOON + timedelta(days=days))
        assert len(await calls(db)) == 1


async def test_what_is_switched_off_calls_nobody_and_the_rest_does(empty: Store) -> None:
    async with empty.write() as db:
        number, user, _ = await neighbour(db, "siti")
        assert await push.wanted(db, number) == set(PushKind)
        await push.choose(db, number, {PushKind.SIARAN})
        assert await push.wanted(db, number) == {PushKind.SIARAN}
        assert [await call(db, user, "$1", kind) for kind in (PushKind.MENTION, PushKind.SIARAN)] == [0, 1]
        await push.choose(db, number, set(PushKind))
        assert await call(db, user, "$2") == 1


async def test_a_room_is_called_in_chunks_each_member_once_and_not_who_wrote(empty: Store) -> None:
    async with empty.write() as db:
        people = [await neighbour(db, f"warga{count}") for count in range(7)]
        await neighbour(db, "silent", browsers=0)
        await neighbour(db, "stranger", seated=False)
        after, called, chunks = MemberId(0), 0, 0
        while after is not None:
            reached = await push.call_room(db, ROOM, EventId("$1"), people[3][1], after, 3, NOON)
            called, chunks, after = called + reached.called, chunks + 1, reached.after
        assert (called, chunks) == (6, 3)
        assert await push.reachable(db, ROOM) == 7
        assert len(await calls(db)) == 6


async def test_an_announcement_does_not_call_whom_its_writer_is_blocked_by(empty: Store) -> None:
    async with empty.write() as db:
        people = [await neighbour(db, f"warga{number}") for number in range(4)]
        writer, blocker = people[0], people[1]
        await peace_rule.set_block(db, blocker[0], writer[0], NOON, blocked=True)
        await peace_rule.set_block(db, people[2][0], blocker[0], NOON, blocked=True)
        reached = await push.call_room(db, ROOM, EventId("$1"), writer[1], MemberId(0), 10, NOON)
        assert reached.called == 2
        willing = await push.willing(db, [user for _, user, _ in people], writer[1])
        assert set(willing) == {people[0][1], people[2][1], people[3][1]}


async def test_members_without_a_browser_cost_no_row(empty: Store) -> None:
    async with empty.write() as db:
        _, user, _ = await neighbour(db, "siti", browsers=0)
        assert await call(db, user) == 0
        assert await outbox.waiting(db) == {"ready": 1, "parked": 0}  # the order to open the room


async def test_a_call_holds_no_name_and_no_room(empty: Store) -> None:
    async with empty.write() as db:
        number, user, _ = await neighbour(db, "siti")
        await call(db, user)
        [payload] = (await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "push"))).scalars()
    assert set(payload) == {"browser", "kind", "since"}
    assert str(user) not in json.dumps(payload)
    assert number


async def test_removing_a_member_removes_the_browsers(empty: Store) -> None:
    async with empty.write() as db:
        await neighbour(db, "siti")

        await db.execute(delete(member_table))
        assert (await db.execute(select(func.count()).select_from(push_subscription))).scalar_one() == 0
