"""The whole way of an announcement against a real Synapse, in the direct talks of two officers."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kamar.ids import NodePath, RoomId
from kamar.settings import Siaran
from kamar.structure import RoomKey, RoomKind
from kamar_bots import serve
from kamar_bridges.homeserver import Homeserver
from kamar_provisioning import jobs
from kamar_provisioning.jobs import drain
from kamar_store import mandate as mandates
from kamar_store import seating
from kamar_store.site import Site
from tests.bots.neighbours import Neighbour, Talk, desk, neighbours
from tests.bots.test_real_synapse import running
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

VILLAGE = NodePath("32.16.19.2005")
KECAMATAN = NodePath("32.16.19")
KABUPATEN = NodePath("32.16")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("siaran"), serve=False) as made:
        yield made


@pytest.fixture
async def site(server: Branch) -> AsyncIterator[Site]:
    found = server.site()
    settings = dataclasses.replace(found.settings, siaran=Siaran(approve_rooms=0))
    yield dataclasses.replace(found, settings=settings)
    await found.store.close()


async def talk(site: Site, who: Neighbour) -> Talk:
    """Begin a direct talk with the bot."""
    wanted = {"preset": "trusted_private_chat", "is_direct": True, "invite": [site.settings.bot]}
    made = Talk(who.matrix, await who.matrix.create_room(wanted), site.settings.bot)
    await made.hears("Halo! Saya Kamar")
    return made


async def test_written_agreed_to_by_a_tap_read_by_a_member_and_reported_back(server: Branch, site: Site) -> None:
    now = datetime.now(UTC)
    async with Homeserver(server.homeserver.url) as homeserver:
        at = desk(site, homeserver, server.homeserver.as_token)
        _, people = await neighbours(at, NodePath(f"{VILLAGE}/RW001/RT001"), ["Ani", "Budi", "Citra", "Dewi", "Eko"])
        wati, budi, siti = people[:3]
        async with site.store.write() as db:
            key = RoomKey(VILLAGE, RoomKind.SIARAN)
            await seating.want_rooms(db, [key], now)
            await mandates.appoint(db, wati.number, KECAMATAN, "ketua", "SK 1", now - timedelta(days=1))
            await mandates.appoint(db, budi.number, KABUPATEN, "ketua", "SK 2", now - timedelta(days=1))
        await drain(at)
        news = await _seated(site, at, siti)
        async with running(serve.run(site), jobs.run(site)):
            writer, second = await talk(site, wati), await talk(site, budi)
            await second.say("!mandat")  # by which the bot knows where the two talk alone
            await second.hears("Ketua Exco, Kab. Bekasi")
            await writer.say("!siaran")
            await writer.hears("Tulis pengumuman untuk Kec. Cikarang Selatan")
            await writer.say("Kerja bakti hari Minggu")
            question = await writer.hears("Begini jadinya:")
            urgent = "2️⃣" if "Sekarang malam" in question.content["body"] else "1️⃣"
            await writer.tap(question.event_id, urgent)
            await writer.hears("Menunggu persetujuan pengurus lain.")
            asked = await second.hears("menunggu persetujuan Anda")
            assert "Kerja bakti hari Minggu" in asked.content["body"]
            await siti.matrix.messages(news)  # she reads along there, and sees nothing yet
            assert await Talk(siti.matrix, news, site.settings.bot).heard("Kerja bakti") == []
            await second.tap(asked.event_id, "1️⃣")
            await Talk(siti.matrix, news, site.settings.bot).hears("Kerja bakti hari Minggu")
            async with asyncio.timeout(60):
                while not await writer.heard("sudah sampai di 1 ruang"):
                    await asyncio.sleep(0.2)


async def _seated(site: Site, at: jobs.Desk, who: Neighbour) -> RoomId:
    """Return the village's pengumuman room with ``who`` in it."""
    async with site.store.read() as db:
        (room,) = [each for each in await seating.rooms_at(db, [VILLAGE]) if each.key.kind is RoomKind.SIARAN]
    assert room.room_id is not None
    seated = await at.module.seat(who.user, None, [room.room_id])
    assert seated.failed == {}
    return room.room_id
