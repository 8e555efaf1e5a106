"""The portal's pages in a real Chromium: readable to everybody, by keyboard alone, on a telephone and on a desktop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from axe_core_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from kamar.ids import NodePath, RoomId
from kamar.settings import Ports, Server, Settings
from kamar.state import State
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_portal.portal import Portal
from kamar_portal.seal import Seal
from kamar_portal.serve import application
from kamar_store import member, referral, seating
from kamar_store.site import Site
from tests.browser.chat_driver import DESKTOP, PHONE, chromium, person
from tests.browser.pictures import picture
from tests.portal.fake_synapse import AS_TOKEN, FakeSynapse
from tests.portal.village import SUKARESMI, plant
from tests.servers.ports import free_ports
from tests.servers.registry import SQLITE, registry

pytestmark = pytest.mark.browser

CODE = "K2NBT568RZ"
RT = NodePath(f"{SUKARESMI}/RW005/RT003")
SHOWN = {  # pictures for docs/; those of the way in and of the chat are made by test_neighbours
    *(
        f"{page}-{size}"
        for page in ("home", "login", "ajak", "saya", "kelola", "place-refused")
        for size in (360, 1280)
    ),
    *("again-360", "komunitas-first-360", "komunitas-ready-360-dark", "komunitas-ready-1280-dark", "ajak-poster-1280"),
}
TOUCH = 44  # pixels; LOOK's least size of what a thumb must hit
SIZES = [pytest.param(PHONE, id="360"), pytest.param(DESKTOP, id="1280")]
SMALL = """() => [...document.querySelectorAll(':is(main, nav, footer) :is(a, button, input:not(.aloud), select)')]
    .filter(e => e.offsetParent && e.type !== 'hidden')
    .filter(e => !e.closest('p:not(.back), details:not([open]) > :not(summary)'))
    .map(e => [e, (e.closest('label') || e).getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height < %d)
    .map(([e, box]) => `${e.outerHTML.slice(0, 80)} ${Math.round(box.height)}`)"""

FOCUSED = """() => {
    const { activeElement: at, body } = document;
    return at === body ? ['', ''] : [at.name || '', at.innerText];
}"""


@dataclass(frozen=True, slots=True)
class House:
    """A portal that runs."""

    url: str
    portal: Portal
    synapse: FakeSynapse


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[House]:
    [port] = free_ports(1)
    synapse = FakeSynapse(name="kamar.test")
    settings = Settings(server=Server(name="kamar.test"), ports=Ports(portal=port))
    async with (
        registry(SQLITE, tmp_path) as store,
        Homeserver("http://synapse.test", transport=synapse.transport(), patience=0) as homeserver,
    ):
        await plant(store)
        portal = Portal(
            Site(settings, State(tmp_path), store),
            homeserver,
            KamarModule(homeserver, AS_TOKEN),
            Seal(b"k" * 32),
            seating_patience=timedelta(0),
        )
        async with store.write() as db:
            await referral.create(db, CODE, None, None, portal.clock())
        runner = web.AppRunner(application(portal), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield House(f"http://localhost:{port}", portal, synapse)
        await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made


async def looked_at(page: Page, name: str) -> None:
    """Refuse whatever somebody could not read, hit or hear."""
    found = await Axe().run(page)
    assert not [f"{each['id']}: {each['nodes'][0]['html']}" for each in found["violations"]]
    assert await page.evaluate(SMALL % TOUCH) == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    if name in SHOWN:
        await picture(page, name)


@pytest.mark.parametrize("dark", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("size", SIZES)
async def test_every_page_is_readable_to_everybody(
    site: House, browser: Browser, size: tuple[int, int], dark: bool
) -> None:
    suffix = f"{size[0]}" + ("-dark" if dark else "")
    async with person(browser, size, dark=dark) as page:
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(site.url)
        await looked_at(page, f"home-{suffix}")
        await page.goto(f"{site.url}/masuk")
        await looked_at(page, f"login-{suffix}")
        await page.goto(f"{site.url}/g/{CODE}")
        await looked_at(page, f"welcome-{suffix}")
        await page.get_by_role("button", name="Mulai").click()
        await page.get_by_label("Desa atau kelurahan").press_sequentially("sukaresmi cikarang rt 3/5")
        await expect(page.get_by_text("Kec. Cikarang Selatan").first).to_be_visible()
        await looked_at(page, f"place-{suffix}")
        await page.get_by_text("Pilih dari daftar").click()
        await looked_at(page, f"place-levels-{suffix}")
        await page.get_by_text("Kec. Cikarang Selatan").first.click()
        await expect(page.get_by_label("RT", exact=True)).to_have_value("003")
        await looked_at(page, f"place-chosen-{suffix}")
        await page.get_by_label("RT", exact=True).fill("000")
        await page.get_by_role("button", name="Lanjut").click()
        await looked_at(page, f"place-refused-{suffix}")
        await page.get_by_label("RT", exact=True).fill("3")
        await page.get_by_role("button", name="Lanjut").click()
        await looked_at(page, f"consent-{suffix}")
        for box in (0, 1, 2):
            await page.get_by_role("checkbox").nth(box).check()
        await page.get_by_role("button", name="Lanjut").click()
        await looked_at(page, f"account-{suffix}")
        await page.get_by_label("Nama tampilan").fill("Budi Santoso")
        await page.get_by_role("radio").first.check()
        await page.get_by_role("button", name="Selesai").click()
        await expect(page.get_by_role("heading", name="Komunitas Saya")).to_be_visible()
        await looked_at(page, f"komunitas-first-{suffix}")
        await _seat(site)
        await expect(page.get_by_role("button", name="Kamar RT 003/RW 005 Sukaresmi")).to_be_visible(timeout=10_000)
        await page.get_by_role("button", name="Sudah saya simpan").click()
        await looked_at(page, f"komunitas-ready-{suffix}")
        for path in ("ajak", "ajak/poster", "saya", "kelola", f"wilayah/{SUKARESMI[:8]}"):
            await page.goto(f"{site.url}/{path}")
            await looked_at(page, f"{path.replace('/', '-').replace('.', '')}-{suffix}")
        assert [text for text in errors if "422" not in text] == []  # the refusal we asked for


async def test_a_newcomer_needs_no_mouse(site: House, browser: Browser) -> None:
    async with person(browser, DESKTOP) as page:
        await page.goto(f"{site.url}/g/{CODE}")
        await _tab_to(page, "Mulai")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/tempat*")
        await _tab_to(page, "q")
        await page.keyboard.type("sukaresmi cikarang rt 3/5")
        await expect(page.locator(".choices")).to_be_visible()
        await _tab_to(page, "Desa Sukaresmi")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**desa=*")
        await _tab_to(page, "rt")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/setuju")
        await _tab_to(page, "umur")
        for _ in range(3):
            await page.keyboard.press("Space")
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/akun")
        await _tab_to(page, "nama")
        await page.keyboard.type("Budi Santoso")
        await _tab_to(page, "buatan")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/komunitas")
    assert [account.display_name for account in site.synapse.accounts.values()] == ["Budi Santoso"]


async def test_the_last_step_tries_again_by_itself_while_synapse_starts(site: House, browser: Browser) -> None:
    site.synapse.down = True
    async with person(browser, PHONE) as page:
        await page.goto(f"{site.url}/g/{CODE}")
        await page.get_by_role("button", name="Mulai").click()
        await page.goto(f"{site.url}/g/{CODE}/tempat?desa={SUKARESMI}")
        await page.get_by_role("button", name="Lanjut").click()
        for box in (0, 1, 2):
            await page.get_by_role("checkbox").nth(box).check()
        await page.get_by_role("button", name="Lanjut").click()
        await page.get_by_label("Nama tampilan").fill("Budi Santoso")
        await page.get_by_label("Kata sandi Anda").fill("gunung biru tinggi")
        await page.get_by_role("button", name="Selesai").click()
        await expect(page.get_by_text("mencoba lagi sendiri")).to_be_visible()
        await looked_at(page, "again-360")
        site.synapse.down = False
        await page.wait_for_url("**/komunitas", timeout=20_000)
    assert [account.password for account in site.synapse.accounts.values()] == ["gunung biru tinggi"]


async def _tab_to(page: Page, name: str) -> None:
    """Press Tab until what is meant has the focus: by its name, or by a line of the text on it."""
    for _ in range(40):
        named, said = await page.evaluate(FOCUSED)
        if name in (named, *said.split("\n")):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name} by Tab")


async def _seat(site: House) -> None:
    """Do the jobs' work for the newest member, and make him administrator."""
    now, store = site.portal.clock(), site.portal.store
    keys = [
        RoomKey(RT, RoomKind.OBROLAN),
        RoomKey(NodePath(f"{SUKARESMI}/RW005"), RoomKind.OBROLAN),
        RoomKey(SUKARESMI, RoomKind.OBROLAN),
        RoomKey(SUKARESMI, RoomKind.SIARAN),
    ]
    async with store.write() as db:
        who = await member.by_user(db, list(site.synapse.accounts)[-1])
        assert who is not None
        await member.make_admin(db, who.id)
        await seating.want_rooms(db, keys, now)
        rows = [row for key in keys for row in await seating.rooms_at(db, [key.node]) if row.key == key]
        for row in rows:
            await seating.opened(db, row, RoomId(f"!{row.id}:kamar.test"), now)
        await seating.want_seats(db, who.id, [row.id for row in rows], now)
        await seating.seated(db, who.id, [row.id for row in rows], now)
