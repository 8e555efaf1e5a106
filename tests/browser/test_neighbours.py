"""Two strangers of one street: from the invitation to a conversation, on a telephone and on a desktop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kamar_provisioning import chat, demo
from kamar_provisioning.demo_pictures import draw
from tests.browser.chat_driver import (
    DESKTOP,
    PATIENCE,
    PHONE,
    chromium,
    in_room,
    person,
    say,
    send_photo,
    wait_for_message,
)
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ROOM = "Kamar RT 003/RW 005 Sukaresmi"
PLACE = "Kec. Cikarang Selatan"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), serve=False) as made:
        chat.build(made.homeserver.state)
        made.start_serve()
        apart(_fill(made))
        yield made


async def _fill(made: Branch) -> None:
    site = made.site()
    await demo.fill(site)
    await site.store.close()


async def sign_up(page: Page, server: Branch, name: str, size: str) -> None:
    """Do what a newcomer does, reading nothing twice."""
    await page.goto(f"{server.portal_url}/g/{server.invitation()}")
    await picture(page, f"signup-welcome-{size}")
    await page.get_by_role("link", name="Mulai").or_(page.get_by_role("button", name="Mulai")).click()
    await page.get_by_label("Desa atau kelurahan").fill("sukaresmi cikarang")
    await page.get_by_text(PLACE).first.wait_for()
    await picture(page, f"signup-place-{size}")
    await page.get_by_text(PLACE).first.click()
    await page.get_by_label("RT", exact=True).fill("3")
    await page.get_by_label("RW", exact=True).fill("5")
    await page.get_by_role("button", name="Lanjut", exact=True).last.click()
    await page.get_by_role("heading", name="Persetujuan Anda").wait_for()
    for box in await page.get_by_role("checkbox").all():
        if "Wajib" in await box.locator("xpath=ancestor::label").inner_text():
            await box.check()
    await picture(page, f"signup-consent-{size}")
    await page.get_by_role("button", name="Lanjut", exact=True).last.click()
    await page.get_by_label("Nama tampilan").fill(name)
    await page.get_by_role("radio").first.check()
    await picture(page, f"signup-account-{size}")
    await page.get_by_role("button", name="Selesai").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def open_kamar(page: Page, size: str) -> None:
    """Keep the recovery words, and open the kamar of one's own RT."""
    await expect(page.get_by_text(ROOM)).to_be_visible(timeout=PATIENCE)
    await page.get_by_role("button", name="Sudah saya simpan").click()
    await expect(page.get_by_text("Kata pemulihan")).to_have_count(0)
    await picture(page, f"komunitas-{size}")
    await page.get_by_text(ROOM).click()
    await in_room(page, ROOM)


async def test_two_newcomers_of_one_street_talk_in_their_kamar(server: Branch, tmp_path: Path) -> None:
    photo = tmp_path / "got.jpg"
    photo.write_bytes(draw("got"))
    async with chromium() as browser, person(browser, PHONE) as dewi, person(browser, DESKTOP) as budi:
        await sign_up(dewi, server, "Dewi Lestari", "360")
        await open_kamar(dewi, "360")
        await sign_up(budi, server, "Budi Santoso", "1280")
        await open_kamar(budi, "1280")

        await say(dewi, "Halo tetangga, saya Dewi, baru pindah ke RT 3.")
        await wait_for_message(budi, "Halo tetangga, saya Dewi, baru pindah ke RT 3.")
        await say(budi, "Selamat datang, Bu Dewi! Saya juga baru. Ini got depan musala tadi pagi:")
        await send_photo(budi, photo)
        await wait_for_message(dewi, re.compile("Selamat datang, Bu Dewi!"))
        await expect(dewi.locator(".Timeline_messageBody .media")).to_have_count(1, timeout=PATIENCE)
        await say(dewi, "!kamar")
        await wait_for_message(dewi, re.compile("Siti Aminah"))
        await picture(dewi, "chat-room-360")
        await picture(budi, "chat-room-1280")

        page = await dewi.context.new_page()
        for path, name in (
            ("ajak", "ajak-360"),
            ("saya", "saya-360"),
            ("jamin", "jamin-360"),
            ("pindah", "pindah-360"),
        ):
            await page.goto(f"{server.portal_url}/{path}")
            await picture(page, name)


async def test_nobody_is_called_by_a_number(server: Branch) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await sign_up(page, server, "Tuti Handayani", "360")
        await open_kamar(page, "360")
        await say(page, "Halo")
        assert not re.search(r"@[a-z2-7]{6,}:|@kamar", await page.locator(".Timeline").inner_text())
