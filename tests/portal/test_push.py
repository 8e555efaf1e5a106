"""Pemberitahuan on the page Saya: what a browser must give, and that its word is good for its own member only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kamar.push import PushKind
from kamar.state import write_secret
from kamar_bridges.push_crypto import decode, encode, is_key, new_vapid_key
from kamar_store import push
from kamar_store.push_seal import push_seal
from kamar_store.tables import push_subscription
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House
from tests.portal.test_community import me
from tests.servers.push_service import FakeBrowser

ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
ON, OFF, KINDS = "/saya/pemberitahuan/nyala", "/saya/pemberitahuan/mati", "/saya/pemberitahuan"


@pytest.fixture
async def siti(house: House, browser: Browser) -> Browser:
    write_secret(house.portal.site.state.secret("vapid_key"), new_vapid_key())
    write_secret(house.portal.site.state.secret("portal_key"), "6b" * 32)
    await sign_up(browser, await house.code())
    return browser


def given(fake: FakeBrowser, **changed: str) -> dict[str, str | list[str]]:
    fields = {"endpoint": fake.endpoint, "p256dh": encode(fake.p256dh), "auth": encode(fake.auth)}
    return {**fields, **changed}


async def switch_on(browser: Browser, **changed: str) -> Page:
    await browser.visit("/saya")
    return await browser.send(ON, given(FakeBrowser(ENDPOINT), **changed))


async def stored(house: House) -> list[tuple[int, str]]:
    async with house.store.read() as db:
        found = await db.execute(select(push_subscription.c.member, push_subscription.c.sealed))
        return [(row.member, row.sealed) for row in found]


async def test_a_browser_that_is_switched_on_is_kept_sealed(house: House, siti: Browser) -> None:
    page = await switch_on(siti)
    [(number, sealed)] = await stored(house)
    who = await me(house)
    kept = push_seal(house.portal.site.state).open(sealed, who.id)
    assert kept is not None
    assert (number, kept.endpoint) == (who.id, ENDPOINT)
    assert "Menyala di 1 peramban." in page.text
    assert "data-here" in page.text
    assert ENDPOINT not in page.text


async def test_the_page_gives_browsers_the_servers_public_key(house: House, siti: Browser) -> None:
    page = await siti.visit("/saya")
    key = page.text.split('data-push="')[1].split('"')[0]
    assert is_key(decode(key))
    assert "data-here" not in page.text


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "http://fcm.googleapis.com/a"},
        {"endpoint": "https://127.0.0.1/a"},
        {"endpoint": "https://localhost/a"},
        {"endpoint": "https://fcm.googleapis.com:8008/a"},
        {"endpoint": ""},
        {"p256dh": ""},
        {"p256dh": encode(b"\x04" + b"\x01" * 64)},
        {"p256dh": "ü"},
        {"auth": encode(b"short")},
        {"auth": encode(b"x" * 17)},
    ],
    ids=str,
)
async def test_what_no_browser_gives_is_refused(house: House, siti: Browser, changed: dict[str, str]) -> None:
    page = await switch_on(siti, **changed)
    assert page.status == 422
    assert "Peramban ini tidak dapat dipanggil" in page.text
    assert await stored(house) == []


@pytest.mark.parametrize("address", [ON, OFF, KINDS])
async def test_another_site_switches_nothing(house: House, siti: Browser, address: str) -> None:
    await switch_on(siti)
    answer = await siti.client.post(address, data={"formulir": "x", **given(FakeBrowser(ENDPOINT + "x"))})
    assert answer.status == 403
    assert len(await stored(house)) == 1


async def test_logging_out_silences_this_browser(house: House, siti: Browser) -> None:
    await switch_on(siti)
    await siti.send("/keluar")
    assert await stored(house) == []


async def test_a_browser_is_switched_off_by_its_own_member_only(house: House, siti: Browser) -> None:
    await switch_on(siti)
    budi = await house.open_browser()
    await sign_up(budi, await house.code(), "Joko")
    await switch_on(budi, endpoint=ENDPOINT + "2")
    await budi.visit("/saya")
    page = await budi.send(OFF, {"mana": "semua"})
    assert "Menyala di 1" not in page.text
    assert [number for number, _ in await stored(house)] == [1]


async def test_kinds_are_switched_by_plain_boxes(house: House, siti: Browser) -> None:
    page = await siti.visit("/saya")
    assert page.text.count('name="jenis"') == len(PushKind)
    assert 'value="mention" checked' in page.text
    page = await siti.send(KINDS, {"jenis": ["siaran", "nonsense"]})
    assert 'value="siaran" checked' in page.text
    assert 'value="mention" checked' not in page.text
    async with house.store.read() as db:
        assert await push.wanted(db, (await me(house)).id) == {PushKind.SIARAN}


async def test_a_server_without_a_key_does_not_offer_it(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    assert "pemberitahuan" not in (await browser.visit("/saya")).text


async def test_data_saving_reaches_the_chat_on_and_off_once_it_was_chosen(house: House, siti: Browser) -> None:
    assert "hemat" not in await wish(siti)  # never chosen: the browser knows whether data is dear
    for chosen, says in (("ya", "hemat=1"), ([], "hemat=0"), ("ya", "hemat=1")):
        await siti.visit("/saya")
        await siti.send("/saya/hemat", {"hemat": chosen})
        assert says in await wish(siti)


async def wish(browser: Browser) -> str:
    page = await browser.visit("/komunitas")
    form = dict(page.form("/obrolan").fields)
    answer = await browser.client.post("/obrolan", data=form, allow_redirects=False)
    return answer.headers["Location"]
