"""Rooms beside the home: a network one asks to join, and a workplace with a second account, from code to erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from kamar.account import new_localpart
from kamar.ids import NodePath, UserId, localpart
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode, profile
from kamar.referral import new_code
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import chat
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import node, persona, referral, vouch, workplace
from kamar_store.tables import metadata
from tests.browser.chat_driver import DESKTOP, PATIENCE, PHONE, chromium, in_room, person, say
from tests.browser.keyboard import barriers, follow, too_wide, type_into
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

VILLAGE = "32.16.19.2005"
OJOL, BEKASI = NodePath("jaringan/ojol"), NodePath("jaringan/ojol/bekasi")
PLANT = NodePath("kerja/k7f3qmab/p2wqx4rn")
TEAM, GUESTS = NodePath("tim/dapil-7"), NodePath("aliansi/walhi")
LED = {OJOL: "koordinator-jaringan", TEAM: "koordinator-tim", GUESTS: "koordinator-aliansi"}
NAME = "Melati Sore"


@dataclass(frozen=True)
class People:
    """The people of the story, by their accounts, and the code that a colleague passes on."""

    rina: UserId  # coordinates the network
    dewi: UserId  # drives, and works at the plant
    colleagues: tuple[UserId, UserId]
    code: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("axes"), serve=False) as made:
        chat.build(made.homeserver.state)
        made.start_serve()
        yield made


@pytest.fixture(scope="module")
def people(server: Branch) -> People:
    return apart(_move_in(server))


async def _move_in(server: Branch) -> People:
    invitation, users = server.local_code(VILLAGE), []
    for name in ("Rina", "Dewi"):
        users.append((await join(server.portal_url, invitation, f"cerita-kamar-lain-{name}", VILLAGE, 5, 3))["user_id"])
    site, now = server.site(), datetime.now(UTC)
    code = new_code(site.settings.server.code, SystemRandom())
    colleagues = [await _colleague(server, name) for name in ("Kenanga", "Cempaka")]
    async with site.store.write() as db:
        await node.create(db, profile(), OJOL, "Ojek Daring", now)
        await node.create(db, profile(), BEKASI, "Bekasi", now)
        await node.create(db, profile(), TEAM, "Dapil 7", now)
        await node.create(db, profile(), GUESTS, "Walhi", now)
        for user in users:
            each = await members.by_user(db, user)
            assert each is not None
            await vouch.confirm(db, each.id, now)
        rina = await members.by_user(db, users[0])
        assert rina is not None
        for path, office in LED.items():
            wanted = Appointment(rina.id, OfficeCode(office), path, "7/SK/2026", now)
            await mandates.appoint_by(db, profile(), None, wanted, now)
        for user, name in zip(colleagues, ("Kenanga", "Cempaka"), strict=True):
            await workplace.found(db, PLANT, await persona.create(db, user, name, PLANT, now), now)
        await referral.create(db, code, None, PLANT, now)
    await site.store.close()
    await until_idle(server)
    return People(users[0], users[1], (colleagues[0], colleagues[1]), code)


async def _colleague(server: Branch, name: str) -> UserId:
    async with Homeserver(server.homeserver.url) as homeserver:
        module = KamarModule(homeserver, server.homeserver.as_token)
        return await module.make_account(new_localpart(SystemRandom()), PASSWORD, name, f"key-{name}")


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
        await picture(page, f"axes-{name}-{label}")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


async def test_a_member_asks_to_join_a_network_by_keyboard_and_is_let_in(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as member, person(browser, PHONE) as leader:
        await log_in(member, server, people.dewi)
        await follow(member, "link", "Kamar lain")
        await type_into(member, "Cari jaringan, profesi atau sekolah", "bekasi", "searchbox")
        await follow(member, "button", "Cari")
        await seen(member, "found")
        await follow(member, "button", "Minta bergabung")
        await expect(member.get_by_text("Menunggu izin")).to_be_visible()
        await seen(member, "waiting")

        await log_in(leader, server, people.rina)
        await leader.goto(f"{server.portal_url}/komunitas/lain")
        await seen(leader, "asked")
        await follow(leader, "button", "Izinkan")

        await until_idle(server)
        await member.goto(f"{server.portal_url}/komunitas/lain")
        await expect(member.get_by_text("Anda di dalam")).to_be_visible()
        await seen(member, "inside")
        await member.goto(f"{server.portal_url}/komunitas")
        await expect(member.get_by_text("Kamar Bekasi")).to_be_visible()


async def test_an_officer_says_whom_a_team_gathers_and_until_when_guests_stay(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as page:
        await log_in(page, server, people.rina)
        await page.goto(f"{server.portal_url}/pengurus/tempat/{TEAM}")
        await follow(page, "link", "Siapa yang dikumpulkan")
        await type_into(page, "Kode wilayah", "32.16")
        await follow(page, "button", "Tambahkan")
        await expect(page.get_by_text("Menunggu pengurus di sana setuju")).to_be_visible()
        await seen(page, "team")
        await page.goto(f"{server.portal_url}/pengurus/tempat/{GUESTS}")
        await follow(page, "link", "Perjanjian dengan tamu")
        await type_into(page, "Organisasi tamu", "Walhi Jawa Barat")
        await page.get_by_label("Hari terakhir").fill("2099-03-31")
        await follow(page, "button", "Simpan perjanjian")
        await expect(page.get_by_text("sampai 31 Maret 2099")).to_be_visible()
        await seen(page, "treaty")


async def test_a_worker_gets_in_by_two_colleagues_talks_and_leaves_without_a_trace(
    server: Branch, people: People
) -> None:
    async with chromium() as browser, person(browser, PHONE) as worker, person(browser, PHONE) as second:
        await log_in(worker, server, people.dewi)
        await worker.goto(f"{server.portal_url}/tempat-kerja")
        await seen(worker, "work")
        await type_into(worker, "Kode tempat kerja", people.code)
        await worker.keyboard.press("Tab")
        await worker.keyboard.type(NAME)
        await follow(worker, "button", "Minta masuk")
        await expect(worker.get_by_text("Menunggu dua rekan kerja")).to_be_visible()
        account = UserId(await worker.locator("dd.secret").first.inner_text())
        password = await worker.locator("dd.secret").nth(1).inner_text()
        await seen(worker, "work-made")

        for colleague in people.colleagues:
            async with person(browser, PHONE) as page:
                await log_in(page, server, colleague)
                await page.goto(f"{server.portal_url}/komunitas/lain")
                await expect(page.get_by_text(f"{NAME} ingin masuk")).to_be_visible()
                if colleague == people.colleagues[0]:
                    await seen(page, "work-asked")
                await follow(page, "button", "Izinkan")
        await until_idle(server)

        await worker.goto(f"{server.portal_url}/tempat-kerja")
        await follow(worker, "button", "Buka di jendela lain")
        await seen(worker, "work-link")
        await second.goto(await worker.locator("p.secret").inner_text())
        await seen(second, "work-open")
        await follow(second, "button", "Buka")
        await second.wait_for_url("**/komunitas*", timeout=PATIENCE)
        await seen(second, "work-rooms")
        room = await second.get_by_role("button", name=re.compile("^Kamar ")).locator("b").inner_text()
        await second.get_by_role("button", name=re.compile("^Kamar ")).click()
        await in_room(second, room)
        await say(second, "Upah bulan ini belum dibayar")

        await worker.goto(f"{server.portal_url}/tempat-kerja")
        await follow(worker, "button", "Keluar dan hapus")
        await expect(worker.get_by_text("Akun tempat kerja itu sudah dihapus.")).to_be_visible()
        await seen(worker, "work-gone")
        await second.goto(f"{server.portal_url}/komunitas")
        await expect(second.get_by_text("Menunggu")).to_have_count(0)
        await until_idle(server)
    await nothing_remains(server, account, password)


async def nothing_remains(server: Branch, account: UserId, password: str) -> None:
    """Look for an account in Synapse and in every table of the registry."""
    async with Homeserver(server.homeserver.url) as homeserver:
        module = KamarModule(homeserver, server.homeserver.as_token)
        assert (await module.have((), [account])).deactivated == {account}
        with pytest.raises(MatrixError, match="M_FORBIDDEN"):
            await Matrix(homeserver, "").login_password(localpart(account), password, "TEST")
    site = server.site()
    async with site.store.read() as db:
        held = {
            table.name: [row for row in await db.execute(select(table)) if localpart(account) in str(row)]
            for table in metadata.sorted_tables
        }
        left = await members.by_user(db, account)
    await site.store.close()
    assert left is None
    assert {name: rows for name, rows in held.items() if rows} == {}
