"""Whom an event calls: the named ones in a kamar, all in a siaran room, nobody otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kamar.ids import EventId, MemberId, RoomId, UserId
from kamar.push import PushKind
from kamar.structure import RoomKey, RoomKind
from kamar_bots.push import MOST, OLD, Call, calls
from kamar_bots.serve import Bot
from kamar_bridges.matrix import parse_event
from kamar_store import peace_rule, push, seating, session
from kamar_store.push_seal import PushSeal, Subscription
from kamar_store.store import Db, Store
from kamar_store.tables import outbox
from tests.bots.village import BOT, CHAT, NOW, RT, VILLAGE, live, member_event, message, opened

SIARAN = RoomKey(VILLAGE, RoomKind.SIARAN)
KAMAR, NEWS, DIRECT = RoomId("!kamar"), RoomId("!news"), RoomId("!direct")
OFFICIAL = {KAMAR: CHAT, NEWS: SIARAN}
SITI, BUDI = UserId("@siti:kamar.test"), UserId("@budi:kamar.test")
REPLY = '<mx-reply><blockquote><a href="https://matrix.to/#/!r/$1">x</a> <a href="https://matrix.to/#/%40budi%3Akamar.test">B</a>'


def called(text: str, user: str = SITI, room: str = KAMAR, **content: Any) -> list[Call]:
    event = parse_event(message(text, user, room, "$1", **content))
    return calls([event], BOT, OFFICIAL, NOW)


def mention(*users: str) -> dict[str, Any]:
    return {"m.mentions": {"user_ids": list(users)}}


@pytest.mark.parametrize(
    ("content", "users"),
    [
        (mention(BUDI), (BUDI,)),
        (mention(BUDI, BUDI), (BUDI,)),
        (mention(SITI, BOT), ()),
        (mention(), ()),
        ({}, ()),
        ({"formatted_body": REPLY}, (BUDI,)),
        ({"formatted_body": '<a href="https://matrix.to/#/@budi:kamar.test">Budi</a>'}, (BUDI,)),
        ({"formatted_body": REPLY, **mention()}, ()),
        ({"m.mentions": {"user_ids": "budi"}}, ()),
        ({"m.mentions": {"user_ids": [1, None, BUDI]}}, (BUDI,)),
        ({"m.mentions": {"room": True}}, ()),
        ({**mention(BUDI), "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}, ()),
        ({**mention(BUDI), "msgtype": "m.notice"}, ()),
    ],
    ids=[
        "named", "named twice", "oneself and the bot", "named nobody", "no names", "an older client's answer",
        "an older client's name", "an answer that names nobody", "nonsense", "half nonsense", "everybody at once",
        "a correction", "a program",
    ],
)  # fmt: skip
def test_who_is_named_in_a_kamar_is_called(content: dict[str, Any], users: tuple[UserId, ...]) -> None:
    wanted = [Call(EventId("$1"), KAMAR, SITI, PushKind.MENTION, users)] if users else []
    assert called("Halo", **content) == wanted


def test_outside_official_rooms_nobody_is_called() -> None:
    assert called("Halo", room=DIRECT, **mention(BUDI)) == []


def test_the_bot_mentions_without_calling() -> None:
    assert called("Halo", user=BOT, **mention(BUDI)) == []


def test_an_announcement_calls_the_room_whoever_is_named() -> None:
    wanted = [Call(EventId("$1"), NEWS, SITI, PushKind.SIARAN)]
    assert called("Posyandu besok", room=NEWS) == wanted
    assert called("Posyandu besok", room=NEWS, **mention(BUDI)) == wanted
    assert called("!bantuan", user=BOT, room=NEWS, msgtype="m.notice") == []


def test_naming_the_whole_village_calls_a_few_only() -> None:
    [call] = called("Halo", **mention(*(f"@warga{number}:kamar.test" for number in range(500))))
    assert len(call.users) == MOST


@pytest.mark.parametrize(("age", "count"), [(OLD, 1), (OLD + timedelta(seconds=1), 0)], ids=["fresh", "old"])
def test_nobody_is_called_for_what_was_said_long_ago(age: timedelta, count: int) -> None:
    sent = int((NOW - age).timestamp() * 1000)
    assert len(called("Halo", sent=sent, **mention(BUDI))) == count


def test_encrypted_messages_call_nobody() -> None:
    event = {**message("", SITI, KAMAR, "$1", **mention(BUDI)), "type": "m.room.encrypted"}
    assert calls([parse_event(event)], BOT, OFFICIAL, NOW) == []


async def reachable(db: Db, room: RoomKey = CHAT, name: str = "Budi") -> tuple[UserId, MemberId]:
    """Write a member who sits in a room and has a browser that may be called."""
    user, number = await live(db, name, RT)
    await opened(db, room)
    rows = [row.id for row in await seating.rooms_at(db, [room.node]) if row.key == room]
    await seating.want_seats(db, number, rows, NOW)
    await seating.seated(db, number, rows, NOW)
    token = await session.begin(db, user, NOW, timedelta(days=1))
    subscription = Subscription(f"https://push.example.com/{number}", b"", b"")
    await push.subscribe(db, PushSeal(b"k" * 32), subscription, number, token, NOW)
    return user, number


async def written(store: Store, kind: str) -> list[dict[str, Any]]:
    async with store.read() as db:
        found = await db.execute(select(outbox.c.payload).where(outbox.c.kind == kind).order_by(outbox.c.id))
        return list(found.scalars())


async def test_what_synapse_pushes_becomes_a_call_and_nothing_of_the_text_is_kept(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        budi, _ = await reachable(db)
        room = await opened(db, CHAT)
    events = [parse_event(message("Rahasia sekali", SITI, room, "$a", **mention(budi)))]
    await bot.push("1", events)
    await bot.push("1", events)  # Synapse repeats itself
    [payload] = await written(store, "push")
    assert payload["kind"] == "mention"
    async with store.read() as db:
        rows = (await db.execute(select(outbox))).all()
    assert "Rahasia" not in str(rows)


@pytest.mark.parametrize(("blocked", "calls"), [(False, 1), (True, 0)], ids=["not blocked", "blocked"])
async def test_nobody_is_called_by_whom_he_has_blocked(blocked: bool, calls: int, bot: Bot, store: Store) -> None:
    async with store.write() as db:
        budi, number = await reachable(db)
        rude, rude_number = await live(db, "Rudi", RT)
        _, other = await live(db, "Tini", RT)
        await peace_rule.set_block(db, number, rude_number, NOW, blocked=blocked)
        await peace_rule.set_block(db, number, other, NOW, blocked=True)  # somebody else changes nothing
        await peace_rule.set_block(db, rude_number, number, NOW, blocked=True)  # nor does his blocking us
        room = await opened(db, CHAT)
    await bot.push("1", [parse_event(message("Halo", rude, room, "$a", **mention(budi)))])
    assert len(await written(store, "push")) == calls


async def test_an_announcement_is_one_row_however_many_read_it(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        for _ in range(3):
            await reachable(db, SIARAN)
        room = await opened(db, SIARAN)
    await bot.push("1", [parse_event(message("Posyandu besok", SITI, room, "$a"))])
    [payload] = await written(store, "push_room")
    assert payload == {"room_id": room, "event_id": "$a", "sender": SITI, "after": 0, "done": 0}
    assert await written(store, "push") == []


async def test_a_newcomer_who_is_greeted_is_called(bot: Bot, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    async with store.write() as db:
        budi, _ = await reachable(db)
        room = await opened(db, CHAT)
    monkeypatch.setattr("kamar_bots.welcome.TOGETHER", timedelta(0))
    await bot.push("1", [parse_event(member_event(budi, room, "$join", "join"))])
    await bot.greet()
    assert [payload["kind"] for payload in await written(store, "push")] == ["greeting"]
