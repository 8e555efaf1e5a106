"""A guesser gets nowhere, and two hundred neighbours behind the same address notice nothing of him."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from kamar_portal import security
from kamar_store import session
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House


async def test_guessing_codes_ends_after_a_few_wrong_ones(house: House, browser: Browser) -> None:
    statuses = [(await browser.visit(f"/g/{house.unused_code()}")).status for _ in range(security.CODE.most + 5)]
    assert statuses == [404] * security.CODE.most + [429] * 5
    assert (await browser.visit(f"/g/{await house.code()}")).status == 429  # right or wrong, he learns nothing
    house.clock.pass_by(timedelta(minutes=16))
    assert (await browser.visit(f"/g/{await house.code()}")).status == 200


async def test_a_code_that_was_good_here_stays_good_beside_a_guesser(house: House, browser: Browser) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    for _ in range(security.CODE.most + 5):
        await browser.visit(f"/g/{house.unused_code()}")
    assert (await sign_up(await house.open_browser(), code)).address == "/komunitas"


async def test_mistyped_codes_count_too_little_to_shut_anybody_out(house: House, browser: Browser) -> None:
    for _ in range(100):
        assert (await browser.visit("/g/K2AAAAAAAA")).status == 422
    assert (await browser.visit(f"/g/{await house.code()}")).status == 200


async def test_two_hundred_sign_ups_from_one_address_pass(house: House) -> None:
    code = await house.code()
    body = {"code": code, "village": "32.16.19.2005", "adult": True, "consent": ["account", "messages"]}
    browser = await house.open_browser()
    for number in range(200):
        answer = await browser.client.post("/api/v1/join", json={**body, "display_name": f"Warga {number}"})
        assert answer.status == 201
    assert len(house.synapse.accounts) == 200


async def test_under_alarm_each_address_gets_few_tries(house: House, browser: Browser) -> None:
    key = f"code-all:{house.portal.seal.mac('limit', 'everybody')[:32]}"
    async with house.store.write() as db:
        for _ in range(security.CODE_ALARM.most):
            await session.count_attempt(db, key, house.clock(), security.CODE_ALARM.window, security.CODE_ALARM.most)
    statuses = [(await browser.visit(f"/g/{house.unused_code()}")).status for _ in range(6)]
    assert statuses == [404] * security.CODE_ALARMED + [429] * 2


async def test_what_was_counted_is_forgotten(house: House, browser: Browser) -> None:
    await browser.visit(f"/g/{house.unused_code()}")
    await browser.visit(f"/g/{await house.code()}")
    house.clock.pass_by(timedelta(days=2))
    async with house.store.write() as db:
        await session.forget_expired(db, house.clock())
        assert (await db.execute(text("SELECT count(*) FROM attempt"))).scalar_one() == 0
