"""What guards every page: headers, forms, cookies, addresses; and what a page may weigh."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import FormData

from kamar_portal.page import STATIC, TEMPLATES, asset
from kamar_portal.seal import Seal
from kamar_portal.security import caller
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House

PAGE_MAX = 100_000  # bytes, compressed, with style and scripts
PATH_MAX = 1_000_000  # bytes of the portal on the way to the chat
STYLE_MAX = 15_000  # bytes
PAGES = (
    *("/", "/masuk", "/lupa", "/lupa/kata", "/lupa/tetangga", "/saya/kunci", "/komunitas", "/ajak", "/ajak/poster"),
    *("/saya", "/wilayah/32.16", "/no/such/page"),
)


@pytest.mark.parametrize("address", PAGES)
async def test_every_page_carries_the_guards(house: House, browser: Browser, address: str) -> None:
    await sign_up(browser, await house.code())
    page = await browser.visit(address)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in page.headers["Cache-Control"] or address.startswith("/wilayah")


@pytest.mark.parametrize("address", PAGES)
async def test_no_page_holds_a_script_or_a_style_of_its_own(house: House, browser: Browser, address: str) -> None:
    await sign_up(browser, await house.code())
    text = (await browser.visit(address)).text
    assert not re.search(r"<style|style=|<script(?! src=\"/static/)|\son\w+=|javascript:", text)


def test_no_template_holds_a_script_or_a_style_of_its_own() -> None:
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"<style|\sstyle=|<script(?! src)|\son\w+=", template.read_text()), template


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_light(house: House, browser: Browser, address: str) -> None:
    await sign_up(browser, await house.code())
    text = (await browser.visit(address)).text
    assert len(gzip.compress(text.encode())) + _static() < PAGE_MAX


async def test_the_way_to_the_chat_is_light(house: House, browser: Browser) -> None:
    code = await house.code()
    weight = _static()
    for address in (f"/g/{code}", f"/g/{code}/tempat"):
        weight += len(gzip.compress((await browser.visit(address)).text.encode()))
    await sign_up(browser, code)
    assert weight + 3 * len(gzip.compress(browser.page.text.encode())) < PATH_MAX / 5


def test_the_style_sheet_stays_small() -> None:
    assert (STATIC / "kamar.css").stat().st_size < STYLE_MAX


async def test_static_files_are_kept_for_ever_and_compressed(house: House, browser: Browser) -> None:
    answer = await browser.client.get(asset("kamar.css"))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await browser.client.get("/static/0123456789/kamar.css")).status == 404
    assert (await browser.client.get("/static/..%2f/serve.py")).status == 404


@pytest.mark.parametrize("token", ["", "x" * 64], ids=["none", "wrong"])
@pytest.mark.parametrize("address", ["/saya/nama", "/keluar", "/ajak/baru", "/obrolan", "/masuk", "/bahasa"])
async def test_a_form_from_elsewhere_is_refused(house: House, browser: Browser, address: str, token: str) -> None:
    await sign_up(browser, await house.code())
    answer = await browser.client.post(address, data={"formulir": token, "nama": "Jahat"}, allow_redirects=False)
    assert answer.status == 403
    assert (await browser.visit("/komunitas")).status == 200
    assert next(iter(house.synapse.accounts.values())).display_name == "Budi"


async def test_a_form_sent_by_another_site_is_refused_even_with_its_token(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/saya")
    assert (await browser.send("/saya/nama", {"nama": "Jahat"}, **{"Sec-Fetch-Site": "cross-site"})).status == 403


async def test_a_form_with_a_file_in_it_is_refused_in_words(house: House, browser: Browser) -> None:
    await browser.visit("/masuk")
    form = FormData()
    form.add_field("akun", b"\x00" * 100, filename="x.bin")
    form.add_field("formulir", dict(browser.page.form("/masuk").fields)["formulir"])
    assert (await browser.client.post("/masuk", data=form)).status == 401
    assert (await browser.client.post("/masuk", data={"akun": "x" * 100_000})).status == 400


async def test_cookies_are_out_of_reach_of_scripts(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    jar = list(browser.client.session.cookie_jar)
    assert {"kamar_sesi", "kamar_kunci"} <= {cookie.key for cookie in jar}
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in jar)
    assert not any(cookie["secure"] for cookie in jar)  # plain http, this computer only


@pytest.mark.parametrize(
    ("proxies", "said", "address"),
    [
        ((), "1.2.3.4", "127.0.0.1"),
        (("127.0.0.1",), "1.2.3.4", "1.2.3.4"),
        (("127.0.0.1",), "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (("127.0.0.1", "10.0.0.1"), "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (("127.0.0.1",), "", "127.0.0.1"),
    ],
    ids=["no proxy", "a proxy", "a caller who lies", "two proxies", "a silent proxy"],
)
def test_only_a_known_proxy_is_believed_about_the_caller(proxies: tuple[str, ...], said: str, address: str) -> None:
    assert caller("127.0.0.1", said, proxies) == address


def test_what_is_sealed_opens_for_its_purpose_only_and_not_for_ever() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    seal = Seal(b"k" * 32)
    closed = seal.close("chat", "secret", "session", now + timedelta(minutes=1))
    assert "secret" not in closed
    assert seal.open("chat", closed, "session", now) == "secret"
    for other in (
        seal.open("once", closed, "session", now),
        seal.open("chat", closed, "another", now),
        seal.open("chat", closed, "session", now + timedelta(minutes=2)),
        seal.open("chat", closed[:-4] + "AAAA", "session", now),
        seal.open("chat", "nonsense", "session", now),
        Seal(b"l" * 32).open("chat", closed, "session", now),
    ):
        assert other is None


def _static() -> int:
    names = ("kamar.css", "kamar.js", "pwa.js", "htmx.min.js", "icons.svg", "icon.svg")
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)
