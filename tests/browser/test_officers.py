"""An officer at work: sees her area, appoints, Matrix follows; a neighbour offers himself; a table comes in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from kamar.ids import NodePath, RoomId, UserId, localpart
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode, profile
from kamar.settings import Rooms, Server, Settings
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.matrix import Matrix
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import seating, vouch
from tests.browser.chat_driver import DESKTOP, PATIENCE, PHONE, chromium, person
from tests.browser.keyboard import barriers, choose_file, follow, reach, too_wide, type_into
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

VILLAGE = "32.16.19.2005"
RT = NodePath(f"{VILLAGE}/RW005/RT003")
KECAMATAN = NodePath("32.16.19")
WITHIN = 60.0  # seconds from the appointment to the power in the room


@dataclass(frozen=True)
class People:
    """The people of the story, by their accounts."""

    ketua: UserId
    calon: UserId
    warga: UserId


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    settings = Settings(server=Server(name="kamar.test"), rooms=Rooms(open_at_rt=3))
    with branch(tmp_path_factory.mktemp("officers"), settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def people(server: Branch) -> People:
    return apart(_move_in(server))


async def _move_in(server: Branch) -> People:
    code, users = server.local_code(VILLAGE), []
    for name in ("Rina", "Budi", "Dewi"):
        key = f"cerita-pengurus-di-kamar-{name}"  # people are called by its last letters
        users.append((await join(server.portal_url, code, key, VILLAGE, 5, 3))["user_id"])
    await until_idle(server)
    site, now = server.site(), datetime.now(UTC)
    async with site.store.write() as db:
        known = [await members.by_user(db, user) for user in users]
        for each in known:
            assert each is not None
            await vouch.confirm(db, each.id, now)
        assert known[0] is not None
        wanted = Appointment(known[0].id, OfficeCode("ketua"), KECAMATAN, "012/SK/2026", now)
        await mandates.appoint_by(db, profile(), None, wanted, now)
    await site.store.close()
    return People(*users)


async def log_in(page: Page, server: Branch, user: UserId) -> None:
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(localpart(user))
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def seen(page: Page, name: str) -> None:
    """Look at a page on a telephone and on a desk: nothing bars the way, nothing sticks out."""
    for (width, height), label in ((PHONE, "360"), (DESKTOP, "1280")):
        await page.set_viewport_size({"width": width, "height": height})
        assert await barriers(page) == []
        assert not await too_wide(page)
        await picture(page, f"officers-{name}-{label}")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


async def power_of(server: Branch, user: str) -> int:
    """Return the power that Matrix gives somebody in the kamar of the RT."""
    site = server.site()
    async with site.store.read() as db:
        (room,) = await seating.rooms_at(db, [RT])
    await site.store.close()
    assert room.room_id is not None
    async with Homeserver(server.homeserver.url) as homeserver:
        matrix = Matrix(homeserver, server.homeserver.as_token)
        levels = await matrix.get_state(RoomId(room.room_id), "m.room.power_levels")
    return int(levels["users"].get(user, 0))


async def until_power(server: Branch, user: str, wanted: int) -> float:
    """Wait until Matrix shows a power, and return the seconds."""
    began = time.monotonic()
    while await power_of(server, user) != wanted:
        assert time.monotonic() - began < WITHIN, f"{user} has not {wanted} after a minute"
        await asyncio.sleep(0.5)
    return time.monotonic() - began


async def test_an_officer_appoints_by_keyboard_and_matrix_follows_within_a_minute(
    server: Branch, people: People
) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await log_in(page, server, people.ketua)
        await follow(page, "link", "Kelola")
        await expect(page.get_by_role("heading", name="Wilayah saya")).to_be_visible()
        await reach(page, "link", "7 tempat di bawah Kecamatan Cikarang Selatan")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Desa Sukaresmi")).to_be_visible()
        await expect(page.locator(":focus")).to_have_attribute("aria-expanded", "true")  # one goes on from where one is
        await seen(page, "tree")

        await page.goto(f"{server.portal_url}/pengurus/tempat/{KECAMATAN}")
        await seen(page, "node")
        await page.goto(f"{server.portal_url}/pengurus/tempat/{RT}")
        await follow(page, "link", "Angkat Koordinator Kamar")
        await type_into(page, "Siapa", localpart(people.calon))
        await type_into(page, "Nomor SK", "013/SK/2026")
        await seen(page, "appoint")
        await follow(page, "button", "Lihat dulu apa yang berubah")
        await expect(page.get_by_text("Kamar RT 003/RW 005 Sukaresmi")).to_be_visible()
        assert await power_of(server, people.calon) == 0
        await seen(page, "preview")
        await follow(page, "button", "Angkat Warga Budi")
        await expect(page.get_by_text("Pengangkatan tercatat")).to_be_visible()
        print(f"power after {await until_power(server, people.calon, 50):.1f} s")

        await follow(page, "link", "Akhiri jabatan Koordinator Kamar, Warga Budi")
        await seen(page, "end")
        await type_into(page, "Alasan", "Pindah ke luar kota")
        await follow(page, "button", "Akhiri jabatan Warga Budi sekarang")
        await expect(page.get_by_text("Pindah ke luar kota")).to_be_visible()
        await until_power(server, people.calon, 0)

        await page.goto(f"{server.portal_url}/pengurus/pinjamkan/{KECAMATAN}")
        await seen(page, "lend")


async def test_a_neighbour_offers_himself_and_is_answered(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as member, person(browser, PHONE) as officer:
        await log_in(member, server, people.warga)
        await follow(member, "link", "Lihat, mungkin Anda bersedia")
        await seen(member, "vacancies")
        await follow(member, "button", "Saya bersedia menjadi Koordinator Kamar RT 003")
        await expect(member.get_by_text("Tersimpan.")).to_be_visible()

        await log_in(officer, server, people.ketua)
        await officer.goto(f"{server.portal_url}/pengurus/tempat/{RT}")
        await follow(officer, "link", "Jawab kesediaan Warga Dewi")
        await seen(officer, "offer")
        await follow(officer, "button", "Angkat Warga Dewi")
        await until_power(server, people.warga, 50)


async def test_a_table_is_checked_row_by_row_before_it_is_written(
    server: Branch, people: People, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "salah.csv", tmp_path / "benar.csv"
    head = "tempat;jabatan;orang;sk"
    wrong.write_text(f"{head}\n{VILLAGE};camat;{localpart(people.calon)};1\nNegeri Dongeng;ketua;Budi Santoso;2\n")
    place = "Desa Sukaresmi, Cikarang Selatan, Kab. Bekasi"
    right.write_text(
        f"{head}\n{place};Koordinator Kamar;{localpart(people.calon)};14/SK\n{RT};koordinator;Tuti Wijaya;\n"
    )
    async with chromium() as browser, person(browser, PHONE) as page:
        await log_in(page, server, people.ketua)
        await page.goto(f"{server.portal_url}/pengurus/impor")
        await seen(page, "import")
        await choose_file(page, "Tabel Anda", wrong)
        await follow(page, "button", "Periksa tabel")
        await expect(page.get_by_text("2 kesalahan")).to_be_visible()
        await seen(page, "import-faults")
        await choose_file(page, "Tabel Anda", right)
        await follow(page, "button", "Periksa tabel")
        await expect(page.get_by_text("Semua baris benar")).to_be_visible()
        await seen(page, "import-preview")
        await follow(page, "button", "Tulis semuanya")
        await expect(page.get_by_text("Tuti Wijaya")).to_be_visible()
        await seen(page, "import-invited")


async def test_everybody_sees_who_leads_and_proves_an_officer(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await page.goto(f"{server.portal_url}/p/{KECAMATAN}")
        await expect(page.get_by_text("012/SK/2026")).to_be_visible()
        assert "Warga Rina" not in await page.locator("body").inner_text()
        await seen(page, "public")
        await follow(page, "link", "Periksa apakah seseorang pengurus")
        await type_into(page, "Nama akun", localpart(people.ketua))
        await follow(page, "button", "Periksa")
        await expect(page.get_by_text("pengurus resmi")).to_be_visible()
        await seen(page, "check")
