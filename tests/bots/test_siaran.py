"""Announcing in the direct talk: who may, what is shown before, who has to agree, how it is changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from kamar.ids import NodePath, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_bots import siaran as siaran_bot
from kamar_bots.serve import Bot
from kamar_bots.talk import Registry
from kamar_bridges.matrix import parse_event
from kamar_store import mandate as mandates
from kamar_store import siaran
from kamar_store.store import Store
from kamar_store.tables import outbox
from tests.bots.village import BOT, KECAMATAN, NOW, RT, VILLAGE, Homestead, live, message, opened

EARLIER = NOW - timedelta(days=1)
KABUPATEN = NodePath("32.16")
_events = count(1)


@dataclass
class Office:
    """Somebody who talks to the bot alone."""

    bot: Bot
    store: Store
    user: UserId
    room: str

    async def says(self, text: str, **content: Any) -> str:
        """Say something and return what the bot answers to it."""
        event = f"$said{next(_events)}"
        raw = message(text, self.user, self.room, event, **content)
        await self.bot.store([parse_event(raw)])
        await self.bot.handler.drain()
        async with self.store.read() as db:
            found = await db.execute(
                select(outbox.c.payload).where(outbox.c.key.startswith(f"bot:{event}:")).order_by(outbox.c.id)
            )
            return "\n".join(str(payload["content"]["body"]) for (payload,) in found)


@pytest.fixture
async def wati(store: Store, homestead: Homestead, bot: Bot) -> Office:
    """Give the chair of the kecamatan, whose village has a pengumuman room."""
    async with store.write() as db:
        await opened(db, RoomKey(VILLAGE, RoomKind.SIARAN))
    return await chair(store, homestead, bot, "Wati", KECAMATAN, "ketua")


async def chair(
    store: Store, homestead: Homestead, bot: Bot, name: str, node: NodePath | None = None, office: str = "ketua"
) -> Office:
    async with store.write() as db:
        user, number = await live(db, name)
        if node is not None:
            await mandates.appoint(db, number, node, office, "SK 1", EARLIER)
    room = f"!direct-{name}"
    homestead.members[room] = {user, BOT}
    return Office(bot, store, user, room)


async def kinds(store: Store) -> list[str]:
    async with store.read() as db:
        found = await db.execute(select(outbox.c.kind).where(outbox.c.kind.startswith("siaran")).order_by(outbox.c.id))
        return list(found.scalars())


async def test_an_announcement_is_written_seen_and_sent(wati: Office, store: Store) -> None:
    assert (await wati.says("!siaran")).startswith("Tulis pengumuman untuk Kec. Cikarang Selatan sekarang")
    seen = await wati.says("Kerja bakti\nhari Minggu pukul 07.00")
    assert seen.startswith("Pengumuman untuk Kec. Cikarang Selatan: 1 ruang, kurang dari 10 orang. Begini jadinya:")
    assert "Kerja bakti\nhari Minggu pukul 07.00" in seen
    assert await wati.says("!siaran kirim") == "Dikirim. Kemajuannya saya tulis di sini."
    assert await kinds(store) == ["siaran"]
    async with store.read() as db:
        item = await siaran.get(db, 1)
        assert item is not None
        assert (item.rooms, item.by, item.talk_room) == (1, "Ketua Exco, Kec. Cikarang Selatan", wati.room)


async def test_a_picture_needs_words_beside_it(wati: Office, store: Store) -> None:
    await wati.says("!siaran")
    picture = {"msgtype": "m.image", "url": "mxc://kamar.test/a", "info": {"w": 3, "h": 2, "mimetype": "image/png"}}
    assert await wati.says("foto.png", **picture) == "Gambarnya sudah saya simpan. Tulis keterangannya sekarang."
    assert "(dengan gambar)" in await wati.says("Lihat jalannya")
    async with store.read() as db:
        item = await siaran.get(db, 1)
        assert item is not None
        assert item.picture == {"url": "mxc://kamar.test/a", "w": 3, "h": 2, "mimetype": "image/png"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x" * 4001, "Pengumuman terlalu panjang."),
        ("NIK saya 3216190101900001", "Pesan tidak dikirim karena memuat NIK."),
    ],
)
async def test_what_may_not_be_announced_is_refused_and_can_be_mended(text: str, answer: str, wati: Office) -> None:
    await wati.says("!siaran")
    assert (await wati.says(text)).startswith(answer)
    assert "Begini jadinya" in await wati.says("Kerja bakti")


async def test_who_may_not_announce_is_told_so(store: Store, homestead: Homestead, bot: Bot, wati: Office) -> None:
    siti = await chair(store, homestead, bot, "Siti")
    treasurer = await chair(store, homestead, bot, "Tono", KECAMATAN, "bendahara")
    street = await chair(store, homestead, bot, "Eko", RT, "koordinator")
    denied = "Pengumuman ini di luar wewenang Anda."
    assert (await siti.says("!siaran Halo")).startswith(denied)
    assert (await treasurer.says("!siaran Halo")).startswith(denied)
    assert (await street.says("!siaran Halo")).startswith("Belum ada ruang pengumuman di wilayah itu.")
    assert (await street.says(f"!siaran di {VILLAGE} Halo")).startswith(denied)
    assert "Begini jadinya" in await wati.says(f"!siaran di {VILLAGE} Halo")


async def test_a_draft_is_given_up_with_one_word(wati: Office, store: Store) -> None:
    await wati.says("!siaran")
    assert await wati.says("batal") == "Baik, dibatalkan."
    assert (await wati.says("Kerja bakti")).startswith("Maaf, saya belum paham.")
    assert await kinds(store) == []


async def test_above_a_size_a_second_officer_agrees_and_never_the_author(
    wati: Office, store: Store, homestead: Homestead, bot: Bot
) -> None:
    await _limit(bot, 0)
    assert (await _sent(wati, "Halo")).startswith("Belum ada pengurus lain yang dapat menyetujui.")
    budi = await chair(store, homestead, bot, "Budi", KABUPATEN)
    aside = await chair(store, homestead, bot, "Aan", NodePath("32.17"))
    assert (await _sent(wati, "Halo")).startswith("Menunggu persetujuan pengurus lain.")
    assert await kinds(store) == ["siaran_ask"]
    number = 2
    assert (await wati.says(f"!siaran setuju {number}")).startswith("Pengumuman ini di luar wewenang Anda.")
    assert (await aside.says(f"!siaran setuju {number}")).startswith("Pengumuman itu tidak ada")
    assert await kinds(store) == ["siaran_ask"]
    assert await budi.says(f"!siaran setuju {number}") == f"Terima kasih. Pengumuman {number} dikirim."
    assert await budi.says(f"!siaran setuju {number}") == "Pengumuman ini sudah diputuskan."
    assert await kinds(store) == ["siaran_ask", "siaran"]
    # a correction is a new text, so it is agreed to anew
    await wati.says(f"!siaran ralat {number}")
    await wati.says("Halo semua")
    assert (await wati.says("!siaran kirim")).startswith("Menunggu persetujuan pengurus lain.")
    assert await kinds(store) == ["siaran_ask", "siaran", "siaran_ask"]


async def test_only_the_author_and_the_office_above_correct_and_recall(
    wati: Office, store: Store, homestead: Homestead, bot: Bot
) -> None:
    await _sent(wati, "Halo")
    colleague = await chair(store, homestead, bot, "Tini", KECAMATAN, "sekretaris")
    above = await chair(store, homestead, bot, "Budi", KABUPATEN)
    assert (await colleague.says("!siaran tarik 1")).startswith("Pengumuman itu tidak ada")
    assert (await above.says("!siaran tarik 1")).startswith("Tarik pengumuman 1 dari semua ruang?")
    assert (await above.says("!siaran tarik 1 ya")).startswith("Pengumuman 1 sedang ditarik")
    assert await wati.says("!siaran ralat 1") == "Pengumuman ini sudah ditarik."
    assert await kinds(store) == ["siaran", "siaran"]


async def test_whoever_lost_the_office_sends_and_recalls_nothing(wati: Office, store: Store) -> None:
    await _sent(wati, "Halo")
    await wati.says("!siaran Halo lagi")
    async with store.write() as db:
        (found,) = await mandates.at_node(db, KECAMATAN, NOW)
        await mandates.end(db, found, None, "selesai", NOW)
    assert (await wati.says("!siaran kirim")).startswith("Pengumuman ini di luar wewenang Anda.")
    assert (await wati.says("!siaran tarik 1 ya")).startswith("Pengumuman itu tidak ada")
    assert await kinds(store) == ["siaran"]


async def test_nothing_is_agreed_to_whose_author_lost_the_office_meanwhile(
    wati: Office, store: Store, homestead: Homestead, bot: Bot
) -> None:
    await _limit(bot, 0)
    budi = await chair(store, homestead, bot, "Budi", KABUPATEN)
    await _sent(wati, "Halo")
    async with store.write() as db:
        (found,) = await mandates.at_node(db, KECAMATAN, NOW)
        await mandates.end(db, found, None, "selesai", NOW)
    assert (await budi.says("!siaran setuju 1")).startswith("Penulisnya tidak lagi berwenang")
    assert await kinds(store) == ["siaran_ask"]


async def test_status_and_the_share_kit_follow(wati: Office, store: Store) -> None:
    assert (await wati.says("!siaran status")).startswith("Belum ada pengumuman.")
    await _sent(wati, "Halo")
    assert (await wati.says("!siaran status")).startswith("Pengumuman 1: 0 dari 1 ruang.")
    assert (await wati.says("!siaran bagikan 1")).startswith("Untuk grup WhatsApp:")
    assert await kinds(store) == ["siaran", "siaran_kit"]


async def test_in_a_room_nothing_is_announced(store: Store, wati: Office) -> None:
    from tests.bots.village import CHAT, SETTINGS, asked, registry

    async with store.write() as db:
        work: Registry = registry(db)
        reply = await siaran_bot.announce(asked("!siaran Halo", wati.user, CHAT), work)
    assert f"{SETTINGS.portal_url}/pengurus/siaran\n" in reply.text, "a way for whose client has no direct talk"
    assert reply.text.endswith(f"tulis !siaran kepada {SETTINGS.bot}.")


async def _sent(office: Office, text: str) -> str:
    await office.says(f"!siaran {text}")
    return await office.says("!siaran kirim")


async def _limit(bot: Bot, rooms: int) -> None:
    import dataclasses

    from kamar.settings import Siaran

    settings = dataclasses.replace(bot.site.settings, siaran=Siaran(approve_rooms=rooms))
    site = dataclasses.replace(bot.site, settings=settings)
    bot.site = site
    bot.handler = dataclasses.replace(bot.handler, site=site)
