"""Pages kept for strangers: everybody gets an own form token, and nobody somebody else's page."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from kamar_portal.page_cache import MOST, SECONDS, Shelf
from tests.portal.browser import Browser
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

TOKEN = "token-of-the-first"
TOKENS = re.compile(r'name="formulir" value="([^"]+)"')


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=0.0)


@pytest.fixture
def shelf(clock: SimpleNamespace) -> Shelf:
    return Shelf(clock=lambda: clock.now)


def test_a_kept_page_holds_no_token(shelf: Shelf) -> None:
    shelf.keep(("/", "id"), f"<input value={TOKEN}> and <input value={TOKEN}>", TOKEN)
    page = shelf.find(("/", "id"))
    assert page is not None
    assert TOKEN not in repr(page)
    assert "mine".join(page.pieces) == "<input value=mine> and <input value=mine>"


@pytest.mark.parametrize(("age", "found"), [(0.0, True), (SECONDS - 0.1, True), (SECONDS, False)])
def test_a_page_is_kept_for_seconds(age: float, found: bool, shelf: Shelf, clock: SimpleNamespace) -> None:
    shelf.keep(("/", "id"), "page", TOKEN)
    clock.now += age
    assert (shelf.find(("/", "id")) is not None) is found


def test_the_oldest_page_makes_room(shelf: Shelf) -> None:
    for number in range(MOST + 1):
        shelf.keep((f"/g/{number}", "id"), "page", TOKEN)
    assert shelf.find(("/g/0", "id")) is None
    assert shelf.find((f"/g/{MOST}", "id")) is not None


async def test_each_stranger_has_a_form_of_the_own_that_works(house: House) -> None:
    code = await house.code()
    first, second = await house.open_browser(), await house.open_browser()
    pages = [await each.visit(f"/g/{code}") for each in (first, second)]
    found = [set(TOKENS.findall(page.text)) for page in pages]
    assert [len(each) for each in found] == [1, 1]
    assert found[0] != found[1]
    assert (await second.send(f"/g/{code}")).address == f"/g/{code}/tempat"


async def test_who_has_begun_a_sign_up_is_taken_on_and_not_given_the_kept_page(house: House, browser: Browser) -> None:
    code = await house.code()
    await (await house.open_browser()).visit(f"/g/{code}")
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await browser.visit(f"/g/{code}/tempat?desa={SUKARESMI}")
    await browser.send(f"/g/{code}/tempat", {})
    assert (await browser.visit(f"/g/{code}")).address == f"/g/{code}/setuju"


async def test_a_wrong_code_is_never_kept(house: House) -> None:
    code = house.unused_code()
    statuses = [(await (await house.open_browser()).visit(f"/g/{code}")).status for _ in range(2)]
    assert statuses == [404, 404]
