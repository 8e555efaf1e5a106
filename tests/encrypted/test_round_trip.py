"""Encrypted direct talk against a real Synapse, spoken by nio: one word, one answer, whatever breaks in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kamar.ids import NodePath
from kamar_bots import direct, serve
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning import jobs
from kamar_provisioning.jobs import Desk
from kamar_store.site import Site
from tests.bots.neighbours import desk
from tests.bots.test_real_synapse import running
from tests.encrypted.member import Phone, phone
from tests.encrypted.people import person
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

BOT = "@kamar-aman:kamar.test"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("encrypted"), serve=False) as made:
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
async def siti(at: Desk, tmp_path: Path) -> AsyncIterator[Phone]:
    async with phone(at.matrix.homeserver.url, await person(at, "Siti"), tmp_path / "siti") as found:
        yield found


async def test_a_word_said_encrypted_is_answered_encrypted(server: Branch, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.hears(room, BOT, "Halo! Saya Kamar")
        await siti.say(room, "kamar")
        answer = await siti.hears(room, BOT, "Anda tinggal di")
    assert answer.encrypted
    rows = server.homeserver.sql("SELECT DISTINCT type FROM events WHERE room_id = ? AND state_key IS NULL", room)
    assert rows == [("m.room.encrypted",)]
