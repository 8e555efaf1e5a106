"""From the invitation to a described photo in one's kamar: by keyboard and accessibility tree, on a real server."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from kamar.ids import RoomId
from kamar.settings import Rooms, Server, Settings
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.demo_pictures import draw
from tests.browser.chat_driver import PATIENCE, chromium
from tests.browser.keyboard import barriers, choose_file, follow, tick, too_wide, type_into
from tests.browser.pictures import picture
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import PASSWORD, join, truth, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

ROOM = "Kamar RT 003/RW 005 Sukaresmi"
VILLAGE = "32.16.19.2005"
SETTINGS = Settings(
    server=Server(name="kamar.test"),
    rooms=Rooms(open_at_rt=1, open_at_rw=50, open_at_kelurahan=50, open_at_perintis=50),
)
WAYS = {  # width, height, scale of the screen, JavaScript
    "a phone": (360, 800, 1.0, True),
    "a phone at 200 percent": (180, 400, 2.0, True),
    "a phone without JavaScript": (360, 800, 1.0, False),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), settings=SETTINGS) as made:
        yield made


@asynccontextmanager
async def window(browser: Browser, way: str) -> AsyncIterator[Page]:
    width, height, scale, script = WAYS[way]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        java_script_enabled=script,
        locale="id-ID",
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE / 8)
    yield await context.new_page()
    await context.close()


class Journey:
    """One person's way; ``look`` examines every page on it."""

    def __init__(self, page: Page, way: str) -> None:
        self.page = page
        self.way = way
        self.found: list[str] = []

    async def look(self) -> None:
        """Examine the page that stands there."""
        if await too_wide(self.page):
            self.found.append(f"{self.page.url} is too wide")
        if WAYS[self.way][3]:
            self.found += await barriers(self.page)

    async def sign_up(self, server: Branch, name: str) -> None:
        """Come in by an invitation."""
        page = self.page
        await page.goto(f"{server.portal_url}/g/{server.invitation()}")
        await self.look()
        await follow(page, "button", "Mulai")
        await self.look()
        await type_into(page, "Desa atau kelurahan", "sukaresmi cikarang", "searchbox")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await self.look()
        await follow(page, "link", "Cikarang Selatan")
        await self.look()
        await type_into(page, "RT", "3")
        await type_into(page, "RW", "5")
        await follow(page, "button", "Lanjut")
        await self.look()
        for order in range(await page.get_by_role("checkbox", name="Wajib").count()):
            await tick(page, "Wajib", order)
        await follow(page, "button", "Lanjut")
        await self.look()
        await type_into(page, "Nama tampilan", name)
        await type_into(page, "Kata sandi Anda", PASSWORD)
        await follow(page, "button", "Selesai")
        await page.get_by_role("heading", name="Komunitas Saya").wait_for()
        await self.look()
        await follow(page, "button", "Sudah saya simpan")

    async def enter(self) -> None:
        """Open the kamar as a plain page."""
        await follow(self.page, "link", f"Buka halaman sederhana: {ROOM}")
        await self.page.get_by_role("heading", name=ROOM, level=1).wait_for()
        await self.look()

    async def say(self, text: str) -> None:
        """Write a message."""
        await type_into(self.page, "Pesan Anda", text)
        await follow(self.page, "button", "Kirim pesan")
        line = self.page.get_by_role("listitem").filter(has_text=text)
        await expect(line).to_have_count(1)
        await expect(line.get_by_role("heading", name="Anda", level=3)).to_be_visible()
        assert (await self.page.title()).startswith("Terkirim")
        await self.look()

    async def send_photo(self, photo: Path, description: str) -> None:
        """Send a photo, first without saying what is on it."""
        page = self.page
        for words in ("", description):
            await choose_file(page, "Foto", photo)
            if words:
                await type_into(page, "Keterangan", words)
            await follow(page, "button", "Kirim foto")
            await self.look()
            if not words:
                told = page.get_by_role("alert")
                await expect(told).to_contain_text("foto tanpa keterangan tidak terbaca")
                await page.keyboard.press("Shift+Tab")  # the error has the focus: back before it, to begin anew

    async def shown(self, description: str) -> None:
        """See the photo, by its description."""
        shown = self.page.get_by_role("img", name=description)
        await shown.scroll_into_view_if_needed()
        await expect(shown).to_have_js_property("complete", value=True)
        assert await shown.evaluate("each => each.naturalWidth") > 100


@pytest.mark.parametrize("way", WAYS)
async def test_a_newcomer_writes_and_sends_a_photo_by_keyboard_alone(server: Branch, way: str, tmp_path: Path) -> None:
    photo = tmp_path / "IMG_2041.jpg"
    photo.write_bytes(draw("got"))
    async with chromium() as browser, window(browser, way) as page:
        journey = Journey(page, way)
        await _journey(journey, server, photo)
        assert not journey.found


async def _journey(journey: Journey, server: Branch, photo: Path) -> None:
    described = f"Got di depan musala penuh daun, {journey.way}"
    await journey.sign_up(server, "Ratna Dewi")
    await journey.enter()
    await journey.say(f"Halo tetangga, salam dari {journey.way}")
    await journey.send_photo(photo, described)
    await journey.shown(described)
    await _answer(journey)


async def _answer(journey: Journey) -> None:
    """Answer one's own message, with a sign and with words."""
    page = journey.page
    await follow(page, "link", "Tanggapi pesan Anda")
    await journey.look()
    await follow(page, "button", "Terima kasih")
    await expect(page.get_by_role("img", name="Terima kasih dari 1 orang")).to_have_count(1)
    await follow(page, "link", "Tanggapi pesan Anda")
    await type_into(page, "Balasan untuk Anda", "Sudah beres")
    await follow(page, "button", "Kirim pesan")
    await expect(page.get_by_role("listitem").filter(has_text="Sudah beres")).to_contain_text("Membalas Anda: Halo")
    await journey.look()


async def test_what_neighbours_say_is_announced_without_reloading(server: Branch) -> None:
    async with Homeserver(server.settings.synapse_url) as pool, chromium() as browser:
        account, _, room = await _neighbour(server, pool, "Ratna Dewi")
        _, siti, _ = await _neighbour(server, pool, "Siti Aminah")
        async with window(browser, "a phone") as page:
            await _log_in(page, server, account)
            await siti.send(room, "m.room.message", {"msgtype": "m.text", "body": "Nanti malam ronda"}, "one")
            told = re.compile(r"Siti Aminah, \d\d\.\d\d: Nanti malam ronda")
            await expect(page.get_by_role("status")).to_have_text(told, timeout=PATIENCE)
            said = page.get_by_role("listitem").filter(has_text="Nanti malam ronda")
            await expect(said).to_contain_text("Siti Aminah")
            wrong = await siti.send(room, "m.room.message", {"msgtype": "m.text", "body": "Salah kirim"}, "two")
            await expect(page.get_by_role("listitem").filter(has_text="Salah kirim")).to_have_count(1)
            await siti.redact(room, wrong, "", "three")
            await expect(page.get_by_text("Salah kirim")).to_have_count(0)
            await expect(page.get_by_role("listitem").filter(has_text="Pesan ini sudah dihapus")).to_have_count(1)
            assert not await barriers(page)


async def test_a_lively_kamar_is_read_with_its_photos_and_answers(server: Branch) -> None:
    async with Homeserver(server.settings.synapse_url) as pool, chromium() as browser:
        account, _, room = await _neighbour(server, pool, "Ratna Dewi")
        _, siti, _ = await _neighbour(server, pool, "Siti Aminah")
        _, budi, _ = await _neighbour(server, pool, "Budi Santoso")
        first = await siti.send(room, "m.room.message", {"msgtype": "m.text", "body": "Got depan musala mampet."}, "a")
        address = await budi.upload(draw("got"), "image/jpeg", "got.jpg")
        image = {"msgtype": "m.image", "body": "Got penuh daun dan plastik", "filename": "got.jpg", "url": address}
        await budi.send(room, "m.room.message", {**image, "info": {"w": 640, "h": 400}}, "b")
        answer = {"msgtype": "m.text", "body": "Besok pagi kita bersihkan bersama ya."}
        relation = {"m.in_reply_to": {"event_id": first}}
        last = await budi.send(room, "m.room.message", {**answer, "m.relates_to": relation}, "c")
        sign = {"rel_type": "m.annotation", "event_id": last, "key": "👍"}
        await siti.send(room, "m.reaction", {"m.relates_to": sign}, "d")
        async with window(browser, "a phone") as page:
            await _log_in(page, server, account)
            shown = page.get_by_role("img", name="Got penuh daun dan plastik")
            await expect(shown).to_have_js_property("complete", value=True)
            line = page.get_by_role("listitem").filter(has_text="Besok pagi")
            await expect(line).to_contain_text("Membalas Siti Aminah: Got depan musala mampet.")
            await expect(line.get_by_role("img", name="Suka dari 1 orang")).to_have_count(1)
            assert not re.search(r"@[a-z2-7]{6,}:", await page.content())
            await picture(page, "plain-chat-360")
            assert not await barriers(page)
            await page.emulate_media(color_scheme="dark")
            assert not await barriers(page)
        read = "SELECT event_id FROM receipts_linearized WHERE user_id = ? AND receipt_type = 'm.read'"
        assert server.homeserver.sql(read, account)


async def _neighbour(server: Branch, pool: Homeserver, name: str) -> tuple[str, Matrix, RoomId]:
    """Sign somebody up in the same RT; return account, own client, and the kamar."""
    key = f"{name.replace(' ', '-')}-{secrets.token_hex(12)}"
    joined = await join(server.portal_url, server.invitation(), key, VILLAGE, 5, 3)
    await until_idle(server)
    account = joined["user_id"]
    await KamarModule(pool, server.homeserver.as_token).set_display_name(account, name)
    session = await Matrix(pool).login_password(account, PASSWORD, "test")
    matrix = Matrix(pool, session.access_token)
    rooms = {kind: room for room, (_, kind, _) in truth(server).rooms().items()}
    return account, matrix, RoomId(rooms["obrolan"])


async def _log_in(page: Page, server: Branch, account: str) -> None:
    """Log in by typing, and open the kamar."""
    await page.goto(f"{server.portal_url}/masuk")
    await type_into(page, "Nama akun", account)
    await type_into(page, "Kata sandi", PASSWORD)
    await follow(page, "button", "Masuk")
    await follow(page, "link", f"Buka halaman sederhana: {ROOM}")
