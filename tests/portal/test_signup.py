"""Signing up in the portal, screen by screen, without JavaScript."""

from __future__ import annotations

from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House

from kamar.ids import UserId
from kamar_store import member, outbox


async def test_four_screens_make_an_account_and_a_member(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    assert (page.status, page.address) == (200, "/komunitas")
    [(user, account)] = house.synapse.accounts.items()
    async with house.store.read() as db:
        found = await member.by_user(db, UserId(user))
        waiting = await outbox.waiting(db)
    assert account.display_name == "Budi"
    assert found is not None
    assert found.home == "32.16.19.2005/RW005/RT003"
    assert waiting["ready"] == 3  # the server's code, the seat, the member's own code
