"""``!jamin``, the question in the kamar, ``!pindah``, and who greets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import Office
from kamar_bots.commands import answer
from kamar_bots.serve import Bot
from kamar_bots.welcome import TOGETHER, greet
from kamar_bridges.matrix import parse_event
from kamar_store import appservice, greeter, seating, vouch
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.store import Db, Store
from tests.bots.village import CHAT, NOW, RT, RW, VILLAGE, asked, bodies, live, member_event, opened, registry, rows

SECOND = timedelta(seconds=1)
NEXT = NodePath(f"{RW}/RT004")


async def known(db: Db, name: str, home: NodePath = RT) -> tuple[UserId, MemberId]:
    """Write a member whom the neighbours vouch for."""
    user, number = await live(db, name, home)
    await vouch.confirm(db, number, NOW)
    return user, number


async def sit(db: Db, number: MemberId) -> RoomId:
    """Seat a member in the kamar of the RT."""
    room_id = await opened(db, CHAT)
    row = await seating.room_by_id(db, room_id)
    assert row is not None
    await seating.want_seats(db, number, [row.id], NOW)
    await seating.seated(db, number, [row.id], NOW)
    return room_id


async def said(db: Db, text: str, user: UserId, *, direct: bool = False) -> str:
    """Return the answer, or the code of the refusal."""
    try:
        reply = await answer(asked(text, user, CHAT, direct=direct), registry(db))
    except KamarError as error:
        return error.code
    assert reply is not None
    return reply.text


@pytest.mark.parametrize(
    ("home", "office", "text", "code"),
    [
        (RT, False, "!jamin Dewi", "Terima kasih, Dewi sudah dijamin 1 tetangga."),
        (RT, False, "!jamin dewi", "Terima kasih, Dewi sudah dijamin 1 tetangga."),
        (RT, True, "!jamin Dewi", "Dewi dijamin."),
        (RT, False, "!jamin Tuti", "vouch_unknown"),
        (RT, False, "!jamin", "Siapa yang Anda jamin?"),
        (NEXT, False, "!jamin Dewi", "vouch_unknown"),
        (NEXT, False, "!jamin @{dewi}", "vouch_stranger"),
        (RT, False, "!jamin @{dewi}", "Terima kasih, Dewi sudah dijamin 1 tetangga."),
        (RT, False, "!jamin @nobody:kamar.test", "vouch_stranger"),
        (RT, False, "!jamin @{siti}", "vouch_self"),
    ],
)
async def test_who_may_vouch_for_whom(home: NodePath, office: bool, text: str, code: str, store: Store) -> None:
    async with store.write() as db:
        dewi, number = await live(db, "Dewi")
        await sit(db, number)
        siti, own = await known(db, "Siti", home)
        if office:
            await mandates.appoint(db, own, home, Office.KOORDINATOR, "SK 1", NOW)
        named = text.replace("@{dewi}", dewi).replace("@{siti}", siti)
        assert (await said(db, named, siti)).startswith(code)


async def test_a_newcomer_vouches_for_nobody_and_hears_no_names(store: Store) -> None:
    async with store.write() as db:
        _, number = await live(db, "Dewi")
        await sit(db, number)
        eko, _ = await live(db, "Eko")
        assert await said(db, "!jamin Dewi", eko) == "vouch_newcomer"
        assert await said(db, "!jamin", eko) == "vouch_newcomer"


async def test_two_neighbours_are_enough_and_one_counts_once(store: Store) -> None:
    async with store.write() as db:
        dewi, number = await live(db, "Dewi")
        await sit(db, number)
        people = [await known(db, name) for name in ("Siti", "Budi")]
        assert "1 tetangga" in await said(db, "!jamin Dewi", people[0][0])
        assert await said(db, "!jamin Dewi", people[0][0]) == "vouch_twice"
        assert (await said(db, "!jamin Dewi", people[1][0])).startswith("Dewi dijamin.")
        found = await members.by_user(db, dewi)
        assert found is not None
        assert found.vouched
        assert await said(db, f"!jamin {dewi}", people[0][0]) == "vouch_needless"


async def arrive(bot: Bot, store: Store, room: RoomId, name: str) -> UserId:
    async with store.write() as db:
        user, number = await live(db, name)
        await sit(db, number)
    sent = int(datetime.now(UTC).timestamp() * 1000)
    await bot.store([parse_event(member_event(user, room, f"$join-{name}", "join", sent=sent))])
    await bot.handler.drain()
    return user


async def test_neighbours_are_asked_once_who_knows_the_newcomers_and_everybody_may_answer(
    bot: Bot, store: Store
) -> None:
    async with store.write() as db:
        siti, number = await known(db, "Siti")
        room = await sit(db, number)
        budi, other = await known(db, "Budi")
        await sit(db, other)
    dewi = await arrive(bot, store, room, "Dewi")
    await arrive(bot, store, room, "Eko")
    async with store.write() as db:
        await greet(db, datetime.now(UTC) + TOGETHER + SECOND)
    (question,) = [payload for kind, payload in await rows(store) if kind == "ask"]
    assert question["content"]["body"].split("\n")[1:] == ["1. Dewi", "2. Eko"]
    async with store.write() as db:
        await appservice.remember_question(db, "$ask", room, question["asker"], question["choices"], datetime.now(UTC))
    for who in (siti, siti, budi):
        relation = {"rel_type": "m.annotation", "event_id": "$ask", "key": "1️⃣"}
        tap = {"event_id": f"$tap{who}{len(await bodies(store))}", "room_id": room, "type": "m.reaction", "sender": who}
        await bot.store([parse_event({**tap, "content": {"m.relates_to": relation}})])
        await bot.handler.drain()
    async with store.read() as db:
        found = await members.by_user(db, dewi)
    assert found is not None
    assert found.vouched


async def test_where_no_neighbour_sits_nobody_is_asked(bot: Bot, store: Store) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
    await arrive(bot, store, room, "Dewi")
    async with store.write() as db:
        await greet(db, datetime.now(UTC) + TOGETHER + SECOND)
    assert [kind for kind, _ in await rows(store)] == ["send"]


@pytest.mark.parametrize(
    ("agrees", "coordinates", "named"),
    [(False, False, ""), (True, False, "Siti"), (False, True, "Budi"), (True, True, "Budi")],
    ids=["nobody", "a neighbour who agreed", "the coordinator", "the coordinator first"],
)
async def test_a_newcomer_hears_who_greets(agrees: bool, coordinates: bool, named: str, bot: Bot, store: Store) -> None:
    async with store.write() as db:
        _, siti = await known(db, "Siti")
        room = await sit(db, siti)
        _, budi = await known(db, "Budi")
        await greeter.agree(db, siti, NOW, greets=agrees)
        if coordinates:
            await mandates.appoint(db, budi, RT, Office.KOORDINATOR, "SK 1", NOW)
    await arrive(bot, store, room, "Dewi")
    now = datetime.now(UTC) + TOGETHER + SECOND
    async with store.write() as db:
        await greet(db, now)
    text = str((await rows(store))[0][1]["content"]["body"])
    assert (f"{named} menyapa tetangga baru" in text) is bool(named)
    async with store.write() as db:
        for late, looks in ((greeter.PATIENCE - SECOND, 0), (greeter.PATIENCE, int(bool(named)))):
            await greeter.look_after(db, now + late)
            found = [row for row in await _due(db) if row == "remind"]
            assert len(found) == looks


async def _due(db: Db) -> list[str]:
    from sqlalchemy import select

    from kamar_store.tables import outbox

    return list((await db.execute(select(outbox.c.kind))).scalars())


async def test_moving_is_for_a_direct_talk_and_asked_once(store: Store) -> None:
    async with store.write() as db:
        siti, _ = await known(db, "Siti")
        assert "Tulis !pindah langsung" in await said(db, "!pindah 4/5", siti)
        assert "Pindah ke RT 004/RW 005" in await said(db, "!pindah 4/5", siti, direct=True)
        assert await said(db, "!pindah 3/5 ya", siti, direct=True) == "move_same"
        assert "Anda sekarang tinggal" in await said(db, "!pindah 4/5 ya", siti, direct=True)
        found = await members.by_user(db, siti)
        assert found is not None
        assert (found.home, found.vouched) == (NEXT, True)
        assert "menunggu persetujuan" in await said(db, "!pindah 3/5 ya", siti, direct=True)
        assert "/pindah" in await said(db, "!pindah", siti, direct=True)
        assert VILLAGE in (await _home(db, siti))


async def _home(db: Db, user: UserId) -> str:
    found = await members.by_user(db, user)
    assert found is not None
    return found.home


@pytest.mark.parametrize(
    ("sender", "membership", "unnamed"),
    [("self", "leave", True), ("officer", "leave", True), ("officer", "ban", True), ("self", "join", False)],
)
async def test_whoever_is_gone_loses_his_name_there(
    sender: str, membership: str, unnamed: bool, bot: Bot, store: Store
) -> None:
    async with store.write() as db:
        room = await opened(db, CHAT)
        user, _ = await live(db, "Dewi")
    by = user if sender == "self" else "@officer:kamar.test"
    await bot.store([parse_event(member_event(user, room, "$gone", membership, sender=by))])
    await bot.handler.drain()
    found = [payload for kind, payload in await rows(store) if kind == "unname"]
    assert found == ([{"room_id": room, "user_id": user}] if unnamed else [])
