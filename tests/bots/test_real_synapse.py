"""The bot against a real Synapse: a word in the room, one answer, whoever was away in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from kamar.ids import NodePath, RoomId
from kamar.membership import SeatState
from kamar_bots import serve
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.matrix import Event, Matrix
from kamar_provisioning import jobs
from kamar_provisioning.jobs import Desk
from kamar_store import seating, session
from kamar_store.site import Site
from tests.bots.neighbours import desk, neighbours, said
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

PATIENCE = 60.0  # seconds; a starved machine needs them
QUIET = 3.0  # seconds in which a second answer would have come
FIVE = ["Ani", "Budi", "Citra", "Dewi", "Eko"]
HOMES = iter([NodePath(f"32.16.19.2005/RW0{number:02d}/RT001") for number in range(1, 60)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("bots"), serve=False) as made:
        yield made


@pytest.fixture
async def site(server: Branch) -> AsyncIterator[Site]:
    found = server.site()
    yield found
    await found.store.close()


@pytest.fixture
async def at(server: Branch, site: Site) -> AsyncIterator[Desk]:
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk(site, homeserver, server.homeserver.as_token)


@asynccontextmanager
async def running(*parts: Coroutine[object, object, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(look: Callable[[], Coroutine[object, object, list[Event]]], count: int) -> list[Event]:
    """Wait for ``count`` events, and a little longer for one too many."""
    async with asyncio.timeout(PATIENCE):
        while len(await look()) < count:
            await asyncio.sleep(0.1)
    await asyncio.sleep(QUIET)
    return await look()


def answers(
    who: Matrix, room: RoomId, site: Site, word: str = "Ini Kamar"
) -> Callable[..., Coroutine[object, object, list[Event]]]:
    async def look() -> list[Event]:
        return [event for event in await said(who, room, site.settings.bot) if word in event.content["body"]]

    return look


async def test_a_member_asks_in_the_room_and_gets_one_answer(site: Site, at: Desk) -> None:
    room, people = await neighbours(at, next(HOMES), FIVE)
    async with running(serve.run(site), jobs.run(site)):
        await people[0].matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": "! Kamar"}, "t1")
        (answer,) = await until(answers(people[1].matrix, room, site), 1)
    assert answer.content["msgtype"] == "m.notice"
    assert answer.content["body"].startswith("Ini Kamar RT 001/RW 001 Sukaresmi: RT 001/RW 001, Desa Sukaresmi")
    assert "jabatan kosong" in answer.content["body"]


async def test_an_answer_comes_once_though_bot_and_homeserver_were_away(server: Branch, site: Site, at: Desk) -> None:
    room, people = await neighbours(at, next(HOMES), FIVE)
    ask = {"msgtype": "m.text", "body": "!kamar"}
    async with running(serve.run(site), jobs.run(site)):
        await people[0].matrix.send(room, "m.room.message", ask, "before")
        await until(answers(people[1].matrix, room, site), 1)
    await people[0].matrix.send(room, "m.room.message", ask, "while the bot is away")
    server.homeserver.kill()
    server.homeserver.start()
    async with running(serve.run(site), jobs.run(site)):
        found = await until(answers(people[1].matrix, room, site), 2)
    assert len(found) == 2
    assert len({event.content["m.relates_to"]["m.in_reply_to"]["event_id"] for event in found}) == 2


async def test_a_typing_error_is_mended_by_tapping_a_reaction(site: Site, at: Desk) -> None:
    room, people = await neighbours(at, next(HOMES), FIVE)
    siti, other = people[0].matrix, people[1].matrix
    async with running(serve.run(site), jobs.run(site)):
        await siti.send(room, "m.room.message", {"msgtype": "m.text", "body": "!kamr"}, "t1")
        (question,) = await until(answers(other, room, site, "Maksud Anda"), 1)
        buttons = [event for event in (await other.messages(room)).events if event.type == "m.reaction"]
        assert sorted(event.content["m.relates_to"]["key"] for event in buttons) == ["1️⃣", "2️⃣"]
        tap = {"m.relates_to": {"rel_type": "m.annotation", "event_id": question.event_id, "key": "1️⃣"}}
        await other.send(room, "m.reaction", tap, "t2")  # somebody else's tap means nothing
        await siti.send(room, "m.reaction", tap, "t3")
        assert len(await until(answers(other, room, site), 1)) == 1


async def test_an_invitation_comes_as_text_and_as_a_picture_that_can_be_fetched(site: Site, at: Desk) -> None:
    room, people = await neighbours(at, next(HOMES), FIVE)
    async with running(serve.run(site), jobs.run(site)):
        await people[0].matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": "!ajak"}, "t1")
        (text,) = await until(answers(people[1].matrix, room, site, "Ajak tetangga"), 1)
        (picture,) = await until(answers(people[1].matrix, room, site, "Kode QR"), 1)
    assert picture.content["body"].removeprefix("Kode QR: ") in text.content["body"]
    assert (await people[1].matrix.download(picture.content["url"])).startswith(b"\x89PNG")


async def test_a_login_link_is_given_in_a_direct_talk_and_logs_the_asker_in(site: Site, at: Desk) -> None:
    _, people = await neighbours(at, next(HOMES), FIVE)
    siti = people[0]
    async with running(serve.run(site), jobs.run(site)):
        talk = {"preset": "trusted_private_chat", "is_direct": True, "invite": [site.settings.bot]}
        room = await siti.matrix.create_room(talk)
        await until(answers(siti.matrix, room, site, "Halo! Saya Kamar"), 1)
        await siti.matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": "masuk"}, "t1")
        (answer,) = await until(answers(siti.matrix, room, site, "/masuk/"), 1)
    token = answer.content["body"].split("/masuk/")[1].split()[0]
    async with site.store.write() as db:
        assert await session.use_link(db, token, datetime.now(UTC)) == ("login", siti.user)


async def test_newcomers_are_greeted_together_and_leavers_stay_away(
    site: Site, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "GREET", 0.5)
    home = next(HOMES)
    async with running(serve.run(site)):
        room, people = await neighbours(at, home, FIVE)
        leaver = people[4]
        await leaver.matrix.leave(room)
        async with running(jobs.run(site)):
            (greeting,) = await until(answers(people[0].matrix, room, site, "Selamat datang"), 1)
    assert all(name in greeting.content["body"] for name in FIVE)
    async with site.store.read() as db:
        seats = {each.key.node: state for each, state in await seating.seats_of(db, leaver.number)}
    assert seats[home] is SeatState.LEFT
