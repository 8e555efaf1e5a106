"""What the bot remembers of the events pushed to it: each counts once, on either database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from kamar.ids import EventId, NodePath, RoomId, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_store import appservice, cursor, seating
from kamar_store.appservice import Arrival, Question
from kamar_store.store import Store

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def arrival(name: str, *, waits: bool = False, room: str = "!room") -> Arrival:
    content = {"concern": "said", "text": name}
    return Arrival(EventId(name), RoomId(room), UserId("@siti:x"), "m.room.message", content, waits)


async def keep(store: Store, *names: str, now: datetime = NOW, waits: bool = False, room: str = "!room") -> int:
    async with store.write() as db:
        return await appservice.keep(db, [arrival(name, waits=waits, room=room) for name in names], now)


async def handled(store: Store) -> list[str]:
    """Handle all that waits, and return what that was."""
    found = []
    async with store.write() as db:
        while (item := await appservice.oldest(db)) is not None:
            found.append(str(item.event_id))
            assert await appservice.take(db, item.event_id)
    return found


async def test_an_event_is_kept_once_and_handled_in_its_order(empty: Store) -> None:
    assert await keep(empty, "$c", "$a", "$c") == 2
    assert await keep(empty, "$a", "$b", now=NOW + HOUR) == 1
    assert await handled(empty) == ["$c", "$a", "$b"]
    assert await keep(empty, "$c", "$a", "$b") == 0
    assert await handled(empty) == []


async def test_a_transactions_id_is_new_once(empty: Store) -> None:
    async with empty.write() as db:
        assert [await appservice.note_transaction(db, txn, NOW) for txn in ("1", "2", "1")] == [True, True, False]


async def test_only_one_of_many_takes_an_event(empty: Store) -> None:
    await keep(empty, "$a")

    async def take() -> bool:
        async with empty.write() as db:
            return await appservice.take(db, EventId("$a"))

    assert sorted(await asyncio.gather(*(take() for _ in range(5)))) == [False] * 4 + [True]


async def test_newcomers_wait_for_each_other_room_by_room(empty: Store) -> None:
    await keep(empty, "$a", waits=True)
    await keep(empty, "$b", now=NOW + HOUR, waits=True)
    await keep(empty, "$late", now=NOW + HOUR, waits=True, room="!other")
    async with empty.read() as db:
        assert [item.event_id for item in await appservice.waiting(db, NOW + HOUR / 2)] == ["$a", "$b"]
        assert await appservice.oldest(db) is None


async def test_a_question_is_found_by_its_id_or_its_room_until_it_is_closed(empty: Store) -> None:
    asked = Question(EventId("$q"), RoomId("!room"), UserId("@siti:x"), ("kamar", "batal"))
    async with empty.write() as db:
        for _ in range(2):
            await appservice.remember_question(db, "$q", "!room", "@siti:x", ["kamar", "batal"], NOW)
        since = NOW - HOUR
        assert await appservice.questions(db, ["$q"], [], since) == [asked]
        assert await appservice.questions(db, [], ["!room"], since) == [asked]
        assert await appservice.questions(db, [], ["!room"], NOW) == []
        assert await appservice.questions(db, ["$other"], ["!other"], since) == []
        assert [await appservice.close_question(db, EventId("$q")) for _ in range(2)] == [True, False]


async def test_official_rooms_are_known_by_their_id(empty: Store) -> None:
    key = RoomKey(NodePath("32.16.19.2005"), RoomKind.OBROLAN)
    async with empty.write() as db:
        await seating.want_rooms(db, [key], NOW)
        (row,) = await seating.rooms_at(db, [key.node])
        assert await appservice.official(db, ["!a"]) == {}
        await seating.opened(db, row, RoomId("!a"), NOW)
        assert await appservice.official(db, ["!a", "!b"]) == {"!a": key}


async def test_what_is_handled_is_forgotten_in_time_and_what_waits_is_not(empty: Store) -> None:
    await keep(empty, "$done")
    await handled(empty)
    await keep(empty, "$new")
    async with empty.write() as db:
        await appservice.forget_before(db, NOW)
        assert await appservice.known(db, ["$done", "$new", "$never"]) == {"$done", "$new"}
        await appservice.forget_before(db, NOW + HOUR)
        assert await appservice.known(db, ["$done", "$new", "$never"]) == {"$new"}


async def test_a_mark_tells_when_something_was_last_done(empty: Store) -> None:
    async with empty.write() as db:
        assert await cursor.marked(db, "greeted:!room") is None
        await cursor.mark(db, "greeted:!room", NOW)
        await cursor.mark(db, "greeted:!room", NOW + HOUR)
        assert await cursor.marked(db, "greeted:!room") == NOW + HOUR
