"""An officer leads by the portal on a telephone; neighbours see it in their rooms; what clients spoil is mended."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect

from kamar.ids import NodePath, RoomId, UserId, localpart
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode, profile
from kamar.reconcile import BADGE_EVENT
from kamar.settings import Rooms, Server, Settings
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.matrix import Matrix
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import seating
from tests.browser.chat_driver import PATIENCE, PHONE, chromium, person
from tests.browser.keyboard import barriers, too_wide
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle, vouch_for_everybody

pytestmark = [pytest.mark.integration, pytest.mark.browser]

KECAMATAN, VILLAGE = NodePath("32.16.19"), NodePath("32.16.19.2005")
RW5, RW12 = NodePath(f"{VILLAGE}/RW005"), NodePath(f"{VILLAGE}/RW012")
RT3, RT4 = NodePath(f"{RW5}/RT003"), NodePath(f"{RW5}/RT004")
STREET, NEWS = RoomKey(RT3, RoomKind.OBROLAN), RoomKey(VILLAGE, RoomKind.SIARAN)
WITHIN = 60.0  # seconds from the deed in the portal to what everybody sees in Matrix
HOMES = {
    "Rina": 3,
    "Sari": 3,
    "Budi": 3,
    "Dewi": 4,
    "Tuti": 4,
    "Yuni": 4,
}  # people are called by these names, and their RT


@dataclass(frozen=True)
class People:
    """Accounts by name."""

    users: Mapping[str, UserId]

    def __getitem__(self, name: str) -> UserId:
        return self.users[name]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    rooms = Rooms(open_at_rt=3, open_at_rw=3, open_at_kelurahan=3)
    with branch(
        tmp_path_factory.mktemp("organisation"), settings=Settings(Server(name="kamar.test"), rooms=rooms)
    ) as made:
        yield made


@pytest.fixture(scope="module")
def people(server: Branch) -> People:
    return apart(_move_in(server))


async def _move_in(server: Branch) -> People:
    """Let neighbours move in; two of them lead the kecamatan: what one proposes the other approves."""
    code = server.local_code(VILLAGE)
    users = []
    for name, rt in HOMES.items():
        joined = await join(server.portal_url, code, f"cerita-organisasi-desa-{name}", VILLAGE, 5, rt)
        users.append(UserId(joined["user_id"]))
    await vouch_for_everybody(server)
    site, now = server.site(), datetime.now(UTC)
    async with site.store.write() as db:
        for user, office in zip(users, ("ketua", "sekretaris"), strict=False):
            known = await members.by_user(db, user)
            assert known is not None
            wanted = Appointment(known.id, OfficeCode(office), KECAMATAN, "012/SK/2026", now)
            await mandates.appoint_by(db, profile(), None, wanted, now)
    await site.store.close()
    await until_idle(server)
    return People(dict(zip(HOMES, users, strict=True)))


@asynccontextmanager
async def client(server: Branch, user: UserId) -> AsyncIterator[Matrix]:
    """Log in as any Matrix client does."""
    async with Homeserver(server.homeserver.url) as homeserver:
        session = await Matrix(homeserver, "").login_password(user, PASSWORD, "ponsel")
        yield Matrix(homeserver, session.access_token)


async def rooms(server: Branch) -> dict[RoomKey, RoomId]:
    """Return the open rooms of the village."""
    site = server.site()
    async with site.store.read() as db:
        found = {room.key: room.room_id for room in await seating.rooms_below(db, VILLAGE) if room.room_id}
    await site.store.close()
    return found


async def signs(matrix: Matrix, room: RoomId, user: UserId) -> tuple[int, list[str]]:
    """Return power and offices of somebody, as everybody in the room sees them."""
    power = dict((await matrix.get_state(room, "m.room.power_levels"))["users"]).get(user, 0)
    try:
        badge = (await matrix.get_state(room, BADGE_EVENT))["officers"]
    except MatrixError:
        badge = []
    return int(power), [each["office"] for each in badge if each["user_id"] == user and each["node"] == RT3]


async def until(look: Callable[[], Any], wanted: object) -> None:
    """Look until it is as wanted, a minute at most."""
    began = time.monotonic()
    while (seen := await look()) != wanted:
        assert time.monotonic() - began < WITHIN, f"{seen} after a minute, not {wanted}"
        await asyncio.sleep(0.3)
    print(f"seen after {time.monotonic() - began:.1f} s")


async def log_in(page: Page, server: Branch, user: UserId) -> None:
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(localpart(user))
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def go(page: Page, *links: str) -> None:
    """Tap one's way from page to page, as somebody does who knows no address."""
    for name in links:
        await page.get_by_role("link", name=name).first.click()
        assert await barriers(page) == []
        assert not await too_wide(page)


async def test_who_is_appointed_moderates_the_kamar_within_a_minute_and_who_is_dismissed_does_not(
    server: Branch, people: People
) -> None:
    street, budi = (await rooms(server))[STREET], people["Budi"]
    async with chromium() as browser, person(browser, PHONE) as page, client(server, people["Sari"]) as neighbour:
        await log_in(page, server, people["Rina"])
        await go(page, "Kelola", "Ketua Exco Kecamatan Cikarang Selatan", "7 tempat", "Desa Sukaresmi")
        await page.goto(f"{server.portal_url}/pengurus/tempat/{RT3}")
        await go(page, "Angkat Koordinator Kamar")
        await page.get_by_label("Siapa").fill("Warga Budi")
        await page.get_by_role("button", name="Lihat dulu apa yang berubah").click()
        await page.get_by_role("button", name="Angkat Warga Budi").click()
        await expect(page.get_by_text("Pengangkatan tercatat")).to_be_visible()
        await until(lambda: signs(neighbour, street, budi), (50, ["koordinator"]))
        await go(page, "Akhiri jabatan Koordinator Kamar, Warga Budi")
        await page.get_by_label("Alasan").fill("Pindah ke luar kota")
        await page.get_by_role("button", name="Akhiri jabatan Warga Budi sekarang").click()
        await expect(page.get_by_text("Jabatan diakhiri")).to_be_visible()
        await until(lambda: signs(neighbour, street, budi), (0, []))


async def test_an_announcement_stands_in_the_neighbours_room_within_a_minute(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as page, person(browser, PHONE) as phone:
        await log_in(phone, server, people["Dewi"])
        await go(phone, "Buka halaman sederhana: Pengumuman Sukaresmi")
        await log_in(page, server, people["Rina"])
        await go(page, "Kelola", "Pengumuman")
        await page.get_by_label("Isi pengumuman").fill("Kerja bakti hari Minggu\nKumpul di balai desa pukul 07.00.")
        await page.get_by_role("button", name="Lihat dulu").click()
        if await page.get_by_label("Mendesak: kirim juga sekarang").count():
            await page.get_by_label("Mendesak: kirim juga sekarang").check()
        await page.get_by_role("button", name="Kirim pengumuman").click()
        arrived = phone.get_by_text("Kerja bakti hari Minggu").first  # without reloading
        await expect(arrived).to_be_visible(timeout=WITHIN * 1000)
        await expect(phone.get_by_text("Pengumuman dari Ketua Exco").first).to_be_visible()
        await arrived.scroll_into_view_if_needed()
        await picture(phone, "organisation-announced-360")
        await expect(page.get_by_text(re.compile(r"Sampai di (\d+) dari \1 ruang"))).to_be_visible(
            timeout=WITHIN * 1000
        )


async def test_a_split_rw_keeps_its_rooms_and_people_as_the_plan_said(server: Branch, people: People) -> None:
    before = await rooms(server)
    async with chromium() as browser, person(browser, PHONE) as page, person(browser, PHONE) as second:
        await log_in(page, server, people["Rina"])
        await page.goto(f"{server.portal_url}/pengurus/tempat/{RW5}")
        await go(page, "Ubah susunan")
        await page.get_by_text("Pecah RW atau tempat lain").click()
        await page.get_by_label("Kode tempat baru").fill("RW 12")
        await page.get_by_label("Yang ikut pindah").fill("RT 4")
        await page.locator("details[open]").get_by_role("button", name="Lihat perubahan").click()
        await expect(page.get_by_text("Kamar RT 004/RW 012 Sukaresmi")).to_be_visible()
        await expect(page.get_by_text("3 orang", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Usulkan").click()
        await log_in(second, server, people["Sari"])
        await go(second, "Kelola", "Ubah susunan", "Pecah")
        await second.get_by_role("button", name="Setujui").click()
        await second.get_by_role("button", name="Jalankan").click()
        await expect(second.get_by_role("button", name="Batalkan rencana ini")).to_be_visible(timeout=WITHIN * 1000)
        async with client(server, people["Dewi"]) as dewi:
            await until(lambda: _name(dewi, before[RoomKey(RT4, RoomKind.OBROLAN)]), "Kamar RT 004/RW 012 Sukaresmi")
            await until(lambda: _inside(dewi, server, RW12), {people[name] for name in ("Dewi", "Tuti", "Yuni")})
        async with client(server, people["Budi"]) as budi:
            await until(lambda: _inside(budi, server, RW5), {people[name] for name in ("Rina", "Sari", "Budi")})
        after = await rooms(server)
        assert after[RoomKey(NodePath(f"{RW12}/RT004"), RoomKind.OBROLAN)] == before[RoomKey(RT4, RoomKind.OBROLAN)]
        assert after[STREET] == before[STREET]
        await second.goto(f"{server.portal_url}/pengurus?buka={RW12}")
        await second.get_by_text("RW 012").scroll_into_view_if_needed()
        await picture(second, "organisation-split-360")


async def _name(matrix: Matrix, room: RoomId) -> str:
    return str((await matrix.get_state(room, "m.room.name"))["name"])


async def _inside(matrix: Matrix, server: Branch, node: NodePath) -> set[UserId]:
    """Return who is in the chat of a node, without the bot; nobody while the asker is not."""
    room = (await rooms(server)).get(RoomKey(node, RoomKind.OBROLAN))
    try:
        return set(await matrix.joined_members(room)) - {UserId(server.settings.bot)} if room else set()
    except MatrixError:
        return set()


async def test_what_clients_spoil_is_found_and_mended_by_an_audit(server: Branch, people: People) -> None:
    await until_idle(server)
    street, news, budi = (await rooms(server))[STREET], (await rooms(server))[NEWS], people["Budi"]
    async with Homeserver(server.homeserver.url) as homeserver, client(server, people["Rina"]) as rina:
        bot = Matrix(homeserver, server.homeserver.as_token)
        name, power = await _name(bot, street), await bot.get_state(street, "m.room.power_levels")
        levels = {**power, "users": {**power["users"], budi: 100}}
        for kind, content in (("m.room.name", {"name": "Kamar Curian"}), ("m.room.power_levels", levels)):
            with pytest.raises(MatrixError):  # an officer's client can't; what follows takes the server's own hand
                await rina.put_state(street, kind, content)
            await bot.put_state(street, kind, content)
        await bot.put_state(news, "m.room.topic", {"topic": "Beli di sini"})
        await bot.put_state(street, BADGE_EVENT, {"officers": [{"user_id": budi, "office": "ketua"}], "version": 1})
        await bot.kick(street, people["Sari"], "tidak suka")

        report = audit(server)
        planted = {("name", street), ("power", street), ("topic", news), ("badge", street), ("missing", street)}
        assert {(each["what"], each["room_id"]) for each in report["found"]} == planted
        assert all(each["repaired_at"] for each in report["found"])
        assert await _name(bot, street) == name
        assert (await bot.get_state(street, "m.room.power_levels"))["users"] == power["users"]
        assert await signs(bot, street, budi) == (0, [])
        assert people["Sari"] in await bot.joined_members(street)
        assert audit(server)["found"] == []


def audit(server: Branch) -> dict[str, Any]:
    """Run ``kamar audit`` beside the running server."""
    state = str(server.homeserver.state.root)
    argv = (sys.executable, "-m", "kamar_provisioning.command", "audit", "--json", "--state", state)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=WITHIN, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
