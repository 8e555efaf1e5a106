"""Logging in, one-time links, the first administrator, getting back in, logging out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.ids import UserId
from kamar.sentences import SENTENCES
from kamar_portal.recovery import NOBODY, fits, hash_words
from kamar_store import member, session
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House

PASSWORD = "gunung biru tinggi"
FAILED = SENTENCES["login_failed"]


async def joined(house: House, name: str = "Budi") -> str:
    """Sign somebody up on another telephone and return the account."""
    browser = await house.open_browser()
    await sign_up(browser, await house.code(), name=name)
    return list(house.synapse.accounts)[-1]


@pytest.mark.parametrize("shape", ["{name}", "@{name}", "@{name}:kamar.test", " {name} "])
async def test_an_account_name_is_understood_in_every_shape(house: House, browser: Browser, shape: str) -> None:
    user = await joined(house)
    await browser.visit("/masuk")
    page = await browser.send("/masuk", {"akun": shape.format(name=user[1:].split(":")[0]), "sandi": PASSWORD})
    assert page.address == "/komunitas"


@pytest.mark.parametrize(
    ("account", "password"),
    [("{name}", "salah"), ("{name}", ""), ("aa2aa2aa", PASSWORD), ("@{name}:elsewhere.test", PASSWORD), ("' --", "x")],
    ids=["wrong password", "no password", "unknown account", "another server", "nonsense"],
)
async def test_a_failed_login_never_says_which_half_was_wrong(
    house: House, browser: Browser, account: str, password: str
) -> None:
    user = await joined(house)
    await browser.visit("/masuk")
    typed = account.format(name=user[1:].split(":")[0])
    page = await browser.send("/masuk", {"akun": typed, "sandi": password})
    assert (page.status, FAILED in page.text) == (401, True)
    assert ("akun", typed) in page.form("/masuk").fields
    assert ("sandi", "") in page.form("/masuk").fields


async def test_a_password_guesser_is_stopped_and_the_others_are_not(house: House, browser: Browser) -> None:
    user, other = await joined(house), await joined(house, "Ani")
    await browser.visit("/masuk")
    for _ in range(10):
        assert (await browser.send("/masuk", {"akun": user, "sandi": "salah"})).status == 401
    page = await browser.send("/masuk", {"akun": user, "sandi": PASSWORD})
    assert page.status == 429
    await browser.visit("/masuk")
    assert (await browser.send("/masuk", {"akun": other, "sandi": PASSWORD})).address == "/komunitas"
    house.clock.pass_by(timedelta(minutes=16))
    again = await house.open_browser()
    await again.visit("/masuk")
    assert (await again.send("/masuk", {"akun": user, "sandi": PASSWORD})).address == "/komunitas"


async def test_the_registry_holds_no_token_that_opens_matrix(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    [token] = house.synapse.devices
    cookies = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    raw = (house.portal.site.state.root / "kamar.db").read_bytes()
    assert token.encode() not in raw
    assert cookies["kamar_sesi"].encode() not in raw
    assert all(token not in value for value in cookies.values())


async def test_logging_out_ends_the_session_and_the_device(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/saya")
    await browser.send("/keluar")
    assert house.synapse.devices == {}
    assert (await browser.visit("/komunitas")).status == 401


async def test_a_session_ends_by_itself(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    house.clock.pass_by(timedelta(hours=house.portal.settings.portal.session_hours + 1))
    assert (await browser.visit("/komunitas")).status == 401


async def test_the_chat_opens_without_typing(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    form = browser.page.form("/obrolan")
    answer = await browser.client.post("/obrolan", data=form.fields, allow_redirects=False)
    assert answer.headers["Location"].startswith("/chat/?loginToken=login_0&user=%40")
    refused = await browser.client.get("/obrolan", headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status == 403


async def test_a_device_that_was_ended_elsewhere_asks_for_the_password(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    house.synapse.devices.clear()
    page = await browser.send("/obrolan")
    assert page.address == "/masuk?obrolan=1"
    assert "sekali lagi" in page.text


async def test_a_one_time_link_is_used_by_the_button_only_and_once(house: House, browser: Browser) -> None:
    user = UserId(await joined(house))
    async with house.store.write() as db:
        token = await session.new_link(db, "login", user, house.clock(), timedelta(minutes=10))
    for _ in range(3):  # a chat client's preview looks at it
        assert (await browser.visit(f"/masuk/{token}")).status == 200
    assert (await browser.send(f"/masuk/{token}")).address == "/komunitas"
    page = await (await house.open_browser()).visit(f"/masuk/{token}")
    assert (page.status, SENTENCES["link_used"] in page.text) == (410, True)


async def test_the_first_administrator_signs_up_by_the_link(house: House, browser: Browser) -> None:
    code = await house.code()
    async with house.store.write() as db:
        token = await session.new_link(db, "admin", None, house.clock(), timedelta(days=7))
    await browser.visit(f"/masuk/{token}")
    page = await browser.send(f"/masuk/{token}", {"baru": "ya"})
    assert page.address == f"/g/{code}"
    await sign_up(browser, code)
    assert (await browser.visit("/kelola")).status == 200
    assert (await (await house.open_browser()).visit(f"/masuk/{token}")).status == 410


async def test_a_member_becomes_administrator_by_logging_in(house: House, browser: Browser) -> None:
    user = await joined(house)
    async with house.store.write() as db:
        token = await session.new_link(db, "admin", None, house.clock(), timedelta(days=7))
    await browser.visit(f"/masuk/{token}")
    assert (await browser.send(f"/masuk/{token}", {"baru": "tidak"})).address == "/masuk"
    await browser.send("/masuk", {"akun": user, "sandi": PASSWORD})
    async with house.store.read() as db:
        found = await member.by_user(db, user)
    assert found is not None
    assert found.admin


async def test_recovery_words_make_a_new_password_and_end_every_device(house: House, browser: Browser) -> None:
    page = await sign_up(await house.open_browser(), await house.code())
    [user] = house.synapse.accounts
    words = "  ".join(_words(page.text))
    await browser.visit("/lupa/kata")
    page = await browser.send("/lupa/kata", {"akun": user, "kata": words.upper(), "sandi": "sawah hijau luas"})
    assert page.address == "/komunitas"
    assert house.synapse.accounts[user].password == "sawah hijau luas"


async def test_wrong_recovery_words_change_nothing(house: House, browser: Browser) -> None:
    user = await joined(house)
    await browser.visit("/lupa/kata")
    for account in (user, "aa2aa2aa"):
        values = {"akun": account, "kata": "satu dua tiga", "sandi": "sawah hijau luas"}
        page = await browser.send("/lupa/kata", values)
        assert (page.status, SENTENCES["recovery_failed"] in page.text) == (401, True)
    assert house.synapse.accounts[user].password == PASSWORD


def test_recovery_words_are_kept_as_a_slow_hash_with_its_parameters() -> None:
    kept = hash_words(("satu", "dua"))
    assert kept.startswith("scrypt$4096$8$1$")
    assert fits("Satu, DUA", kept)
    assert not fits("dua satu", kept)
    assert not fits("", NOBODY)


def _words(page: str) -> list[str]:
    listed = page[page.index('class="words"') :].split("</ol>")[0]
    return [part.split("</li>")[0] for part in listed.split("<li>")[1:]]
