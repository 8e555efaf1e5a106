"""What Synapse lost at a restart comes in through the same door."""

from __future__ import annotations

import pytest

from kamar.ids import UserId
from kamar_bots.serve import Bot
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import parse_event
from kamar_store import cursor
from kamar_store.store import Store
from tests.bots.village import CHAT, Homestead, bodies, live, message, opened


@pytest.fixture
async def asked(store: Store, homestead: Homestead) -> UserId:
    """Let somebody write three words in the room, none of which Synapse pushed."""
    async with store.write() as db:
        room, (user, _) = await opened(db, CHAT), await live(db)
    words = {"$a": "!kamar", "$b": "!bantuan", "$c": "!batal"}
    homestead.events = {name: message(text, user, room, name) for name, text in words.items()}
    return user


async def test_missed_words_are_answered_once_and_in_order(
    bot: Bot, store: Store, homestead: Homestead, asked: UserId
) -> None:
    await bot.healer.heal()  # the first look only takes the position
    homestead.missed += ["$a", "$b", "$gone", "$c"]
    await bot.store([parse_event(homestead.events["$b"])])  # this one came in time
    await bot.handler.drain()
    for _ in range(2):
        await bot.healer.heal()
        await bot.handler.drain()
    assert [line.split()[0] for line in await bodies(store)] == ["Ketik", "Ini", "Tidak"]
    assert [path.rpartition("/")[2] for path in homestead.calls if "/event/" in path] == ["$a", "$gone", "$c"]
    async with store.read() as db:
        assert await cursor.get(db, "missed") == "4"


async def test_the_first_look_brings_no_old_words(bot: Bot, store: Store, homestead: Homestead, asked: UserId) -> None:
    homestead.missed += ["$a", "$b"]
    await bot.healer.heal()
    await bot.handler.drain()
    assert await bodies(store) == []


async def test_nothing_is_skipped_when_the_homeserver_goes_away(
    bot: Bot, store: Store, homestead: Homestead, asked: UserId
) -> None:
    await bot.healer.heal()
    homestead.missed += ["$a"]
    homestead.down = True
    with pytest.raises(MatrixError):
        await bot.healer.heal()
    homestead.down = False
    await bot.healer.heal()
    await bot.handler.drain()
    assert len(await bodies(store)) == 1


async def test_healing_wakes_synapses_sender(bot: Bot, homestead: Homestead) -> None:
    await bot.healer.heal()
    assert homestead.calls[0] == "/_matrix/client/v1/appservice/kamar/ping"
