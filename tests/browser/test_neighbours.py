"""Two strangers of one street: from the invitation to a conversation, on a telephone and on a desktop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kamar.ids import UserId, localpart
from kamar_provisioning import chat, demo
from kamar_provisioning.demo_pictures import draw
from kamar_store import member as members
from kamar_store import vouch, wave
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
from tests.browser.keyboard import barriers
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle

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
        for path, name in (("ajak", "ajak-360"), ("saya", "saya-360")):
            await page.goto(f"{server.portal_url}/{path}")
            await picture(page, name)


async def test_nobody_is_called_by_a_number(server: Branch) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await sign_up(page, server, "Tuti Handayani", "360")
        await open_kamar(page, "360")
        await say(page, "Halo")
        assert not re.search(r"@[a-z2-7]{6,}:|@kamar", await page.locator(".Timeline").inner_text())


@pytest.fixture
async def trusted(server: Branch) -> dict[str, str]:
    """Let an administrator, a newcomer whom nobody knows, and one whom the wave brake holds live in one street."""
    code = server.invitation()
    joined = {}
    for name in ("Dewi Lestari", "Tuti Handayani", "Jaka Purnama"):
        key = f"neighbours-browser-test-{name.split()[0].lower()}"
        joined[name] = str((await join(server.portal_url, code, key, "32.16.19.2005", 5, 3))["user_id"])
    await until_idle(server)
    site, now = server.site(), datetime.now(UTC)
    async with site.store.write() as db:
        for name, user in joined.items():
            found = await members.by_user(db, user)
            assert found
            await members.rename(db, found.id, name)
            if name.startswith("Dewi"):
                await members.make_admin(db, found.id)
            else:
                await vouch.forget(db, found.id)
            if name.startswith("Jaka"):
                await wave.put_on_hold(db, found.id, code, now)
    await site.store.close()
    return joined


async def log_in(page: Page, server: Branch, user: str) -> None:
    """Log in to the portal."""
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(user)
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk", exact=True).click()
    await page.wait_for_url("**/komunitas", timeout=PATIENCE)


async def test_the_pages_of_trust_are_for_everybody(server: Branch, trusted: dict[str, str]) -> None:
    async with chromium() as browser:
        for size, width in ((PHONE, 360), (DESKTOP, 1280)):
            async with person(browser, size) as dewi, person(browser, size) as jaka:
                await log_in(jaka, server, trusted["Jaka Purnama"])
                await expect(jaka.get_by_text("Pendaftaran Anda ditahan sebentar")).to_be_visible()
                assert await barriers(jaka) == []
                await picture(jaka, f"komunitas-held-{width}")
                await log_in(dewi, server, trusted["Dewi Lestari"])
                for path, seen, name in (
                    ("jamin", "Saya kenal Tuti Handayani", "jamin"),
                    ("pindah", "Sekali dalam 30 hari", "pindah"),
                    ("kelola#tahan", "Pendaftar yang ditahan", "kelola-held"),
                    ("kelola/pulih", "Hanya bila koordinator", "kelola-pulih"),
                ):
                    await dewi.goto(f"{server.portal_url}/{path}")
                    await expect(dewi.get_by_text(seen)).to_be_visible()
                    assert await barriers(dewi) == []
                    await picture(dewi, f"{name}-{width}")


async def test_an_administrator_helps_somebody_back_in(server: Branch, trusted: dict[str, str]) -> None:
    async with chromium() as browser, person(browser, DESKTOP) as dewi, person(browser, PHONE) as tuti:
        await log_in(dewi, server, trusted["Dewi Lestari"])
        await dewi.goto(f"{server.portal_url}/kelola/pulih")
        await dewi.get_by_label("Nama tampilan atau nama akun").fill(localpart(UserId(trusted["Tuti Handayani"])))
        await dewi.get_by_role("button", name="Cari").click()
        await dewi.get_by_text("Saya sudah memastikan orangnya").click()
        assert await barriers(dewi) == []
        await picture(dewi, "kelola-pulih-siapa-1280")
        await dewi.get_by_label("Kata sandi Anda sendiri").fill(PASSWORD)
        await dewi.get_by_role("button", name="Buat tautan sekali pakai").click()
        await dewi.get_by_role("heading", name="Tautan untuk Tuti Handayani").wait_for()
        assert await barriers(dewi) == []
        await tuti.goto(await dewi.locator("p.secret").inner_text())
        await tuti.get_by_label("Kata sandi baru").fill("sawah hijau luas")
        assert await barriers(tuti) == []
        await picture(tuti, "lupa-tautan-360")
        await tuti.locator('form[action="/lupa/tetangga/sandi"] button').click()
        await tuti.wait_for_url("**/komunitas*", timeout=PATIENCE)
