"""A rude message, from the flag to the appeal: reported, judged, told, appealed one level up, lifted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import axe_core_python
import pytest
from playwright.async_api import Page, expect

from kamar.ids import MemberId, NodePath
from kamar.membership import Office
from kamar.settings import Rooms, Server, Settings
from kamar_provisioning import chat
from kamar_provisioning.power import appoint
from kamar_store import member as members
from tests.browser.chat_driver import PATIENCE, PHONE, chromium, enter, in_room, person, say, wait_for_message
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ROOM = "Kamar RT 003/RW 005 Sukaresmi"
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
VILLAGE = "32.16.19.2005"
RUDE = "Dasar tetangga bodoh, urus saja got kalian sendiri!"
REASON = "Berkata kasar kepada tetangga"
APPEAL = "Saya sedang emosi karena banjir, saya sudah minta maaf."
ANSWER = "Sudah minta maaf, jadi dicabut."
MUTED = "Anda tidak dapat menulis di"


@dataclass(frozen=True)
class Street:
    """The people of the story, by their accounts."""

    rude: str
    reporter: str
    koordinator: str  # of the RT
    above: str  # of the RW


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    settings = Settings(server=Server(name="kamar.test"), rooms=Rooms(open_at_rt=4))
    with branch(tmp_path_factory.mktemp("peace"), settings=settings, serve=False) as made:
        chat.build(made.homeserver.state)
        made.start_serve()
        yield made


@pytest.fixture(scope="module")
def street(server: Branch) -> Street:
    return apart(_move_in(server))


async def _move_in(server: Branch) -> Street:
    code, users = server.local_code(VILLAGE), []
    for name in ("Rudi", "Dewi", "Siti", "Budi"):
        key = f"cerita-damai-di-kamar-rt-{name}"  # people are called by its last letters
        users.append((await join(server.portal_url, code, key, VILLAGE, 5, 3))["user_id"])
    await until_idle(server)
    site = server.site()
    offices = ((users[2], f"{VILLAGE}/RW005/RT003"), (users[3], f"{VILLAGE}/RW005"))
    async with site.store.write() as db:
        for user, node in offices:
            who = await members.by_user(db, user)
            assert who is not None
            now = datetime.now(UTC)
            await appoint(db, MemberId(who.id), NodePath(node), Office.KOORDINATOR, "SK", now)
    await site.store.close()
    await until_idle(server)
    return Street(*users)


async def log_in(page: Page, server: Branch, user: str) -> None:
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(user[1:].split(":")[0])
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def open_kamar(page: Page, server: Branch, user: str) -> None:
    await log_in(page, server, user)
    await page.get_by_text(ROOM).click()
    await in_room(page, ROOM)


async def flag(page: Page, text: str) -> None:
    """Open the menu of a message and tap the flag."""
    line = page.locator(".Timeline_message", has_text=text).first
    await line.hover()
    await line.locator(".Timeline_messageOptions").click()
    await page.get_by_role("button", name="Laporkan kepada pengurus").click()


async def write_in_vain(page: Page, text: str) -> None:
    box = page.locator(".MessageComposer_input textarea")
    await box.fill(text)
    await box.press("Enter")


async def test_a_rude_message_is_reported_judged_appealed_and_forgiven(server: Branch, street: Street) -> None:
    async with (
        chromium() as browser,
        person(browser, PHONE) as rude,
        person(browser, PHONE) as reporter,
        person(browser, PHONE) as koordinator,
        person(browser, PHONE) as above,
    ):
        await open_kamar(rude, server, street.rude)
        await open_kamar(reporter, server, street.reporter)
        await say(rude, RUDE)
        await wait_for_message(reporter, RUDE)

        await flag(reporter, RUDE)
        await log_in(koordinator, server, street.koordinator)
        await until_listed(koordinator, server)
        await koordinator.locator(".list a[href^='/kasus/']").first.click()
        await expect(koordinator.get_by_text(RUDE)).to_be_visible()
        await picture(koordinator, "report-case-360")
        await accessible(koordinator)
        await koordinator.get_by_label("Berapa lama").select_option(label="3 hari")
        await koordinator.get_by_label("Alasan").fill(REASON)
        await koordinator.get_by_role("button", name="Putuskan").click()
        await expect(koordinator.get_by_text("Dibisukan, sampai")).to_be_visible()
        await koordinator.get_by_role("button", name="Selesai, tutup laporan").click()
        await expect(koordinator.get_by_text("Kamar sedang damai")).to_be_visible()

        await until_idle_but_ends(server)
        await write_in_vain(rude, "Memangnya kenapa?")
        await expect(rude.locator(".Timeline_message.own").last).not_to_have_attribute(
            "data-event-id", re.compile(r"^\$")
        )
        await told_alone(rude)
        await picture(rude, "report-told-360")
        assert "Memangnya kenapa?" not in await reporter.locator(".Timeline").inner_text()
        assert "🚩" not in await reporter.locator(".Timeline").inner_text()

        about = await rude.context.new_page()
        await about.goto(f"{server.portal_url}/tentang-saya/tindakan")
        await expect(about.get_by_text(REASON)).to_be_visible()
        await about.get_by_label("Mengapa Anda tidak setuju?").fill(APPEAL)
        await picture(about, "report-appeal-360")
        await accessible(about)
        await about.get_by_role("button", name="Kirim keberatan").click()
        await expect(about.get_by_text("sedang diperiksa")).to_be_visible()

        await koordinator.goto(f"{server.portal_url}/kasus")
        await expect(koordinator.get_by_text("Tidak ada keberatan untuk Anda")).to_be_visible()
        await log_in(above, server, street.above)
        await above.goto(f"{server.portal_url}/kasus")
        await above.locator(".list a", has_text="Dibisukan").click()
        await expect(above.get_by_text(APPEAL)).to_be_visible()
        await above.get_by_label("Jawaban Anda").fill(ANSWER)
        await picture(above, "report-decision-360")
        await accessible(above)
        await above.get_by_role("button", name="Terima, cabut tindakan").click()
        await expect(above.get_by_text("Tidak ada keberatan untuk Anda")).to_be_visible()

        await wait_for_message(rude, re.compile(re.escape(ANSWER)))
        await about.reload()
        await expect(about.get_by_text("sudah tidak berlaku")).to_be_visible()
        await enter(rude, ROOM)
        await until_idle_but_ends(server)
        await say(rude, "Maaf ya, tetangga semua.")
        await wait_for_message(reporter, "Maaf ya, tetangga semua.")


async def accessible(page: Page) -> None:
    """Refuse a page that axe finds fault with."""
    await page.evaluate(AXE)
    report = await page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [fault["id"] for fault in report["violations"]] == []


async def until_listed(page: Page, server: Branch) -> None:
    """Look at the list of cases until one is there."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await page.locator(".list a[href^='/kasus/']").count():
            await page.goto(f"{server.portal_url}/kasus")
            await asyncio.sleep(0.2)


async def told_alone(page: Page) -> None:
    """Accept the direct talk in which @kamar says what happened, and read it."""
    await page.locator(".RoomHeader .close-middle").click()
    await page.locator(".RoomList li", has=page.locator(".name", has_text="Pesan untuk Anda")).click()
    await page.get_by_role("button", name="Terima").click()
    await wait_for_message(page, re.compile(MUTED))


async def until_idle_but_ends(server: Branch) -> None:
    """Wait until every order is carried out but those of measures that end later."""
    from kamar_store import outbox

    site = server.site()
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            async with site.store.read() as db:
                due = await outbox.next_due(db)
            if due is None or due > datetime.now(UTC):
                break
            await asyncio.sleep(0.1)
    await site.store.close()
