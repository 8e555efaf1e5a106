"""The bot against a real Synapse: a word in the room, one answer, whoever was away in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from kamar.ids import MemberId, NodePath
from kamar.membership import SeatState
from kamar_bots import serve, welcome
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning import jobs
from kamar_provisioning.jobs import Desk
from kamar_store import appservice, seating, session
from kamar_store.site import Site
from tests.bots.neighbours import Neighbour, Talk, answered, desk, neighbours
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

FIVE = ["Ani", "Budi", "Citra", "Dewi", "Eko"]
HOMES = iter([NodePath(f"32.16.19.2005/RW0{number:02d}/RT001") for number in range(1, 60)])


@dataclass(frozen=True)
class Kamar:
    """An open kamar of five; ``siti`` and ``other`` are two of them."""

    home: NodePath
    people: list[Neighbour]
    siti: Talk
    other: Talk


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


@pytest.fixture
async def kamar(at: Desk, site: Site) -> Kamar:
    return await open_kamar(at, site)


async def open_kamar(at: Desk, site: Site) -> Kamar:
    home = next(HOMES)
    room, people = await neighbours(at, home, FIVE)
    siti, other = (Talk(people[number].matrix, room, site.settings.bot) for number in (0, 1))
    return Kamar(home, people, siti, other)


@asynccontextmanager
async def running(*parts: Coroutine[object, object, None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_member_asks_in_the_room_and_gets_one_answer(site: Site, kamar: Kamar) -> None:
    async with running(serve.run(site), jobs.run(site)):
        asked = await kamar.siti.say("! Kamar")
        (answer,) = await kamar.other.hears_all("Ini Kamar")
    assert answer.content["msgtype"] == "m.notice"
    assert answer.content["body"].startswith("Ini Kamar RT 001/RW 001 Sukaresmi: RT 001/RW 001, Desa Sukaresmi")
    assert "jabatan kosong" in answer.content["body"]
    assert answered(answer) == asked


async def test_an_answer_comes_once_though_bot_and_homeserver_were_away(
    server: Branch, site: Site, kamar: Kamar
) -> None:
    async with running(serve.run(site), jobs.run(site)):
        asked = [await kamar.siti.say("!kamar")]
        await kamar.siti.hears("Ini Kamar")
    asked.append(await kamar.siti.say("!kamar"))  # while the bot is away
    server.homeserver.kill()
    server.homeserver.start()
    asked.append(await kamar.siti.say("!kamar"))
    async with running(serve.run(site), jobs.run(site)):
        asked.append(await kamar.siti.say("!kamar"))
        await kamar.siti.hears_all("Ini Kamar")
        async with asyncio.timeout(60):
            while len(found := await kamar.siti.hears_all("Ini Kamar")) < len(asked):
                await asyncio.sleep(0.2)
    assert sorted(answered(event) or "" for event in found) == sorted(asked)


async def test_a_typing_error_is_mended_by_tapping_a_reaction(site: Site, kamar: Kamar) -> None:
    async with running(serve.run(site), jobs.run(site)):
        await kamar.siti.say("!kamr")
        question = await kamar.siti.hears("Maksud Anda !kamar?")
        assert await kamar.siti.buttons(2) == ["1️⃣", "2️⃣"]
        await kamar.other.tap(question.event_id, "1️⃣")  # somebody else's tap means nothing
        await kamar.siti.tap(question.event_id, "1️⃣")
        await kamar.siti.tap(question.event_id, "2️⃣")
        assert len(await kamar.siti.hears_all("Ini Kamar")) == 1
        assert await kamar.siti.heard("Baik, dibatalkan.") == []


async def test_an_invitation_comes_as_text_and_as_a_picture_that_can_be_fetched(site: Site, kamar: Kamar) -> None:
    async with running(serve.run(site), jobs.run(site)):
        await kamar.siti.say("!ajak")
        picture = await kamar.other.hears("Kode QR")
        (text,) = await kamar.other.heard("Ajak tetangga")
    assert picture.content["body"].removeprefix("Kode QR: ") in text.content["body"]
    assert (await kamar.other.who.download(picture.content["url"])).startswith(b"\x89PNG")


async def test_a_login_link_is_given_in_a_direct_talk_and_logs_the_asker_in(site: Site, kamar: Kamar) -> None:
    async with running(serve.run(site), jobs.run(site)):
        talk = {"preset": "trusted_private_chat", "is_direct": True, "invite": [site.settings.bot]}
        direct = Talk(kamar.siti.who, await kamar.siti.who.create_room(talk), site.settings.bot)
        await direct.hears("Halo! Saya Kamar")
        await direct.say("masuk")
        answer = await direct.hears("/masuk/")
    token = answer.content["body"].split("/masuk/")[1].split()[0]
    async with site.store.write() as db:
        assert await session.use_link(db, token, datetime.now(UTC)) == ("login", kamar.people[0].user)


async def test_newcomers_are_greeted_together_and_leavers_stay_away(
    site: Site, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "GREET", 0.2)
    monkeypatch.setattr(welcome, "TOGETHER", timedelta(hours=1))
    async with running(serve.run(site)):
        kamar = await open_kamar(at, site)
        leaver = kamar.people[4]
        async with asyncio.timeout(60):
            while await arrivals(site) < len(FIVE):  # on a busy machine they come far apart
                await asyncio.sleep(0.1)
        monkeypatch.setattr(welcome, "TOGETHER", timedelta(0))
        async with running(jobs.run(site)):
            greetings = await kamar.siti.hears_all("Selamat datang")
        await leaver.matrix.leave(kamar.siti.room)
        async with asyncio.timeout(60):
            while await seat_of(site, leaver.number, kamar.home) is not SeatState.LEFT:
                await asyncio.sleep(0.1)
    assert len(greetings) == 1
    assert [name for name in FIVE if name not in greetings[0].content["body"]] == []


async def arrivals(site: Site) -> int:
    async with site.store.read() as db:
        return len(await appservice.waiting(db, datetime.now(UTC)))


async def seat_of(site: Site, number: MemberId, home: NodePath) -> SeatState:
    async with site.store.read() as db:
        seats = {each.key.node: state for each, state in await seating.seats_of(db, number)}
    return seats[home]
