"""What Synapse pushes is stored before it hears so, counts once, and comes from nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from kamar.ids import RoomId, UserId
from kamar.state import State
from kamar_bots.endpoint import BODY_MAX, application
from kamar_bots.serve import Bot
from kamar_store.store import Store
from kamar_store.tables import event, transaction
from tests.bots.village import CHAT, Homestead, bodies, bot_of, live, message, opened

TOKEN = "hs-token"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
TXN = "/_matrix/app/v1/transactions"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(bot: Bot, aiohttp_client: Callable[[web.Application], Awaitable[Client]]) -> Client:
    return await aiohttp_client(application(TOKEN, bot.push))


@pytest.fixture
async def room(store: Store) -> tuple[RoomId, UserId]:
    """Give an open kamar and somebody who lives there."""
    async with store.write() as db:
        return await opened(db, CHAT), (await live(db))[0]


async def push(client: Client, txn: str, *events: dict[str, Any]) -> None:
    answer = await client.put(f"{TXN}/{txn}", json={"events": list(events)}, headers=AUTH)
    assert (answer.status, await answer.json()) == (200, {})


async def stored(store: Store) -> tuple[int, int]:
    """Return how many transactions and events are in the registry."""
    async with store.read() as db:
        counts = [await db.scalar(select(func.count()).select_from(table)) for table in (transaction, event)]
    return int(counts[0] or 0), int(counts[1] or 0)


@pytest.mark.parametrize(
    "deliveries",
    [[("1", "$a")], [("1", "$a"), ("1", "$a")], [("1", "$a"), ("2", "$a")], [("7", "$a"), ("3", "$a"), ("7", "$a")]],
    ids=["once", "repeated", "again under another number", "in any order"],
)
async def test_an_event_is_answered_once_however_it_is_delivered(
    deliveries: list[tuple[str, str]], client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId]
) -> None:
    for txn, event_id in deliveries:
        await push(client, txn, message("!kamar", room[1], room[0], event_id))
        await bot.handler.drain()
    assert len(await bodies(store)) == 1


async def test_a_number_used_again_for_other_events_loses_none_and_wakes_the_healer(
    client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId]
) -> None:
    await push(client, "1", message("!kamar", room[1], room[0], "$a"))
    assert not bot.lost.is_set()
    await push(client, "1", message("!bantuan", room[1], room[0], "$b"))  # Synapse started and counts from 1 again
    assert bot.lost.is_set()
    await bot.handler.drain()
    assert [line[:6] for line in await bodies(store)] == ["Ini Ka", "Ketik "]


async def test_events_of_one_transaction_are_answered_in_their_order(
    client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId]
) -> None:
    words = ["!kamar", "!bantuan", "!masuk", "!batal", "!kamar"]
    events = [message(word, room[1], room[0], f"${9 - number}") for number, word in enumerate(words)]
    await push(client, "1", *events)
    await bot.handler.drain()
    assert [line.split()[0] for line in await bodies(store)] == ["Ini", "Ketik", "Tautan", "Tidak", "Ini"]


async def test_a_bot_killed_before_it_answered_answers_when_it_is_back(
    client: Client, store: Store, homestead: Homestead, tmp_path: Path, room: tuple[RoomId, UserId]
) -> None:
    await push(client, "1", message("!kamar", room[1], room[0], "$a"))  # and the handler never ran
    for _ in range(2):
        await bot_of(store, homestead, State(tmp_path)).handler.drain()
    assert len(await bodies(store)) == 1


async def test_a_bot_killed_in_the_middle_of_an_answer_has_said_nothing(
    client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId], monkeypatch: pytest.MonkeyPatch
) -> None:
    await push(client, "1", message("!kamar", room[1], room[0], "$a"))
    with monkeypatch.context() as patched:
        patched.setattr("kamar_bots.commands.answer", _killed)
        with pytest.raises(asyncio.CancelledError):
            await bot.handler.drain()
    assert await bodies(store) == []
    await bot.handler.drain()
    assert len(await bodies(store)) == 1


async def test_two_bots_at_once_answer_once(
    client: Client, store: Store, homestead: Homestead, tmp_path: Path, room: tuple[RoomId, UserId]
) -> None:
    await push(client, "1", *(message("!kamar", room[1], room[0], f"${number}") for number in range(6)))
    bots = [bot_of(store, homestead, State(tmp_path)) for _ in range(3)]
    await asyncio.gather(*(each.handler.drain() for each in bots))
    assert len(await bodies(store)) == 6


async def test_an_answer_that_fails_is_a_sorry_and_holds_nobody_up(
    client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId], monkeypatch: pytest.MonkeyPatch
) -> None:
    await push(client, "1", message("!kamar", room[1], room[0], "$a"))
    with monkeypatch.context() as patched:
        patched.setattr("kamar_bots.commands.answer", _broken)
        await bot.handler.drain()
    await push(client, "2", message("!kamar", room[1], room[0], "$b"))
    await bot.handler.drain()
    assert [line[:5] for line in await bodies(store)] == ["Maaf,", "Ini K"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b'{"events": []}', 401),
        ({"Authorization": "Bearer wrong"}, b'{"events": []}', 403),
        ({"Authorization": TOKEN}, b'{"events": []}', 403),
        (AUTH, b"", 400),
        (AUTH, b"{", 400),
        (AUTH, b"[" * 100_000, 400),
        (AUTH, b"[]", 400),
        (AUTH, b"{}", 400),
        (AUTH, b'{"events": {}}', 400),
        (AUTH, b"\xff\xfe", 400),
        (AUTH, b" " * (BODY_MAX + 1), 413),
        (AUTH, b'{"events": []}', 200),
    ],
    ids=[
        "no token", "a wrong token", "no bearer", "nothing", "half", "deep", "a list", "no events", "no list",
        "no text", "huge", "as it should be",
    ],
)  # fmt: skip
async def test_only_synapse_and_only_a_transaction_is_taken(
    headers: dict[str, str], body: bytes, status: int, client: Client, store: Store
) -> None:
    answer = await client.put(f"{TXN}/1?access_token={TOKEN}", data=body, headers=headers)
    assert answer.status == status
    assert answer.content_type == "application/json"
    assert await stored(store) == (int(status == 200), 0)


@pytest.mark.parametrize(
    "broken",
    [
        None, 7, "x", [], {}, {"event_id": "$x"}, {"event_id": "$x", "type": "m.room.message", "sender": None},
        {"event_id": 5, "room_id": "!r", "type": "m.room.message", "sender": "@a:b", "content": {}},
        {"event_id": "$x", "room_id": "!r", "type": "m.room.message", "sender": "@a:b", "content": "text"},
        {"event_id": "$x", "room_id": "!r", "type": "m.reaction", "sender": "@a:b", "content": {"m.relates_to": 3}},
        {"event_id": "$x", "room_id": "!r", "type": "m.reaction", "sender": "@a:b", "unsigned": 5, "content": {}},
        {"event_id": "$x", "room_id": "!r", "type": "m.room.message", "sender": "@a:b", "content": {"body": {}}},
    ],
)  # fmt: skip
async def test_an_event_that_cannot_be_read_does_not_hold_up_the_others(
    broken: Any, client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId]
) -> None:
    await push(client, "1", broken, message("!kamar", room[1], room[0], "$a"))
    await bot.handler.drain()
    assert [line[:9] for line in await bodies(store)] == ["Ini Kamar"]


@pytest.mark.parametrize("path", ["users/@kamar-x:kamar.test", "rooms/%23kamar-32:kamar.test", "rooms/x"])
async def test_a_query_makes_nothing(path: str, client: Client, store: Store) -> None:
    answer = await client.get(f"/_matrix/app/v1/{path}", headers=AUTH)
    assert (answer.status, (await answer.json())["errcode"]) == (404, "M_NOT_FOUND")
    assert await stored(store) == (0, 0)


async def test_health_needs_no_token_and_a_ping_does(client: Client) -> None:
    ping = "/_matrix/app/v1/ping"
    assert (await client.get("/healthz")).status == 200
    assert (await client.post(ping, json={"transaction_id": "x"})).status == 401
    assert (await client.post(ping, json={"transaction_id": "x"}, headers=AUTH)).status == 200


async def test_an_answered_event_keeps_no_words(
    client: Client, bot: Bot, store: Store, room: tuple[RoomId, UserId]
) -> None:
    await push(client, "1", message("!kamar rahasia", room[1], room[0], "$a"))
    await bot.handler.drain()
    async with store.read() as db:
        found = (await db.execute(select(event.c.content, event.c.state))).one()
    assert tuple(found) == (None, "done")
    assert "rahasia" not in json.dumps(await bodies(store))


async def _killed(*_: object) -> None:
    raise asyncio.CancelledError


async def _broken(*_: object) -> None:
    raise ZeroDivisionError
