"""A village is split in a real Chromium: the diff side by side, approved by a second officer, watched, undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from kamar.ids import NodePath, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import restructure, seating, session, wilayah
from tests.browser.chat_driver import DESKTOP, PHONE, person
from tests.browser.pictures import picture
from tests.browser.test_signup import House, browser, looked_at, site  # noqa: F401 - fixtures
from tests.portal.village import SUKARESMI

pytestmark = pytest.mark.browser

KECAMATAN = NodePath("32.16.19")
RW5, RW12 = f"{SUKARESMI}/RW005", f"{SUKARESMI}/RW012"
OFFICERS = ("ketua", "sekretaris")


async def settle(house: House) -> dict[str, str]:
    """Let people live in two RT with their kamar; return a session for each officer."""
    portal, now = house.portal, house.portal.clock()
    sessions = {}
    async with portal.store.write() as db:
        for path in (f"{RW5}/RT001", f"{RW5}/RT002"):
            await wilayah.declare(db, path)
        for number in range(3):
            user = UserId(f"@warga{number}:kamar.test")
            await members.create(db, user, f"Warga {number}", NodePath(f"{RW5}/RT002"), None, None, now, vouched=True)
        await seating.want_rooms(db, [RoomKey(NodePath(f"{RW5}/RT002"), RoomKind.OBROLAN)], now)
        for who in OFFICERS:
            user = UserId(f"@{who}:kamar.test")
            number = await members.create(db, user, who.title(), NodePath(RW5), None, None, now, vouched=True)
            await mandates.appoint(db, number, KECAMATAN, who, "SK", now)
            sessions[who] = await session.begin(db, user, now, timedelta(hours=8))
    return sessions


async def become(page: Page, house: House, token: str) -> None:
    await page.context.add_cookies([{"name": "kamar_sesi", "value": token, "url": house.url}])


async def carry_out(house: House) -> None:
    """Do what the jobs do."""
    more = True
    while more:
        async with house.portal.store.write() as db:
            more = await restructure.advance(db, house.portal.site.organisation, 1, house.portal.clock())
    async with house.portal.store.write() as db:
        await db.exec_driver_sql("UPDATE outbox SET state = 'done'")


@pytest.mark.parametrize("size", [pytest.param(PHONE, id="360"), pytest.param(DESKTOP, id="1280")])
async def test_a_split_is_seen_approved_watched_and_undone(
    site: House,  # noqa: F811 - the fixture
    browser: Browser,  # noqa: F811 - the fixture
    size: tuple[int, int],
) -> None:
    sessions = await settle(site)
    async with person(browser, size) as page:
        await become(page, site, sessions["ketua"])
        await page.goto(f"{site.url}/pengurus/rencana?simpul={RW5}")
        await looked_at(page, "")
        await page.get_by_text("Pecah RW atau tempat lain").click()
        await page.get_by_label("Kode tempat baru").fill(RW12)
        await page.get_by_label("Yang ikut pindah").fill("RT009")
        await page.locator("details[open]").get_by_role("button", name="Lihat perubahan").click()
        await expect(page.get_by_role("alert").last).to_contain_text("RT009 tidak ada")
        await looked_at(page, "")
        await page.get_by_label("Yang ikut pindah").fill("RT002")
        await page.locator("details[open]").get_by_role("button", name="Lihat perubahan").click()
        await expect(page.get_by_text("Kamar RT 002/RW 012 Sukaresmi")).to_be_visible()
        await looked_at(page, "")
        await picture(page, f"rencana-perubahan-{size[0]}")
        await page.get_by_role("button", name="Usulkan").click()
        await expect(page.get_by_text("Menunggu pengurus lain")).to_be_visible()
        await looked_at(page, "")
        await become(page, site, sessions["sekretaris"])
        await page.reload()
        await page.get_by_role("button", name="Setujui").click()
        await looked_at(page, "")
        await page.get_by_role("button", name="Jalankan").click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await looked_at(page, "")
        await picture(page, f"rencana-jalan-{size[0]}")
        await carry_out(site)
        await expect(page.get_by_role("button", name="Batalkan rencana ini")).to_be_visible()  # by itself
        await looked_at(page, "")
        await page.get_by_role("button", name="Batalkan rencana ini").click()
        await carry_out(site)
        await expect(page.get_by_text("sudah dibatalkan")).to_be_visible()
