"""What encrypted talk keeps: ids of events, what could not be opened yet, answers until sent. On either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from kamar.ids import EventId, NodePath, RoomId, UserId
from kamar_store import appservice, demo, direct, peace_rule
from kamar_store import member as members
from kamar_store.appservice import Arrival
from kamar_store.store import Store
from kamar_store.tables import event

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SITI = UserId("@siti:x")
HOME = NodePath("32.16.19.2005/RW005/RT003")


def arrival(name: str = "$a") -> Arrival:
    content = {"concern": "said", "text": "rahasia"}
    return Arrival(EventId(name), RoomId("!room"), SITI, "m.room.message", content)


async def test_an_event_is_answered_once_and_its_words_are_not_written(empty: Store) -> None:
    async with empty.write() as db:
        assert [await direct.note(db, arrival(), NOW) for _ in range(2)] == [True, False]
        assert (await db.execute(select(event.c.content, event.c.state))).all() == [(None, "done")]
        assert await appservice.oldest(db) is None


async def test_an_unopened_event_waits_and_is_answered_once(empty: Store) -> None:
    async with empty.write() as db:
        assert [await direct.note_sealed(db, arrival(), NOW) for _ in range(2)] == [True, False]
        assert await direct.sealed(db) == [(arrival(), NOW)]
        assert await appservice.oldest(db) is None  # the other adapter does not touch it
        assert [await direct.note(db, arrival(), NOW) for _ in range(2)] == [True, False]
        assert await direct.sealed(db) == []
        assert not await direct.note_sealed(db, arrival(), NOW)


async def put(store: Store, *rows: tuple[str, str]) -> None:
    async with store.write() as db:
        for key, lane in rows:
            await direct.put(db, "send", key, {"key": key}, NOW, lane)


async def due(store: Store, now: datetime = NOW) -> str | None:
    async with store.read() as db:
        row = await direct.due(db, now)
    return row.key if row else None


async def test_answers_of_a_room_keep_their_order_and_others_do_not_wait_for_them(empty: Store) -> None:
    await put(empty, ("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a"))
    assert await due(empty) == "a1"
    async with empty.write() as db:
        row = await direct.due(db, NOW)
        assert row is not None
        await direct.attempt(db, row)
        assert await direct.later(db, row, NOW)
    assert await due(empty) == "b1"
    async with empty.write() as db:
        other = await direct.due(db, NOW)
        assert other is not None
        await direct.sent(db, other)
    assert await due(empty) is None
    assert await due(empty, NOW + timedelta(seconds=1)) == "a1"


async def test_an_answer_is_given_up_in_the_end(empty: Store) -> None:
    await put(empty, ("a1", "a"), ("a2", "a"))
    now, tries = NOW, 0
    while await due(empty, now) == "a1":
        async with empty.write() as db:
            row = await direct.due(db, now)
            assert row is not None
            await direct.attempt(db, row)
            await direct.later(db, row, now)
        now, tries = now + direct.LONGEST, tries + 1
    assert tries == direct.GIVEN_UP_AFTER
    assert await due(empty, now) == "a2"


async def test_a_talk_is_remembered_for_each_kind_the_newest(empty: Store) -> None:
    async with empty.write() as db:
        for room, encrypted in (("!one", True), ("!two", True), ("!plain", False)):
            await direct.made(db, SITI, RoomId(room), encrypted=encrypted)
        assert await direct.talk(db, SITI, encrypted=True) == "!two"
        assert await direct.talk(db, SITI, encrypted=False) == "!plain"
        assert await direct.talk(db, UserId("@budi:x"), encrypted=False) is None


async def test_who_is_erased_leaves_no_talk_behind(empty: Store) -> None:
    budi, room, other = UserId("@budi:x"), RoomId("!room"), RoomId("!other")
    async with empty.write() as db:
        number = await members.create(db, SITI, "Siti", HOME, None, None, NOW, demo=True)
        await direct.made(db, SITI, room, encrypted=True)
        await direct.made(db, SITI, RoomId("!plain"), encrypted=False)
        await direct.made(db, budi, other, encrypted=True)
        await direct.note_sealed(db, arrival(), NOW)
        await peace_rule.note_direct(db, SITI, room, NOW)
        for each in (room, other):
            await direct.put(db, "send", f"to {each}", {}, NOW, direct.lane_of(each))
        await demo.forget(db, number)
        assert await direct.talk(db, SITI, encrypted=True) is None
        assert await direct.talk(db, SITI, encrypted=False) is None
        assert await direct.talk(db, budi, encrypted=True) == other
        assert await direct.sealed(db) == []
        assert await peace_rule.direct_of(db, SITI) is None
    assert await due(empty) == f"to {other}"
