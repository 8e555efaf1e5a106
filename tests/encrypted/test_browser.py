"""From a plain talk to an encrypted one in the bundled web client, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from kamar_bridges.matrix import Matrix
from kamar_provisioning import chat
from kamar_provisioning.jobs import Desk
from tests.browser.chat_driver import (
    PATIENCE,
    PHONE,
    chat_link,
    chromium,
    enter,
    in_room,
    leave,
    open_chat,
    say,
    wait_for_message,
)
from tests.browser.chat_driver import person as window
from tests.browser.pictures import picture
from tests.encrypted.people import BOT, person
from tests.servers.branch import Branch

pytestmark = [pytest.mark.integration, pytest.mark.browser]

SAFE = "Kamar (terenkripsi)"


@pytest.fixture
def serving(server: Branch) -> Iterator[Branch]:
    chat.build(server.homeserver.state)
    server.start_serve()
    yield server
    server.stop_serve()


async def test_a_member_moves_to_an_encrypted_talk_and_is_answered(serving: Branch, at: Desk) -> None:
    member = await person(at, "Siti")
    matrix = Matrix(at.matrix.homeserver, member.access_token)
    plain = await matrix.create_room({"is_direct": True, "preset": "private_chat", "invite": [serving.settings.bot]})
    token = (await at.module.login_token(member.access_token)).token
    async with chromium() as browser, window(browser, PHONE) as page:
        await open_chat(page, chat_link(serving.settings.chat_url, token=token, user=member.user_id, room=plain))
        await wait_for_message(page, re.compile("Halo! Saya Kamar"))
        await say(page, "aman")
        await wait_for_message(page, re.compile("Undangan obrolan terenkripsi saya kirim"))
        await leave(page)
        row = page.locator(".RoomList li", has=page.locator(".name", has_text=SAFE)).first
        await row.click()
        await page.get_by_role("button", name="Terima").click()
        await in_room(page, SAFE)
        await expect(page.locator(".MessageComposer_input textarea")).to_be_enabled(timeout=PATIENCE)
        await say(page, "kamar")
        await wait_for_message(page, re.compile("Anda tinggal di RT 003/RW 005"))
        await picture(page, "encrypted-360")
        await leave(page)
        await enter(page, SAFE)
    (room,) = {room for (room,) in serving.homeserver.sql("SELECT room_id FROM rooms WHERE creator = ?", BOT)} & set(
        await matrix.joined_rooms()
    )
    rows = serving.homeserver.sql("SELECT DISTINCT type FROM events WHERE room_id = ? AND state_key IS NULL", room)
    assert rows == [("m.room.encrypted",)]
