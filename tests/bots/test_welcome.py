"""Newcomers are greeted together, and a room is not flooded with greetings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from kamar.ids import RoomId
from kamar.membership import SeatState
from kamar_bots.serve import Bot
from kamar_bots.welcome import EVERY, TOGETHER, TOO_LATE, greet, greeting
from kamar_bridges.matrix import parse_event
from kamar_store import seating
from kamar_store.store import Store
from kamar_store.tables import event, member, seat
from tests.bots.village import CHAT, bodies, live, member_event, opened

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["Siti"], "Selamat datang, Siti! "),
        (["Siti", "Budi"], "Selamat datang, Siti dan Budi! "),
        (["A1", "B2", "C3", "D4", "E5"], "Selamat datang, A1, B2, C3, D4 dan E5! "),
        (["A1", "B2", "C3", "D4", "E5", "F6", "G7"], "Selamat datang, A1, B2, C3, D4, E5 dan 2 kawan lain! "),
    ],
)
def test_a_greeting_names_at_most_five(names: list[str], named: str) -> None:
    assert greeting(names).startswith(named)
    assert "\n" not in greeting(names)


async def arrive(bot: Bot, store: Store, room: RoomId, name: str) -> None:
    async with store.write() as db:
        user, number = await live(db, name)
        row = await seating.room_by_id(db, room)
        assert row
        await seating.want_seats(db, number, [row.id], datetime.now(UTC))
    sent = int(datetime.now(UTC).timestamp() * 1000)
    await bot.store([parse_event(member_event(user, room, f"$join-{name}", "join", sent=sent))])
    await bot.handler.drain()


async def greeted(store: Store, now: datetime) -> list[str]:
    async with store.write() as db:
        await greet(db, now)
    return [line.split("!")[0].removeprefix("Selamat datang, ") for line in await bodies(store)]


async def test_neighbours_who_come_together_are_greeted_once(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
    await arrive(bot, store, room, "Siti")
    now = datetime.now(UTC)
    assert await greeted(store, now) == []
    await arrive(bot, store, room, "Budi")
    assert await greeted(store, now + TOGETHER + SECOND) == ["Siti dan Budi"]
    assert await greeted(store, now + TOGETHER + 2 * SECOND) == ["Siti dan Budi"]


@pytest.mark.parametrize(
    ("later", "said"),
    [(EVERY - SECOND, []), (EVERY + SECOND, ["Budi"]), (TOO_LATE + EVERY, [])],
    ids=["too soon", "in time", "no longer new"],
)
async def test_the_next_greeting_waits_ten_minutes(later: timedelta, said: list[str], bot: Bot, store: Store) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
    await arrive(bot, store, room, "Siti")
    first = datetime.now(UTC) + TOGETHER + SECOND
    await greeted(store, first)
    await arrive(bot, store, room, "Budi")
    assert (await greeted(store, first + later))[1:] == said


async def test_who_left_before_the_greeting_is_not_named(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
    await arrive(bot, store, room, "Siti")
    await arrive(bot, store, room, "Budi")
    async with store.write() as db:
        budi = await db.scalar(select(member.c.id).where(member.c.display_name == "Budi"))
        await db.execute(update(seat).where(seat.c.member == budi).values(state=SeatState.LEFT))
    assert await greeted(store, datetime.now(UTC) + TOGETHER + SECOND) == ["Siti"]


async def test_who_is_no_member_is_not_named(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
    await bot.store([parse_event(member_event("@x:kamar.test", room, "$x", "join", displayname="<b>Ketua</b>"))])
    assert await greeted(store, datetime.now(UTC) + TOGETHER + SECOND) == []
    async with store.write() as db:
        states = (await db.execute(update(event).values(type="x").returning(event.c.state))).scalars().all()
    assert states == ["done"]
