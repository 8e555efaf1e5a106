"""Coming back: what the first message costs, the portal on the telephone, a call, a telephone that is shared."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, Page, Worker, expect

from kamar.settings import Rooms, Server, Settings
from kamar_bridges.push_crypto import encode
from kamar_provisioning import chat
from tests.browser.chat_driver import PATIENCE, PHONE, chromium, in_room, person, say
from tests.browser.counting import Counter, counting
from tests.browser.pictures import picture
from tests.servers.branch import Branch, branch
from tests.servers.push_service import FakeBrowser

pytestmark = [pytest.mark.integration, pytest.mark.browser]

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
LIMIT = 3_000_000  # bytes from the invitation to the first message, everything counted
ROOM = "Kamar RT 003/RW 005 Sukaresmi"
PLACE = "Kec. Cikarang Selatan"
PASSWORD = "becak-langit-7-sungai"
FAKE = FakeBrowser("https://fcm.googleapis.com/fcm/send/test")
SUBSCRIPTION = {"endpoint": FAKE.endpoint, "keys": {"p256dh": encode(FAKE.p256dh), "auth": encode(FAKE.auth)}}
SETTINGS = Settings(server=Server(name="kamar.test"), rooms=Rooms(open_at_rt=1))
OWN = """async () => (await (await caches.match('/komunitas/luring', {cacheName: 'kamar-own'}))?.text()) ?? ''"""
KEPT = """async () => {
    const names = (await caches.keys()).filter(name => name.startsWith('kamar-'));
    const found = await Promise.all(names.map(async name => (await caches.open(name)).keys()));
    return found.flat().map(({url}) => new URL(url).pathname);
}"""
SHOWN = """async () => {
    const worker = await navigator.serviceWorker.getRegistration('/komunitas');
    return (await worker.getNotifications()).map(({title, body, tag, icon}) => ({title, body, tag, icon}));
}"""
BROWSER = f"""
    const made = {json.dumps(SUBSCRIPTION)};
    PushManager.prototype.subscribe = async ({{userVisibleOnly, applicationServerKey}}) => {{
        if (!userVisibleOnly || applicationServerKey.length !== 87) throw new Error('no key');
        localStorage.setItem('made', '1');
        return {{toJSON: () => made}};
    }};
    PushManager.prototype.getSubscription = async () =>
        localStorage.getItem('made') ? {{unsubscribe: async () => localStorage.removeItem('made')}} : null;
"""
OPENED = """async () => {
    const [made] = await registration.getNotifications();
    const gone = [];
    Clients.prototype.openWindow = async (url) => gone.push(`open ${url}`);
    WindowClient.prototype.focus = async function () { gone.push(`focus ${new URL(this.url).pathname}`); };
    await open(made);
    return [gone, (await registration.getNotifications()).length];
}"""


@dataclass
class House:
    """A server, a browser, and what went between them."""

    server: Branch
    browser: Browser
    counter: Counter


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch"), settings=SETTINGS, serve=False) as made:
        chat.build(made.homeserver.state)
        made.start_serve()
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(server: Branch) -> AsyncIterator[House]:
    ports = (server.settings.ports.portal, server.settings.ports.synapse)
    async with counting(ports) as (counter, argument), chromium(argument) as browser:
        yield House(server, browser, counter)


@pytest_asyncio.fixture(loop_scope="session")
async def phone(house: House) -> AsyncIterator[Page]:
    async with person(house.browser, PHONE) as page:
        await page.context.grant_permissions(["notifications"], origin=house.server.portal_url)
        yield page


async def sign_up(page: Page, server: Branch, name: str) -> None:
    """Go from the invitation to Komunitas Saya."""
    await page.goto(f"{server.portal_url}/g/{server.invitation()}")
    await page.get_by_role("link", name="Mulai").or_(page.get_by_role("button", name="Mulai")).click()
    await page.get_by_label("Desa atau kelurahan").fill("sukaresmi cikarang")
    await page.get_by_text(PLACE).first.click()
    await page.get_by_label("RT", exact=True).fill("3")
    await page.get_by_label("RW", exact=True).fill("5")
    await page.get_by_role("button", name="Lanjut", exact=True).last.click()
    await page.get_by_role("heading", name="Persetujuan Anda").wait_for()
    for box in await page.get_by_role("checkbox").all():
        if "Wajib" in await box.locator("xpath=ancestor::label").inner_text():
            await box.check()
    await page.get_by_role("button", name="Lanjut", exact=True).last.click()
    await page.get_by_label("Nama tampilan").fill(name)
    await page.get_by_role("radio").last.check()
    await page.locator("#sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Selesai").click()
    await page.wait_for_url("**/komunitas*", timeout=PATIENCE)
    await expect(page.get_by_role("button", name=ROOM)).to_be_visible(timeout=PATIENCE)


async def come_back(page: Page, server: Branch) -> None:
    """Open Komunitas Saya again, and wait until it is kept for times without a connection."""
    await page.goto(f"{server.portal_url}/komunitas")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    await until(page, OWN, lambda text: ROOM in text)


async def until(page: Page, script: str, reached: Callable[[Any], bool]) -> None:
    """Ask the page until it answers what is waited for."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not reached(await page.evaluate(script)):
            await asyncio.sleep(0.05)


async def open_kamar(page: Page, server: Branch) -> None:
    await page.goto(f"{server.portal_url}/komunitas")
    await page.get_by_role("button", name=ROOM).click()
    await in_room(page, ROOM)


async def barriers(page: Page) -> list[str]:
    """Return what axe finds on the page."""
    await page.evaluate(AXE)
    report = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in report["violations"]]


async def save_data(page: Page, server: Branch, *, on: bool) -> None:
    await page.goto(f"{server.portal_url}/saya")
    await page.get_by_label("Hemat kuota").set_checked(on)
    await page.locator("form[action='/saya/hemat'] button").click()
    await page.get_by_text("Tersimpan.").wait_for()


async def test_the_first_message_costs_less_than_three_megabytes_in_all(house: House, phone: Page) -> None:
    before = house.counter.total
    await sign_up(phone, house.server, "Dewi Lestari")
    portal = house.counter.total - before
    await phone.get_by_role("button", name=ROOM).click()
    await in_room(phone, ROOM)
    await say(phone, "Halo tetangga!")
    total = house.counter.total - before
    print(f"\nto the first message: {total:,} bytes, {portal:,} of them for the portal")
    assert 100_000 < total < LIMIT


async def test_data_saving_is_switched_in_the_portal_and_reaches_the_chat(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Tuti Handayani")
    for on, stored in ((True, "1"), (False, "0")):
        await save_data(phone, house.server, on=on)
        await open_kamar(phone, house.server)
        assert await phone.evaluate("localStorage.getItem('kamar_hemat')") == stored


async def test_a_browser_may_install_the_portal_beside_the_chat(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Sri Wahyuni")
    await come_back(phone, house.server)
    cdp = await phone.context.new_cdp_session(phone)
    manifest = await cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["start_url"] == "/komunitas"
    wrong = {error["errorId"] for error in (await cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]}
    assert wrong <= {"in-incognito"}  # a test's window keeps nothing
    await phone.get_by_role("heading", name="Pasang di HP").scroll_into_view_if_needed()
    await picture(phone, "komunitas-install-360")
    assert await barriers(phone) == []

    await open_kamar(phone, house.server)
    await say(phone, "Sudah saya pasang")
    scopes = (
        "navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname).sort())"
    )
    assert await phone.evaluate(scopes) == ["/chat/", "/komunitas"]
    assert await phone.evaluate("new URL(navigator.serviceWorker.controller.scriptURL).pathname") == "/chat/sw.js"
    kept = await phone.evaluate(KEPT)
    assert "/komunitas/luring" in kept
    assert [path for path in kept if not path.startswith(("/static/", "/komunitas/luring"))] == []


async def test_a_call_says_its_kind_only_and_leads_to_the_community(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Rini Astuti")
    await come_back(phone, house.server)
    await phone.goto(f"{house.server.portal_url}/saya")
    await phone.get_by_role("button", name="Nyalakan di HP ini").scroll_into_view_if_needed()
    await phone.get_by_role("heading", name="Pemberitahuan").scroll_into_view_if_needed()
    await picture(phone, "saya-notif-360")
    assert await barriers(phone) == []

    cdp = await phone.context.new_cdp_session(phone)
    registration = await _registration(cdp)
    for data, said in (
        ('{"kind":"mention"}', "Ada pesan baru untuk Anda."),
        ('{"kind":"siaran"}', "Ada pengumuman baru."),
        ("", "Ada pesan baru untuk Anda."),
        ('{"kind":"<b>Jahat"}', "Ada pesan baru untuk Anda."),
    ):
        message = {"origin": house.server.portal_url, "registrationId": registration, "data": data}
        await cdp.send("ServiceWorker.deliverPushMessage", message)
        await until(phone, SHOWN, lambda all_shown, said=said: said in [one["body"] for one in all_shown])
    shown: list[dict[str, Any]] = await phone.evaluate(SHOWN)
    assert {one["title"] for one in shown} == {"Sosial Kamar"}
    assert {one["body"] for one in shown} == {"Ada pesan baru untuk Anda.", "Ada pengumuman baru."}

    worker = _worker(phone)
    assert (await worker.evaluate(OPENED))[0] == ["open /komunitas"]
    await phone.goto(f"{house.server.portal_url}/komunitas")
    assert (await worker.evaluate(OPENED))[0] == ["focus /komunitas"]


async def test_calls_are_switched_on_with_one_tap_and_off_with_another(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Lina Marlina")
    await phone.goto(f"{house.server.portal_url}/saya")
    await phone.get_by_role("button", name="Nyalakan di HP ini").click()
    await expect(phone.get_by_text("Belum berhasil dinyalakan.")).to_be_visible()  # no push service answers in a test

    await phone.add_init_script(script=BROWSER)  # from here on, one does
    await phone.goto(f"{house.server.portal_url}/saya")
    await phone.get_by_role("button", name="Nyalakan di HP ini").click()
    await expect(phone.get_by_text("Menyala di peramban ini.")).to_be_visible()
    await expect(phone.get_by_text("Menyala di 1 peramban.")).to_be_visible()
    await expect(phone.get_by_role("button", name="Nyalakan di HP ini")).to_have_count(0)
    await phone.get_by_role("button", name="Matikan di HP ini").click()
    await expect(phone.get_by_text("Menyala di 1 peramban.")).to_have_count(0)
    await expect(phone.get_by_role("button", name="Nyalakan di HP ini")).to_be_visible()


async def test_without_a_connection_rooms_and_invitation_stay_and_go_with_the_login(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Wati Susilo")
    await come_back(phone, house.server)
    await phone.goto(f"{house.server.portal_url}/ajak")
    wati = await phone.locator(".invite .spoken").inner_text()

    await phone.context.set_offline(True)
    await phone.goto(f"{house.server.portal_url}/komunitas")
    await expect(phone.get_by_role("heading", name="Tanpa sambungan")).to_be_visible()
    await expect(phone.get_by_text(ROOM)).to_be_visible()
    await expect(phone.get_by_text(wati)).to_be_visible()
    await expect(phone.locator(".invite svg.qr")).to_be_visible()
    await picture(phone, "offline-360")
    assert await barriers(phone) == []

    await phone.context.set_offline(False)
    await phone.goto(f"{house.server.portal_url}/saya")
    await phone.get_by_role("button", name="Keluar dari perangkat ini").click()
    await phone.wait_for_url(re.compile(r"/$"))
    assert await phone.evaluate(OWN) == ""
    await phone.context.set_offline(True)
    await phone.goto(f"{house.server.portal_url}/komunitas")
    await expect(phone.get_by_role("heading", name="Tanpa sambungan")).to_be_visible()
    await expect(phone.get_by_text(ROOM)).to_have_count(0)

    await phone.context.set_offline(False)
    await sign_up(phone, house.server, "Joko Prasetyo")
    await come_back(phone, house.server)
    assert wati not in await phone.evaluate(OWN)


async def test_what_another_account_left_behind_goes_when_a_page_is_opened(house: House, phone: Page) -> None:
    await sign_up(phone, house.server, "Agus Salim")
    await come_back(phone, house.server)
    await phone.context.clear_cookies()  # the login ended elsewhere: nobody pressed a button here
    await phone.goto(f"{house.server.portal_url}/")
    await until(phone, OWN, lambda text: text == "")


async def _registration(cdp: CDPSession) -> str:
    found: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def note(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"].endswith("/komunitas") and not found.done():
                found.set_result(one["registrationId"])

    cdp.on("ServiceWorker.workerRegistrationUpdated", note)
    await cdp.send("ServiceWorker.enable")
    return await asyncio.wait_for(found, PATIENCE / 1000)


def _worker(page: Page) -> Worker:
    [worker] = [one for one in page.context.service_workers if one.url.endswith("/static/sw.js")]
    return worker
