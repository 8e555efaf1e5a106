"""The hostile walk as the stranger sees it: narrow rooms, no names, a closed door; and how neighbours open it.

How few names twenty such accounts learn in a week is counted in ``tests/integration/test_hostile_walk.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import axe_core_python
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from kamar.ids import NodePath, UserId
from kamar.membership import Office
from kamar.settings import Rooms, Server, Settings
from kamar_provisioning.power import appoint
from kamar_store import member as members
from kamar_store.tables import member
from tests.browser.chat_driver import DESKTOP, PATIENCE, PHONE, chromium, person
from tests.browser.pictures import picture
from tests.servers.branch import Branch, apart, branch
from tests.servers.newcomers import PASSWORD, join, until_idle

pytestmark = [pytest.mark.integration, pytest.mark.browser]

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
VILLAGES = ("32.16.19.2005", "32.16.19.2001", "32.16.18.2001", "31.71.06.1001")
ROOM = "Kamar RT 003/RW 005 Sukaresmi"
WIDER = "Obrolan Sukaresmi"
RESIDENTS = ("Siti", "Wati", "Tono")
NAMES = re.compile(r"Warga (?:Siti|Wati|Tono)")


@dataclass(frozen=True)
class People:
    """The accounts of the story."""

    koordinator: UserId  # Siti, of the RT
    admin: UserId  # Wati
    newcomer: UserId  # Rudi, the stranger's first account, in the RT of Siti
    held: UserId  # Hadi, his fourth


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    rooms = Rooms(open_at_rt=2, open_at_rw=50, open_at_kelurahan=2, open_at_perintis=50)
    with branch(
        tmp_path_factory.mktemp("vouch"), settings=Settings(server=Server(name="kamar.test"), rooms=rooms)
    ) as made:
        yield made


@pytest.fixture(scope="module")
def people(server: Branch) -> People:
    return apart(_move_in(server))


async def _move_in(server: Branch) -> People:
    async def come(code: str, name: str, village: str) -> UserId:
        """Sign somebody up, who is called by the last letters of the key."""
        key = f"cerita-jalan-orang-asing-{name}"
        found = await join(server.portal_url, code, key, village, 5, 3)
        await until_idle(server)
        return UserId(found["user_id"])

    local = server.local_code(VILLAGES[0])
    siti, wati, _tono = [await come(local, name, VILLAGES[0]) for name in RESIDENTS]
    site, now = server.site(), datetime.now(UTC)
    async with site.store.write() as db:
        who = await members.by_user(db, siti)
        assert who is not None
        await appoint(db, who.id, NodePath(f"{VILLAGES[0]}/RW005/RT003"), Office.KOORDINATOR, "SK", now)
        await db.execute(update(member).where(member.c.user_id == wati).values(admin=True, vouched_at=now))
    await site.store.close()
    strange = server.invitation()  # the code on the server's own poster, which anybody finds
    walked = [
        await come(strange, name, village)
        for name, village in zip(("Rudi", "Andi", "Yudi", "Hadi"), VILLAGES, strict=True)
    ]
    return People(siti, wati, walked[0], walked[-1])


async def log_in(page: Page, server: Branch, user: UserId) -> None:
    await page.goto(f"{server.portal_url}/masuk")
    await page.get_by_label("Nama akun").fill(user[1:].split(":")[0])
    await page.get_by_label("Kata sandi", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)


async def names_on(page: Page, server: Branch) -> set[str]:
    """Return whom the pages of the portal name to who is logged in here, wherever he looks."""
    found: set[str] = set()
    for path in (
        "komunitas",
        "jamin",
        "ajak",
        "saya",
        "lapor",
        "kelola",
        f"wilayah/{VILLAGES[0]}",
        "kamar/1",
        "kamar/2",
    ):
        await page.goto(f"{server.portal_url}/{path}")
        found |= set(NAMES.findall(await page.content()))
    return found


async def barriers(page: Page) -> list[str]:
    await page.evaluate(AXE)
    report = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in report["violations"]]


async def room_is_listed(page: Page, server: Branch, room: str, *, yes: bool) -> None:
    await page.goto(f"{server.portal_url}/komunitas")
    await expect(page.get_by_role("button", name=room)).to_have_count(1 if yes else 0)


async def test_a_stranger_who_walks_on_is_held_learns_nobody_and_is_let_in_by_a_person(
    server: Branch, people: People
) -> None:
    async with chromium() as browser, person(browser, PHONE) as stranger, person(browser, DESKTOP) as admin:
        await log_in(stranger, server, people.held)
        await expect(stranger.get_by_role("heading", name="Pendaftaran Anda ditahan sebentar")).to_be_visible()
        await expect(stranger.get_by_text(f"!jamin {people.held}")).to_be_visible()
        assert await barriers(stranger) == []
        assert await names_on(stranger, server) == set()
        await room_is_listed(stranger, server, "Kamar", yes=False)

        await log_in(admin, server, people.admin)
        await admin.goto(f"{server.portal_url}/kelola#tahan")
        await admin.get_by_role("heading", name="Pendaftar yang ditahan").scroll_into_view_if_needed()
        await expect(admin.get_by_text("RT 003/RW 005, Kel. Menteng")).to_be_visible()
        assert await barriers(admin) == []
        await admin.get_by_role("button", name="Lepas").click()
        await expect(admin.get_by_role("button", name="Lepas")).to_have_count(0)
        await until_idle(server)
        await stranger.goto(f"{server.portal_url}/komunitas")
        await expect(stranger.get_by_text("Pendaftaran Anda ditahan sebentar")).to_have_count(0)
        await expect(stranger.get_by_role("heading", name="Anda tetangga baru di sini")).to_be_visible()


async def test_a_newcomer_sees_one_kamar_until_somebody_who_knows_him_says_so(server: Branch, people: People) -> None:
    async with chromium() as browser, person(browser, PHONE) as newcomer, person(browser, PHONE) as siti:
        await log_in(newcomer, server, people.newcomer)
        await room_is_listed(newcomer, server, ROOM, yes=True)
        await room_is_listed(newcomer, server, WIDER, yes=False)
        await expect(newcomer.get_by_role("heading", name="Anda tetangga baru di sini")).to_be_visible()
        await picture(newcomer, "tetangga-baru-360")
        assert await barriers(newcomer) == []

        await log_in(siti, server, people.koordinator)
        await siti.get_by_role("link", name="Jamin tetangga").click()
        await expect(siti.get_by_text("Warga Rudi").first).to_be_visible()
        assert await barriers(siti) == []
        await siti.get_by_role("button", name="Saya kenal Warga Rudi").click()
        await expect(siti.get_by_text("Tersimpan.")).to_be_visible()
        await until_idle(server)
        await room_is_listed(newcomer, server, WIDER, yes=True)
        await expect(newcomer.get_by_text("Anda tetangga baru di sini")).to_have_count(0)
