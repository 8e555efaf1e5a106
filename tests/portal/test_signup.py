"""Signing up in the portal, screen by screen, without JavaScript."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from kamar.consent import PURPOSES
from kamar.ids import MemberId, NodePath, UserId
from kamar_store import mandate as mandates
from kamar_store import member, outbox, referral, wilayah
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import KEMIRI_MUKA, SUKARESMI

RT = NodePath(f"{SUKARESMI}/RW005/RT003")


async def test_four_screens_make_an_account_and_a_member(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    assert (page.status, page.address) == (200, "/komunitas")
    [(user, account)] = house.synapse.accounts.items()
    async with house.store.read() as db:
        found = await member.by_user(db, UserId(user))
        waiting = await outbox.waiting(db)
    assert account.display_name == "Budi"
    assert found is not None
    assert found.home == RT
    assert waiting["ready"] == 3  # the server's code, the seat, the member's own code


async def test_each_consent_is_kept_with_its_words(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    rows = await _rows(house, "SELECT purpose, given, text_hash FROM consent ORDER BY purpose")
    given = {"account": 1, "messages": 1, "analysis": 0, "contact": 0}
    assert rows == sorted((purpose.key, given[purpose.key], purpose.text_hash) for purpose in PURPOSES)


async def test_no_password_reaches_the_registry(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code(), password="gunung biru tinggi")
    tables = await _rows(house, "SELECT name FROM sqlite_master WHERE type = 'table'")
    for (table,) in tables:
        assert "gunung biru" not in str(await _rows(house, f"SELECT * FROM [{table}]"))


async def test_a_broken_off_sign_up_goes_on_where_it_was(house: House, browser: Browser) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await browser.visit(f"/g/{code}/tempat?desa={SUKARESMI}")
    await browser.send(f"/g/{code}/tempat", {"rt": "3", "rw": "5"})
    house.clock.pass_by(timedelta(days=6, hours=23))
    assert (await browser.visit(f"/g/{code}")).address == f"/g/{code}/setuju"
    house.clock.pass_by(timedelta(hours=2))
    assert (await browser.visit(f"/g/{code}")).address == f"/g/{code}"


async def test_no_screen_can_be_skipped(house: House, browser: Browser) -> None:
    code = await house.code()
    assert (await browser.visit(f"/g/{code}/akun")).address == f"/g/{code}"
    await browser.send(f"/g/{code}")
    assert (await browser.visit(f"/g/{code}/akun")).address == f"/g/{code}/tempat"


async def test_the_landing_page_names_the_place_and_no_person(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code(), name="Rahayu Wulandari")
    user = UserId(next(iter(house.synapse.accounts)))
    async with house.store.read() as db:
        found = await member.by_user(db, user)
        assert found is not None
        code = await referral.own_code(db, found.id)
    page = await (await house.open_browser()).visit(f"/g/{code}")
    assert "RT 003/RW 005, Desa Sukaresmi, Kec. Cikarang Selatan" in page.text
    assert "Rahayu" not in page.text
    assert user not in page.text


async def test_an_invitation_fills_the_place_in(house: House, browser: Browser) -> None:
    async with house.store.write() as db:
        await wilayah.declare(db, RT)
    code = await house.code(RT)
    await browser.visit(f"/g/{code}")
    page = await browser.send(f"/g/{code}")
    assert {"desa": SUKARESMI, "rt": "003", "rw": "005"}.items() <= dict(page.form(f"/g/{code}/tempat").fields).items()


async def test_an_invitation_of_a_kecamatan_begins_the_choice_there(house: House, browser: Browser) -> None:
    code = await house.code(NodePath("32.16.19"))
    await browser.visit(f"/g/{code}")
    page = await browser.send(f"/g/{code}")
    assert f'value="{SUKARESMI}"' in page.text


@pytest.mark.parametrize(
    ("typed", "home"),
    [
        ({"rt": "3", "rw": "5"}, RT),
        ({"rt": "003/005", "rw": ""}, RT),
        ({"rt": "", "rw": "05"}, NodePath(f"{SUKARESMI}/RW005")),
        ({"rt": "12", "rw": ""}, NodePath(f"{SUKARESMI}/RT012")),
        ({"rt": "", "rw": ""}, SUKARESMI),
    ],
    ids=["both", "as on the KTP", "RW only", "RT only", "neither"],
)
async def test_rt_and_rw_are_understood_as_people_write_them(
    house: House, browser: Browser, typed: dict[str, str], home: NodePath
) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await browser.visit(f"/g/{code}/tempat?desa={SUKARESMI}")
    await browser.send(f"/g/{code}/tempat", typed)
    [(answers,)] = await _rows(house, "SELECT json_extract(answers, '$.home') FROM signup")
    assert answers == home


async def test_a_pasted_address_brings_rt_and_rw_along(house: House, browser: Browser) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    address = "jl margonda raya 100 rt 3/5 kemiri muka beji depok"
    assert str(KEMIRI_MUKA) in (await browser.visit(f"/g/{code}/tempat?q={address}")).text
    page = await browser.visit(f"/g/{code}/tempat?q={address}&desa={KEMIRI_MUKA}")
    assert {"rt": "003", "rw": "005"}.items() <= dict(page.form(f"/g/{code}/tempat").fields).items()


async def test_a_village_can_be_chosen_level_by_level(house: House, browser: Browser) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    for inside, offered in (("ID", "32"), ("32", "32.16"), ("32.16", "32.16.19"), ("32.16.19", SUKARESMI)):
        assert f'value="{offered}"' in (await browser.visit(f"/g/{code}/tempat?dalam={inside}")).text
    page = await browser.visit(f"/g/{code}/tempat?dalam={SUKARESMI}")
    assert ("desa", SUKARESMI) in page.form(f"/g/{code}/tempat").fields


async def test_the_generated_passphrase_is_the_one_that_was_shown(house: House, browser: Browser) -> None:
    code = await house.code()
    await sign_up(browser, code, name="")
    shown = browser.page.text.split('class="secret">')[1].split("<")[0]
    await browser.send(f"/g/{code}/akun", {"nama": "Budi", "buatan": "ya"})
    [account] = house.synapse.accounts.values()
    assert account.password == shown
    assert shown in browser.page.text  # once more, to be written down


async def test_recovery_words_are_shown_until_they_are_written_down(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    words = browser.page.text.count("<li>", browser.page.text.index('class="words"'))
    assert words >= 8
    page = await browser.send("/komunitas/tercatat")
    assert "Kata pemulihan" not in page.text


async def test_sending_the_last_screen_twice_makes_one_member(house: House, browser: Browser) -> None:
    code = await house.code()
    await sign_up(browser, code, name="")
    form = {**dict(browser.page.form(f"/g/{code}/akun").fields), "nama": "Budi", "buatan": "ya"}
    await asyncio.gather(*(browser.client.post(f"/g/{code}/akun", data=form) for _ in range(2)))
    assert await _rows(house, "SELECT count(*) FROM member") == [(1,)]
    assert len(house.synapse.accounts) == 1


async def test_an_end_whose_answer_was_lost_can_be_sent_again(house: House, browser: Browser) -> None:
    code = await house.code()
    await sign_up(browser, code, name="")
    form = {**dict(browser.page.form(f"/g/{code}/akun").fields), "nama": "Budi", "buatan": "ya"}
    cookies = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    await browser.client.post(f"/g/{code}/akun", data=form)
    browser.client.session.cookie_jar.clear()  # the answer never came
    answer = await browser.client.post(f"/g/{code}/akun", data=form, cookies=cookies)
    assert answer.url.path == "/komunitas"
    assert "Kata pemulihan" in await answer.text()
    assert await _rows(house, "SELECT count(*) FROM member") == [(1,)]


async def test_a_stock_client_s_account_becomes_a_member_without_a_new_password(house: House, browser: Browser) -> None:
    code = await house.code()
    house.synapse.stock_client("@abc234de:kamar.test", "kata sandi lama", code)
    await browser.visit("/masuk")
    page = await browser.send("/masuk", {"akun": "abc234de", "sandi": "kata sandi lama"})
    assert page.address == f"/g/{code}"
    await browser.send(f"/g/{code}")
    await browser.visit(f"/g/{code}/tempat?desa={SUKARESMI}")
    await browser.send(f"/g/{code}/tempat", {"rt": "", "rw": ""})
    page = await browser.send(f"/g/{code}/setuju", {"umur": "17", "setuju": ["account", "messages"]})
    assert 'name="sandi"' not in page.text
    page = await browser.send(f"/g/{code}/akun", {"nama": "Budi"})
    assert page.address == "/komunitas"
    [account] = house.synapse.accounts.values()
    assert (account.display_name, account.password) == ("Budi", "kata sandi lama")


async def test_while_synapse_starts_the_last_step_waits_in_the_browser(house: House, browser: Browser) -> None:
    house.synapse.down = True
    code = await house.code()
    page = await sign_up(browser, code)
    assert page.status == 503
    assert "mencoba lagi sendiri" in page.text
    assert f'url=/g/{code}/akun?lagi=1"' in page.text
    assert "gunung biru" not in page.text
    house.synapse.down = False
    page = await browser.visit(f"/g/{code}/akun?lagi=1")
    assert page.address == "/komunitas"
    [account] = house.synapse.accounts.values()
    assert account.password == "gunung biru tinggi"


async def test_a_full_disk_is_said_and_nothing_is_lost(house: House) -> None:
    code = await house.code()
    [(pages,)] = await _rows(house, "PRAGMA page_count")
    await _limit(house, pages)
    for _ in range(100):  # until the free space within the pages is used up
        newcomer = await house.open_browser()
        await newcomer.visit(f"/g/{code}")
        if (await newcomer.send(f"/g/{code}")).status == 507:
            break
    assert "Penyimpanan server penuh" in newcomer.page.text
    await _limit(house, 10 * pages)
    await newcomer.visit(f"/g/{code}")
    assert (await newcomer.send(f"/g/{code}")).address == f"/g/{code}/tempat"


async def _rows(house: House, query: str) -> list[tuple[Any, ...]]:
    async with house.store.read() as db:
        return [tuple(row) for row in await db.execute(text(query))]


async def _limit(house: House, pages: int) -> None:
    """Let the registry's file hold so many pages and no more."""
    await house.store.engine.dispose()
    event.listen(
        house.store.engine.sync_engine,
        "connect",
        lambda connection, _record: connection.execute(f"PRAGMA max_page_count = {pages}"),
    )


async def test_nobody_signs_up_or_is_renamed_under_the_name_of_an_officer_of_the_place(house: House) -> None:
    code = await house.code()
    officer, other = await house.open_browser(), await house.open_browser()
    await sign_up(officer, code, "Budi Santoso")
    async with house.store.write() as db:
        await mandates.appoint(db, MemberId(1), SUKARESMI, "koordinator", "SK 1", house.clock() - timedelta(days=1))
    refused = await sign_up(other, code, "8ud1 S4ntoso")
    assert refused.status == 422
    assert "sama dengan nama pengurus" in refused.text
    await other.send(f"/g/{code}/akun", {"nama": "Tono", "sandi": "gunung biru tinggi", "buatan": "tidak"})
    await other.visit("/saya")
    renamed = await other.send("/saya/nama", {"nama": "Bu-di Sаntoso"})  # a Cyrillic letter
    assert renamed.status == 422
    await officer.visit("/saya")
    assert (await officer.send("/saya/nama", {"nama": "Budi  Santoso"})).status == 200  # his own name
