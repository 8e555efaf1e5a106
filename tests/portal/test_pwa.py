"""The portal as an app: what browsers need to install it, and that nothing of one account stays for another."""

from __future__ import annotations

import json
import re

import pytest
from PIL import Image, ImageChops

from kamar_portal.page import STATIC, asset
from kamar_portal.pwa import MANIFEST, NOBODYS, SCOPE, WORKER
from kamar_provisioning.app_icon import BRAND, icons
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House

ACCOUNT = "X-Kamar-Account"
KEPT_MAX = 40_000  # bytes that the worker fetches, before compression


async def told(browser: Browser) -> dict[str, object]:
    text = (await browser.visit(WORKER)).text
    found: dict[str, object] = json.loads(text.split(" = ", 1)[1].split(";\n", 1)[0])
    return found


async def test_browsers_may_install_the_portal(house: House, browser: Browser) -> None:
    page = await browser.visit("/")
    assert f'<link rel="manifest" href="{MANIFEST}">' in page.text
    manifest = json.loads((await browser.visit(MANIFEST)).text)
    assert browser.page.headers["Content-Type"].startswith("application/manifest+json")
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/komunitas", "/", "standalone")
    assert manifest["name"] == house.portal.settings.server.organisation
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip
    for icon in manifest["icons"]:
        answer = await browser.client.get(icon["src"])
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")


@pytest.mark.parametrize("name", sorted(icons()))
def test_the_icons_are_those_that_the_script_draws(name: str) -> None:
    kept, drawn = Image.open(STATIC / name).convert("RGBA"), icons()[name]
    assert kept.size == drawn.size
    assert max(high for _, high in ImageChops.difference(kept, drawn).getextrema()) <= 8


def test_a_maskable_icon_is_full_to_the_edge_and_keeps_its_sign_in_the_middle() -> None:
    icon = icons()["app-maskable-512.png"].convert("RGB")
    ground = Image.new("RGB", icon.size, BRAND)
    box = ImageChops.difference(icon, ground).getbbox()
    assert icon.getpixel((0, 0)) == ground.getpixel((0, 0))
    assert box is not None
    corners = [(x - 256, y - 256) for x in (box[0], box[2]) for y in (box[1], box[3])]
    assert all(x * x + y * y <= (0.4 * 512) ** 2 for x, y in corners)


async def test_the_worker_is_asked_for_anew_and_sees_one_page_only(browser: Browser) -> None:
    page = await browser.visit(WORKER)
    assert page.headers["Content-Type"].startswith("text/javascript")
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Service-Worker-Allowed"] == SCOPE
    assert "Set-Cookie" not in page.headers
    assert not "/chat/".startswith(SCOPE)


async def test_the_worker_has_a_new_version_when_anything_of_it_changes(browser: Browser) -> None:
    first = await told(browser)
    assert re.fullmatch("[0-9a-f]{10}", str(first["version"]))
    assert asset("kamar.css") in str(first["shell"])


async def test_what_the_worker_keeps_is_nobodys_and_light(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    shell = (await told(browser))["shell"]
    assert isinstance(shell, list)
    weight = 0
    for address in shell:
        body = await (await browser.client.get(address)).read()
        weight += len(body)
        assert address.startswith("/static/")
        assert b"formulir" not in body
        assert b"Budi" not in body
    assert weight < KEPT_MAX


async def test_the_words_of_a_call_come_from_the_catalogue(browser: Browser) -> None:
    words = (await told(browser))["words"]
    assert isinstance(words, dict)
    assert words["id"]["mention"] == "Ada pesan baru untuk Anda."
    assert words["en"]["mention"] == "There is a new message for you."
    assert {words[language]["title"] for language in words} == {"Sosial Kamar"}


async def test_ones_own_page_holds_rooms_and_invitation_and_no_secret(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    words = re.findall(r"<li>(\w+)</li>", page.text.split('class="words"')[1].split("</ol>")[0])
    own = await browser.visit("/komunitas/luring")
    assert own.status == 200
    assert "Undangan saya" in own.text
    assert "<svg" in own.text
    assert "formulir" not in own.text
    assert not any(f">{word}<" in own.text for word in words)
    assert "@" not in own.text.split("<body>")[1]
    assert own.headers[ACCOUNT] in (await browser.visit("/komunitas")).text


async def test_each_account_has_a_mark_of_its_own_and_a_stranger_none(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    other = await house.open_browser()
    await sign_up(other, await house.code(), "Joko")
    stranger = await house.open_browser()
    marks = [mark((await each.visit("/komunitas")).text) for each in (browser, other, stranger)]
    assert len(set(marks)) == 3
    assert marks[2] == ""
    assert (await stranger.visit("/komunitas/luring")).status == 401


async def test_the_page_for_nobody_is_the_same_for_all(house: House, browser: Browser) -> None:
    before = (await browser.visit(NOBODYS)).text
    await sign_up(browser, await house.code())
    assert (await browser.visit(NOBODYS)).text == before
    assert "Tanpa sambungan" in before


def mark(text: str) -> str:
    return text.split('name="kamar-account" content="')[1].split('"')[0]
