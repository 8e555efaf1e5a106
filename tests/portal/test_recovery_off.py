"""A server without a mail server has no letters, and says nothing of them."""

from __future__ import annotations

import pytest

from tests.portal.browser import Browser
from tests.portal.conftest import House


@pytest.mark.parametrize("address", ["/lupa/surel", "/lupa/surel/kode"])
async def test_without_a_mail_server_there_are_no_letters(house: House, browser: Browser, address: str) -> None:
    assert "/lupa/surel" not in (await browser.visit("/lupa")).text
    assert (await browser.visit(address)).status == 404
    assert (await browser.visit("/pulih")).address == "/lupa/kata"
