"""The web client in a real Chromium, on a real Synapse: what a member of a kamar sees and can do."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Page, Request, expect

from kamar_bridges.homeserver import Homeserver
from kamar_provisioning import chat as chat_build
from tests.browser.chat_driver import (
    DESKTOP,
    Message,
    chat_link,
    chromium,
    enter,
    in_room,
    leave,
    log_in,
    log_out,
    messages,
    open_chat,
    person,
    rooms,
    say,
    send_photo,
    wait_for_message,
)
from tests.browser.chat_site import chat_site
from tests.browser.chat_street import PASSWORD, Neighbourhood, Site, move_in, photo_with_place, share_kamar, voice_note
from tests.browser.keyboard import barriers
from tests.servers.ports import free_ports
from tests.servers.synapse import SynapseServer, synapse

pytestmark = [pytest.mark.browser, pytest.mark.integration]

BYTES_MAX = 3_000_000  # docs/chat.md: from an empty cache to the first message
ENGLISH = ("Room", "Settings", "Sign", "Send", "Loading", "joined", "Search", "Filter", "Leave", "Encryption")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseServer]:
    with synapse(tmp_path_factory.mktemp("chat") / "state") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(server: SynapseServer) -> AsyncIterator[Site]:
    chat_build.build(server.state)
    homeserver_url, served = f"http://localhost:{server.settings.ports.synapse}", list[int]()
    [port] = free_ports(1)
    async with (
        Homeserver(server.url) as pool,
        chat_site(server.state.chat, homeserver_url, port, served) as url,
        chromium() as browser,
    ):
        yield Site(server, pool, url, served, browser, homeserver_url)


@pytest_asyncio.fixture(params=["11", "12"], loop_scope="session")
async def neighbourhood(request: pytest.FixtureRequest, site: Site) -> Neighbourhood:
    return await move_in(site, request.param)


@pytest_asyncio.fixture(loop_scope="session")
async def street(site: Site) -> Neighbourhood:
    return await move_in(site, "12")


async def test_a_member_opens_the_chat_without_typing_and_sees_rooms_only(neighbourhood: Neighbourhood) -> None:
    await neighbourhood.write(neighbourhood.budi, neighbourhood.rw, "Ronda malam ini siapa?")
    await neighbourhood.write(neighbourhood.budi, neighbourhood.rt, "Besok kerja bakti")
    async with person(neighbourhood.site.browser) as page:
        await open_chat(page, await neighbourhood.link(neighbourhood.siti))
        await expect(page.locator(".RoomList li")).to_have_count(2)
        assert [name[:2] for name in await rooms(page)] == ["RT", "RW"]  # the last message first, and no space
        await expect(page.locator(".RoomList .preview").first).to_have_text("Budi Santoso: Besok kerja bakti")
        assert "loginToken" not in page.url
        assert await page.title() == "Obrolan - Sosial Kamar"


async def test_two_neighbours_talk(neighbourhood: Neighbourhood) -> None:
    browser = neighbourhood.site.browser
    async with person(browser) as siti, person(browser, DESKTOP) as budi:
        await open_chat(siti, await neighbourhood.link(neighbourhood.siti, neighbourhood.rt))
        await in_room(siti, "RT")
        await open_chat(budi, await neighbourhood.link(neighbourhood.budi))
        await enter(budi, "RT")
        await say(siti, "Assalamualaikum, besok jadi kerja bakti?")
        await wait_for_message(budi, "jadi kerja bakti?")
        await say(budi, "Jadi, jam tujuh")
        await wait_for_message(siti, "Jadi, jam tujuh")
        assert await messages(siti) == [
            Message("Assalamualaikum, besok jadi kerja bakti?", own=True),
            Message("Jadi, jam tujuh", own=False),
        ]
        await leave(siti)
        await expect(siti.locator(".RoomList .preview").first).to_have_text("Budi Santoso: Jadi, jam tujuh")


async def test_the_session_in_the_browser_is_used_again(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await open_chat(page, await street.link(street.siti))
        for address in (
            chat_link(street.site.url, token="used-up", user=street.siti.user_id, room=street.rt),
            chat_link(street.site.url, user=street.siti.user_id, room=street.rt),
            f"{street.site.url}#/room/{street.rt}",
        ):
            await page.goto("about:blank")
            await open_chat(page, address)
            await in_room(page, "RT")
        assert await page.evaluate("JSON.parse(localStorage.hydrogen_sessions_v1).length") == 1


async def test_a_session_that_the_server_has_ended_gives_way_to_the_token(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await open_chat(page, await street.link(street.siti))
        await page.goto("about:blank")
        await street.site.module.set_password(street.siti.user_id, PASSWORD, logout=True)
        again = await street.siti.at(street.site.pool).login_password(street.siti.user_id, PASSWORD, "Ponsel")
        token = await street.site.module.login_token(again.access_token)
        await open_chat(page, chat_link(street.site.url, token=token.token, user=street.siti.user_id))
        await enter(page, "RT")


async def test_without_a_session_the_chat_asks_the_portal_for_a_token(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await page.goto(chat_link(street.site.url, user=street.siti.user_id, room=street.rt))
        await page.wait_for_url("**/obrolan?room=*")


async def test_a_used_up_token_is_explained(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await page.goto(chat_link(street.site.url, token="used-up", user=street.siti.user_id))
        await expect(page.locator(".error")).to_contain_text("Buka obrolan sekali lagi dari Komunitas Saya")
        await page.get_by_role("link", name="Buka lewat Komunitas Saya").click()
        await expect(page.get_by_role("heading", name="Komunitas Saya")).to_be_visible()


async def test_a_photo_arrives_small_and_without_its_place(street: Neighbourhood, tmp_path: Path) -> None:
    async with person(street.site.browser) as page:
        await open_chat(page, await street.link(street.siti, street.rt))
        await in_room(page, "RT")
        await send_photo(page, photo_with_place(tmp_path / "selokan.jpg"))
        assert (await messages(page))[-1] == Message("selokan.jpg", own=True, kind="photo")
        await expect(page.locator(".media img")).to_have_js_property("complete", value=True)
        assert await page.locator(".media img").evaluate("image => image.naturalWidth") > 0
    page_of_events = await street.budi.at(street.site.pool).messages(street.rt)
    [address] = [str(event.content["url"]) for event in page_of_events.events if "url" in event.content]
    picture = Image.open(io.BytesIO(await street.budi.at(street.site.pool).download(address)))
    assert not picture.getexif().get_ifd(0x8825)
    assert max(picture.size) == 1600


async def test_with_little_data_a_photo_waits_for_a_tap(street: Neighbourhood, tmp_path: Path) -> None:
    async with person(street.site.browser) as siti, person(street.site.browser) as budi:
        await open_chat(siti, await street.link(street.siti, street.rt))
        await in_room(siti, "RT")
        await send_photo(siti, photo_with_place(tmp_path / "pos.jpg"))
        fetched: list[str] = []
        budi.on("request", lambda request: fetched.append(request.url))
        await open_chat(budi, f"{await street.link(street.budi, street.rt)}&hemat=1")
        await in_room(budi, "RT")
        button = budi.get_by_role("button", name="Lihat foto")
        await button.wait_for()
        assert not [url for url in fetched if "/media/" in url]
        await button.click()
        await expect(budi.locator(".media img")).to_have_js_property("complete", value=True)
        assert [url for url in fetched if "/media/" in url]


async def test_encryption_works_between_two_browsers(street: Neighbourhood) -> None:
    algorithm = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    siti = street.siti.at(street.site.pool)
    await share_kamar(street)  # whoever shares none invites nobody
    secret = await siti.create_room(
        {
            "name": "Rahasia",
            "preset": "private_chat",
            "invite": [street.budi.user_id],
            "initial_state": [{**algorithm, "state_key": ""}],
        }
    )
    await street.budi.at(street.site.pool).join(secret)
    async with person(street.site.browser) as one, person(street.site.browser, DESKTOP) as other:
        await open_chat(other, await street.link(street.budi))
        await enter(other, "Rahasia")
        await open_chat(one, await street.link(street.siti))
        await enter(one, "Rahasia")
        await say(one, "Hanya untuk kita")
        await wait_for_message(other, "Hanya untuk kita")
    sent = await siti.messages(secret)
    assert "m.room.encrypted" in {event.type for event in sent.events}


async def test_logging_out_leads_back_to_the_portal(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await log_in(page, street.site.url, street.siti.user_id, PASSWORD)
        await log_out(page)
        await expect(page.get_by_role("heading", name="Komunitas Saya")).to_be_visible()
        assert await page.evaluate("localStorage.hydrogen_sessions_v1") == "[]"


async def test_the_screens_speak_indonesian(street: Neighbourhood) -> None:
    async with person(street.site.browser) as page:
        await page.goto(street.site.url)
        await page.locator("#username").wait_for()
        screens = [await _words_of(page)]
        await open_chat(page, await street.link(street.siti))
        await page.locator(".RoomList li").first.wait_for()
        screens.append(await _words_of(page))
        await enter(page, "RT")
        screens.append(await _words_of(page))
        await page.locator(".room-options").click()
        await page.get_by_role("button", name="Tentang kamar ini").click()
        await page.get_by_text("Anggota").wait_for()
        screens.append(await _words_of(page))
    assert not [word for screen in screens for word in ENGLISH if word in screen]


async def test_a_voice_note_plays_where_it_stands(street: Neighbourhood) -> None:
    budi = street.budi.at(street.site.pool)
    address = await budi.upload(voice_note(), "audio/wav", "suara.wav")
    note = {"msgtype": "m.audio", "body": "suara.wav", "url": address, "info": {"mimetype": "audio/wav"}}
    await budi.send(street.rt, "m.room.message", note, "voice")
    async with person(street.site.browser) as page:
        await open_chat(page, await street.link(street.siti, street.rt))
        player = page.get_by_label("suara.wav")
        await player.wait_for()
        await player.evaluate("player => player.play()")
        await expect(player).to_have_js_property("duration", 1)


async def test_without_a_connection_one_reads_what_is_here(street: Neighbourhood) -> None:
    await street.write(street.budi, street.rt, "Iuran sampah naik")
    async with person(street.site.browser) as page:
        await open_chat(page, await street.link(street.siti, street.rt))
        await wait_for_message(page, "Iuran sampah naik")
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await page.context.set_offline(offline=True)
        await page.goto("about:blank")
        await open_chat(page, street.site.url)
        await wait_for_message(page, "Iuran sampah naik")
        await expect(page.locator(".SessionStatusView")).to_contain_text("Terputus")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing(street: Neighbourhood, *, dark: bool) -> None:
    await street.write(street.budi, street.rt, "Halo https://sukaresmi.example")
    async with person(street.site.browser, dark=dark) as page:
        await page.goto(street.site.url)
        await page.locator("#username").wait_for()
        found = await barriers(page)
        await open_chat(page, await street.link(street.siti))
        await page.locator(".RoomList li").first.wait_for()
        found += await barriers(page)
        await enter(page, "RT")
        await wait_for_message(page, "Halo")
        found += await barriers(page)
        await page.locator(".room-options").click()
        found += await barriers(page)
        await page.get_by_role("button", name="Tentang kamar ini").click()
        await page.locator(".RoomDetailsView").wait_for()
        found += await barriers(page)
    assert not found


async def test_nothing_breaks_the_policy_and_little_is_fetched(site: Site) -> None:
    street = await move_in(site, "12")
    await street.write(street.budi, street.rt, "Selamat datang")
    site.served.clear()
    async with person(site.browser) as page:
        complaints: list[str] = []
        asked: list[Request] = []
        page.on("console", lambda line: complaints.append(line.text))
        page.on("requestfinished", lambda request: asked.append(request))
        await open_chat(page, await street.link(street.siti, street.rt))
        await wait_for_message(page, "Selamat datang")
        client, matrix = sum(site.served), await _unpacked(asked, site.homeserver_url)
    assert not [text for text in complaints if "Content Security Policy" in text]
    assert 100_000 < client + matrix < BYTES_MAX
    print(f"{client:,} bytes of the client as sent, {matrix:,} of Matrix before compression")


async def _unpacked(asked: Sequence[Request], origin: str) -> int:
    """Return the size of what the homeserver has answered; compressed it was less."""
    answers = [await request.response() for request in asked if request.url.startswith(origin)]
    return sum([len(await answer.body()) for answer in answers if answer and answer.request.method != "OPTIONS"])


async def _words_of(page: Page) -> str:
    return await page.evaluate(
        """[document.body.innerText, ...[...document.querySelectorAll('[title], [aria-label], [placeholder]')].flatMap(
            part => [part.title, part.ariaLabel, part.placeholder])].join(' ')"""
    )
