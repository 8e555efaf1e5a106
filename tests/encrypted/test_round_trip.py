"""Encrypted direct talk against a real Synapse, spoken by nio: one word, one answer, whatever breaks in between."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kamar.ids import RoomId
from kamar.state import read_secret
from kamar_bots import direct
from kamar_bots.direct_sending import Sender
from kamar_bots.handler import MOST
from kamar_bridges.encrypted import plain_file
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk
from kamar_store import cursor, session
from kamar_store.site import Site
from kamar_store.tables import direct_reply
from tests.bots.test_real_synapse import running
from tests.encrypted.member import Phone, phone
from tests.encrypted.people import BOT, until_said
from tests.servers.branch import Branch

ONE_WINDOW = timedelta(days=36500)  # windows end by the clock: a minute's may end in the middle of a test
pytestmark = pytest.mark.integration


async def test_a_word_said_encrypted_is_answered_encrypted(server: Branch, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.hears(room, BOT, "Halo! Saya Kamar")
        await siti.say(room, "kamar")
        answer = await siti.hears(room, BOT, "Anda tinggal di")
    assert answer.encrypted
    assert answer.content["msgtype"] == "m.notice"
    rows = server.homeserver.sql("SELECT DISTINCT type FROM events WHERE room_id = ? AND state_key IS NULL", room)
    assert rows == [("m.room.encrypted",)]


async def test_the_second_account_is_an_ordinary_one(server: Branch, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        await siti.talk_to(BOT)
    assert server.homeserver.sql("SELECT admin, appservice_id FROM users WHERE name = ?", BOT) == [(0, None)]
    assert (await siti.client.get_displayname(BOT)).displayname == "Kamar (terenkripsi)"


async def test_its_secrets_are_for_nobody_else_to_read(server: Branch, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        await siti.talk_to(BOT)
    root = server.homeserver.state.root
    assert {oct(path.stat().st_mode & 0o777) for path in (root / "direct", root / "direct" / "keys")} == {"0o700"}
    files = [root / "direct" / "keys" / "keys.db", *(root / "secrets").glob("direct_*")]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o600"}
    assert len(files) == 3


async def test_an_invitation_comes_as_a_picture_that_the_server_cannot_read(site: Site, siti: Phone, at: Desk) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "!ajak")
        picture = await siti.hears(room, BOT, "Kode QR")
        text = await siti.hears(room, BOT, "Ajak tetangga")
    assert picture.encrypted
    assert "url" not in picture.content
    assert picture.content["body"].removeprefix("Kode QR: ") in text.content["body"]
    file = picture.content["file"]
    sealed = await at.matrix.download(file["url"])
    assert b"PNG" not in sealed[:16]
    assert plain_file(sealed, file).startswith(b"\x89PNG")


@pytest.mark.parametrize("way", ["reaction", "number"])
async def test_a_choice_is_made_by_tapping_or_by_its_number(way: str, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "!kamr")
        question = await siti.hears(room, BOT, "Maksud Anda !kamar?")
        await siti.until(lambda: len([1 for _, _, heard in siti.heard if heard.type == "m.reaction"]) == 2)
        if way == "reaction":
            await siti.tap(room, question.event_id, "1️⃣")
        else:
            await siti.say(room, "1")
        await siti.hears(room, BOT, "Anda tinggal di")


async def test_a_login_link_comes_encrypted_and_works_once(site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "!masuk")
        answer = await siti.hears(room, BOT, "/masuk/")
    assert answer.encrypted
    token = answer.content["body"].split("/masuk/")[1].split()[0]
    async with site.store.write() as db:
        assert await session.use_link(db, token, datetime.now(UTC)) == ("login", siti.client.user_id)


async def test_who_writes_too_much_hears_so_once(site: Site, siti: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kamar_bots.handler.WINDOW", ONE_WINDOW)
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        for _ in range(MOST + 1):  # as fast as the kamar itself allows
            await siti.say(room, "!batal")
        await siti.hears(room, BOT, "Terlalu banyak pesan")
        await until_said(site)
    await siti.look()
    # the invitation counts as well
    assert len(siti.said(room, BOT, "Tidak ada yang perlu dibatalkan")) == MOST - 1
    assert len(siti.said(room, BOT, "Terlalu banyak pesan")) == 1


async def test_one_device_serves_for_ever_and_reads_what_came_while_it_was_away(
    server: Branch, site: Site, siti: Phone
) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di")
    before = devices(server)
    await siti.say(room, "terima kasih")  # while the bot is away
    server.homeserver.kill()
    server.homeserver.start()
    async with running(direct.run(site)):
        await siti.hears(room, BOT, "Sama-sama!")
        server.homeserver.kill()  # and under its hands
        server.homeserver.start()
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di", after=1)
        await until_said(site)
    await siti.look()
    assert devices(server) == before
    assert len(before) == 1
    assert len(siti.said(room, BOT)) == 4


async def test_what_was_answered_stays_answered_when_the_stream_is_read_again(
    site: Site, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site.store.read() as db:
        before = await cursor.get(db, direct.POSITION)
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di")
        await until_said(site)
    async with site.store.write() as db:
        there = await cursor.get(db, direct.POSITION)
        await cursor.put(db, direct.POSITION, before or "")

    async def silent(sender: Sender) -> None: ...

    monkeypatch.setattr(Sender, "drain", silent)  # what it would say stays where it can be counted
    async with running(direct.run(site)):
        async with asyncio.timeout(60):
            while True:
                async with site.store.read() as db:
                    if await cursor.get(db, direct.POSITION) != (before or ""):
                        break
                await asyncio.sleep(0.1)
        async with site.store.read() as db:
            assert (await db.execute(select(direct_reply.c.key))).all() == []
    async with site.store.write() as db:  # the next test goes on where the bot was
        await cursor.put(db, direct.POSITION, there or "")


async def test_a_new_telephone_of_the_asker_reads_the_answers(
    site: Site, siti: Phone, at: Desk, tmp_path: Path
) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di")
        localpart = siti.client.user_id[1:].split(":")[0]
        fresh = await at.module.register(localpart, None, "Siti", f"key-{localpart}")
        async with phone(at.matrix.homeserver.url, fresh, tmp_path / "fresh") as other:
            await other.look()
            await other.say(room, "makasih")
            assert (await other.hears(room, BOT, "Sama-sama!")).encrypted
        assert (await siti.hears(room, BOT, "Sama-sama!")).encrypted


@pytest.mark.parametrize("harm", ["gone", "garbage", "ended"])
async def test_a_lost_device_is_replaced_and_the_asker_is_told_in_words(
    harm: str, server: Branch, site: Site, siti: Phone, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "KEY_MAY_COME", timedelta(seconds=1))
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di")
    identity = read_secret(site.state.secret("direct_identity"))
    before = devices(server)
    await siti.say(room, "kamar")  # encrypted for the device that is about to be lost
    keys = site.state.root / "direct" / "keys" / "keys.db"
    if harm == "gone":
        keys.unlink()
    elif harm == "garbage":
        keys.write_bytes(b"not a database" * 400)
    else:
        token = json.loads(read_secret(site.state.secret("direct_device")))["access_token"]
        await Matrix(at.matrix.homeserver, token).logout()
    async with running(direct.run(site)):
        told = await siti.hears(room, BOT, "saya memakai perangkat baru")
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di", after=1)
    assert told.encrypted
    assert len(devices(server)) == 1
    assert devices(server) != before
    assert read_secret(site.state.secret("direct_identity")) == identity


async def test_a_message_without_its_key_is_answered_in_words(
    site: Site, siti: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(direct, "KEY_MAY_COME", timedelta(seconds=1))
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.say(room, "kamar")
        await siti.hears(room, BOT, "Anda tinggal di")
        sealed = {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": "A" * 43,
            "device_id": "NONE",
            "session_id": "B" * 43,
            "ciphertext": "C" * 64,
        }
        await sent_as_it_is(siti, room, sealed)
        await siti.hears(room, BOT, "kuncinya tidak sampai kepada saya")


def devices(server: Branch) -> list[tuple[str]]:
    return server.homeserver.sql("SELECT device_id FROM devices WHERE user_id = ? AND NOT hidden", BOT)


async def sent_as_it_is(who: Phone, room: str, content: dict[str, Any]) -> None:
    async with Homeserver(who.client.homeserver) as homeserver:
        await Matrix(homeserver, who.client.access_token).send(RoomId(room), "m.room.encrypted", content, "sealed")
