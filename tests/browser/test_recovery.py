"""The lost telephone, in a real browser against a whole server: four windows, a mailbox, and no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from playwright.async_api import Page, expect

from kamar.ids import MemberId, NodePath
from kamar.membership import Office
from kamar.recovery import Stage
from kamar.settings import Mail, Rooms, Server, Settings
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.matrix import Matrix
from kamar_portal.portal import portal_key
from kamar_portal.qr import qr_svg
from kamar_portal.recovery_meet import SCAN, SCAN_PURPOSE
from kamar_portal.seal import Seal
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import vouch
from kamar_store.recovery import hash_of_token
from tests.browser.chat_driver import DESKTOP, PATIENCE, PHONE, chromium, person
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.mailbox import Mailbox, mailbox
from tests.servers.newcomers import PASSWORD, join, truth, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
VILLAGE = "32.16.19.2005"
RT = NodePath(f"{VILLAGE}/RW005/RT003")
EMAIL, PHONE_NUMBER = "kenari.canary@contoh.id", "0812-9876-5432"
NEW, NEWEST = "kenari kuning pulang", "kenari hijau pulang"
NAMES = {"dewi": "Dewi Lestari", "siti": "Siti Aminah", "budi": "Budi Santoso"}


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[Branch]:
    settings = Settings(
        server=Server(name="kamar.test"),
        rooms=Rooms(open_at_rt=3),
        mail=Mail("127.0.0.1", box.port, "none", "", "Sosial Kamar <kamar@contoh.id>"),
    )
    with branch(tmp_path_factory.mktemp("branch"), settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def street(server: Branch) -> dict[str, str]:
    """Let three neighbours join, of whom Siti is coordinator; return their accounts."""
    return apart(_fill(server))


async def _fill(server: Branch) -> dict[str, str]:
    code = server.local_code(VILLAGE)
    keys = {name: f"recovery-browser-test-{name}" for name in NAMES}
    joined = {name: await join(server.portal_url, code, key, VILLAGE, 5, 3) for name, key in keys.items()}
    site = server.site()
    now = datetime.now(UTC)
    async with site.store.write() as db:
        for name, answer in joined.items():
            found = await members.by_user(db, answer["user_id"])
            assert found
            await members.rename(db, found.id, NAMES[name])
            if name == "siti":
                await mandates.appoint(db, MemberId(found.id), RT, Office.KOORDINATOR, "SK 1", now)
            await vouch.confirm(db, found.id, now)
    await site.store.close()
    await until_idle(server)
    return {name: answer["user_id"] for name, answer in joined.items()}


async def log_in(page: Page, server: Branch, user: str) -> None:
    """Log in to the portal."""
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(user)
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk", exact=True).click()
    await page.wait_for_url("**/komunitas", timeout=PATIENCE)


async def barriers(page: Page) -> list[str]:
    """Return what axe finds."""
    found: dict[str, Any] = await page.evaluate(f"(async () => {{ {AXE}; return await axe.run(); }})()")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


async def letter(box: Mailbox) -> str:
    """Return the code of the letter that is on its way."""
    async with asyncio.timeout(60):
        while not box.letters:
            await asyncio.sleep(0.1)
    code = box.code()
    box.letters.clear()
    return code


async def scanned(page: Page, server: Branch, stage: Stage) -> str:
    """Return the address in the QR on a screen, after making sure that the QR says just that."""
    cookies = {cookie["name"]: cookie["value"] for cookie in await page.context.cookies()}
    seal = Seal(portal_key(server.homeserver.state))
    token = seal.mac(SCAN_PURPOSE, f"{hash_of_token(cookies['kamar_pulih'])} {stage}")[:SCAN]
    address = f"{server.portal_url}/tetangga/{token}"
    drawn = str(qr_svg(address, "QR untuk dipindai orang yang Anda temui"))
    shown = await page.locator("svg.qr path").last.get_attribute("d")
    assert shown
    assert shown in drawn
    return address


async def talk_with_the_bot(server: Branch, user: str) -> None:
    """Open a direct talk with @kamar, as on the old telephone."""
    bot = server.settings.bot
    async with Homeserver(server.settings.synapse_url) as pool:
        session = await Matrix(pool).login_password(user, PASSWORD, "HP lama")
        matrix = Matrix(pool, session.access_token)
        room = await matrix.create_room({"invite": [bot], "is_direct": True, "preset": "trusted_private_chat"})
        async with asyncio.timeout(60):
            while bot not in await matrix.joined_members(room):
                await asyncio.sleep(0.1)
            await matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": "!bantuan"}, "1")
            while not [event for event in (await matrix.messages(room)).events if event.sender == bot]:
                await asyncio.sleep(0.1)


async def keep_contacts(page: Page, server: Branch, box: Mailbox) -> None:
    """Write number and address down, and prove the address."""
    await page.goto(f"{server.portal_url}/saya/kunci")
    await page.get_by_text("Catat nomor HP").click()
    await page.get_by_label("Nomor HP").fill(PHONE_NUMBER)
    await page.locator("#sandi_hp").fill(PASSWORD)
    await page.get_by_role("button", name="Simpan nomor").click()
    await expect(page.get_by_text("+62 ••• 32")).to_be_visible()
    await page.get_by_text("Catat alamat surel").click()
    await page.get_by_label("Alamat surel").fill(EMAIL)
    await page.locator("#sandi_surel").fill(PASSWORD)
    await page.get_by_role("button", name="Simpan dan kirim kode").click()
    await page.get_by_label("Kode dari surat").fill(await letter(box))
    await page.get_by_role("button", name="Pastikan").click()
    await expect(page.get_by_text("sudah dipastikan")).to_be_visible()
    await page.goto(f"{server.portal_url}/saya/kunci")
    await picture(page, "saya-kunci-360")
    assert await barriers(page) == []


async def confirm(page: Page, address: str, name: str) -> None:
    """Do what a witness does after scanning."""
    await page.goto(address)
    await expect(page.get_by_role("heading", name="Benarkah ini Dewi Lestari?")).to_be_visible()
    await picture(page, name)
    assert await barriers(page) == []
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Ya, pastikan").click()
    await expect(page.get_by_text("Anda memastikan Dewi Lestari.")).to_be_visible()


async def meet(phone: Page, siti: Page, budi: Page, server: Branch) -> None:
    """Go from the lost telephone to the form for a new password."""
    await phone.goto(f"{server.portal_url}/masuk")
    await phone.get_by_role("link", name="Lupa kata sandi?").click()
    await picture(phone, "lupa-360")
    assert await barriers(phone) == []
    await phone.get_by_role("link", name="Bantuan tetangga").click()
    await phone.get_by_label("Nama tampilan Anda").fill("dewi lestari")
    await phone.get_by_role("button", name="Tampilkan QR").click()
    await expect(phone.get_by_role("heading", name="Minta koordinator memindai")).to_be_visible()
    await picture(phone, "lupa-tetangga-360")
    assert await barriers(phone) == []
    await confirm(siti, await scanned(phone, server, Stage.COORDINATOR), "lupa-pastikan-360")
    await expect(phone.get_by_role("heading", name="Sekarang satu tetangga")).to_be_visible()  # by itself
    await picture(phone, "lupa-tetangga-kedua-360")
    await confirm(budi, await scanned(phone, server, Stage.NEIGHBOUR), "lupa-pastikan-1280")
    await expect(phone.get_by_role("heading", name="Buat kata sandi baru")).to_be_visible()
    await picture(phone, "lupa-sandi-360")
    assert await barriers(phone) == []


async def test_a_lost_telephone_does_not_lose_a_member(server: Branch, street: dict[str, str], box: Mailbox) -> None:
    async with (
        chromium() as browser,
        person(browser, PHONE) as old,
        person(browser, PHONE) as phone,
        person(browser, PHONE) as siti,
        person(browser, DESKTOP) as budi,
    ):
        await log_in(old, server, street["dewi"])
        await keep_contacts(old, server, box)
        await talk_with_the_bot(server, street["dewi"])
        await log_in(siti, server, street["siti"])
        await log_in(budi, server, street["budi"])

        await meet(phone, siti, budi, server)
        await old.goto(f"{server.portal_url}/komunitas")
        await expect(old.get_by_text("Ada yang ingin masuk sebagai Anda")).to_be_visible()
        await picture(old, "lupa-peringatan-360")
        await phone.get_by_label("Kata sandi baru").fill(NEW)
        await phone.get_by_role("button", name="Simpan dan masuk").click()
        await phone.wait_for_url("**/komunitas", timeout=PATIENCE)
        words = await phone.locator(".words li").all_inner_texts()
        await expect(phone.get_by_text("Kamar RT 003/RW 005 Sukaresmi")).to_be_visible()
        await old.reload()
        await expect(old.get_by_text("Masuk dulu")).to_be_visible()

        await until_idle(server)
        said = truth(server).said(server.settings.bot)
        assert [body for body in said if "Ada yang meminta masuk lagi sebagai Anda" in body]
        assert [body for body in said if "Kata sandi akun Anda sudah diganti" in body]

        code = await by_letter(old, server, box)
        await by_words(phone, server, street["dewi"], words)
        secrets = [EMAIL, PHONE_NUMBER, "+6281298765432", "81298765432", NEW, NEWEST, " ".join(words), code]
        assert found_in_files(server, ["Dewi Lestari"])  # it does look inside
        assert found_in_files(server, [*secrets, code.replace(" ", "")]) == []


async def by_letter(page: Page, server: Branch, box: Mailbox) -> str:
    """Get in by a code from the mailbox, and return it."""
    await page.goto(f"{server.portal_url}/lupa/surel")
    await page.get_by_label("Alamat surel").fill(EMAIL)
    await picture(page, "lupa-surel-360")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Kirim kode").click()
    code = await letter(box)
    await page.get_by_label("Kode dari surat").fill(code)
    await page.get_by_label("Kata sandi baru").fill(NEWEST)
    await picture(page, "lupa-kode-360")
    await page.get_by_role("button", name="Simpan dan masuk").click()
    await page.wait_for_url("**/komunitas", timeout=PATIENCE)
    return code


async def by_words(page: Page, server: Branch, user: str, words: list[str]) -> None:
    """Get in by the words that were made at the meeting, then log out of everything."""
    await page.goto(f"{server.portal_url}/lupa/kata")
    await page.get_by_label("Nama akun").fill(user)
    await page.get_by_label("Kata pemulihan").fill(" ".join(words))
    await page.get_by_label("Kata sandi baru").fill(NEW)
    await picture(page, "lupa-kata-360")
    assert await barriers(page) == []
    await page.get_by_role("button", name="Simpan dan masuk").click()
    await page.wait_for_url("**/komunitas", timeout=PATIENCE)
    await page.goto(f"{server.portal_url}/saya/kunci")
    await page.get_by_role("button", name="Keluar dari semua perangkat").click()
    await page.wait_for_url("**/masuk", timeout=PATIENCE)
    devices = server.homeserver.sql("SELECT count(*) FROM access_tokens WHERE user_id = ?", user)
    assert devices == [(0,)]


def found_in_files(server: Branch, secrets: list[str]) -> list[str]:
    """Return which secrets stand in clear in a database, a log, or anything else below the server's directory."""
    found = []
    for file in server.homeserver.state.root.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found += [f"{file.name}: {secret}" for secret in secrets if secret.encode() in content]
    return found
