"""An officer announces in the portal on a telephone: writes, looks, sends, sees it arrive, shares and recalls it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import axe_core_python
import pytest
from playwright.async_api import Page, expect

from kamar.ids import NodePath
from kamar.structure import RoomKind, RoomState, rooms_of_kamar
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import seating
from kamar_store.site import Site
from tests.browser.chat_driver import DESKTOP, PATIENCE, PHONE, chromium, person
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join

pytestmark = [pytest.mark.integration, pytest.mark.browser]

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
VILLAGE, KECAMATAN = NodePath("32.16.19.2005"), NodePath("32.16.19")
TEXT = "Kerja bakti hari Minggu pukul 07.00\nBawa alat dari rumah. Kumpul di balai desa."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("siaran")) as made:
        yield made


@pytest.fixture(scope="module")
def officer(server: Branch) -> str:
    return apart(_officer(server))


async def _officer(server: Branch) -> str:
    code = server.local_code(VILLAGE)
    user = str((await join(server.portal_url, code, "pengumuman-di-portal-Wati", VILLAGE, 5, 3))["user_id"])
    site, now = server.site(), datetime.now(UTC)
    async with site.store.write() as db:
        who = await members.by_user(db, user)
        assert who is not None
        await mandates.appoint(db, who.id, KECAMATAN, "ketua", "SK 1", now - timedelta(days=1))
        await seating.want_rooms(db, rooms_of_kamar(VILLAGE), now)
    async with asyncio.timeout(PATIENCE / 1000):
        while not await _open(site):
            await asyncio.sleep(0.1)
    await site.store.close()
    return user


async def _open(site: Site) -> bool:
    async with site.store.read() as db:
        rooms = await seating.rooms_at(db, [VILLAGE])
    return any(each.key.kind is RoomKind.SIARAN and each.state is RoomState.OPEN for each in rooms)


async def test_an_announcement_from_the_first_word_to_its_end(server: Branch, officer: str) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await log_in(page, server, officer)
        await page.goto(f"{server.portal_url}/pengurus/siaran")
        await page.get_by_label("Isi pengumuman").fill(TEXT)
        await accessible(page)
        await picture(page, "siaran-write-360")
        await page.get_by_role("button", name="Lihat dulu").click()
        await expect(page.get_by_text(re.compile("1 ruang"))).to_be_visible()
        if await page.get_by_label("Mendesak: kirim juga sekarang").count():
            await page.get_by_label("Mendesak: kirim juga sekarang").check()
        await accessible(page)
        await picture(page, "siaran-look-360")
        await page.get_by_role("button", name="Kirim pengumuman").click()
        await expect(page.get_by_text("Sampai di 1 dari 1 ruang.")).to_be_visible(timeout=PATIENCE)  # without reloading
        await accessible(page)
        await picture(page, "siaran-sent-360")
        card = page.get_by_role("img", name=re.compile("Kartu pengumuman"))
        await card.scroll_into_view_if_needed()
        await expect(card).to_have_js_property("naturalWidth", 1080)
        await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        await picture(page, "siaran-sent-1280")
        await page.get_by_label("Ya, tarik dari semua ruang").check()
        await page.get_by_role("button", name="Tarik pengumuman").click()
        await expect(page.get_by_text(re.compile("Ditarik dari 1 dari 1 ruang"))).to_be_visible(timeout=PATIENCE)


async def log_in(page: Page, server: Branch, user: str) -> None:
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(user[1:].split(":")[0])
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def accessible(page: Page) -> None:
    """Refuse a page that axe finds fault with."""
    await page.evaluate(AXE)
    report = await page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [fault["id"] for fault in report["violations"]] == []
