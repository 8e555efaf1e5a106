"""The newcomer test again, in a union: home is the workplace, nothing is asked about villages, no election law."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from kamar.belonging import Belonging
from kamar.ids import NodePath
from kamar.node import Axis, axis_of
from kamar.organisation import profile
from kamar.sentences import SENTENCES
from kamar_store import belonging, member
from kamar_store.member import Member
from kamar_store.tables import member as member_table
from tests.portal.browser import Browser, Page
from tests.portal.conftest import House

UNION = profile("serikat")


@pytest.fixture
async def union(house: House) -> House:
    """Make the house a union's."""
    site = dataclasses.replace(house.portal.site, organisation=UNION)
    object.__setattr__(house.portal, "site", site)
    return house


async def people(house: House) -> list[Member]:
    async with house.store.read() as db:
        rows = await db.execute(select(*member.COLUMNS).order_by(member_table.c.id))
        return [member.read(row) for row in rows]


async def state(house: House, who: Member) -> Belonging | None:
    async with house.store.read() as db:
        return (await belonging.states_of(db, who.id)).get(who.home)


async def finish(browser: Browser, code: str, name: str) -> Page:
    await browser.send(f"/g/{code}/setuju", {"umur": "17", "setuju": ["account", "messages"]})
    form = {"nama": name, "sandi": "gunung biru tinggi", "buatan": "tidak"}
    return await browser.send(f"/g/{code}/akun", form)


async def begin(house: House, code: str) -> Browser:
    browser = await house.open_browser()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    return browser


async def found_workplace(house: House) -> tuple[Browser, Member]:
    """Sign up with the server's own code, and open the first kamar of a workplace."""
    code = await house.code()
    browser = await begin(house, code)
    assert "Di mana Anda bekerja?" in browser.page.text
    assert "Desa" not in browser.page.text
    await browser.send(f"/g/{code}/tempat", {"kode": "x", "baru": "ya"})
    assert (await finish(browser, code, "Rekan Satu")).address == "/komunitas"
    return browser, (await people(house))[-1]


async def own_code(browser: Browser) -> str:
    page = await browser.visit("/ajak")
    return page.text.split("/g/")[1][:10]


async def test_the_first_of_a_workplace_opens_it_and_is_no_second_account(union: House) -> None:
    _browser, first = await found_workplace(union)
    assert axis_of(first.home) is Axis.KERJA
    assert not first.persona
    assert await state(union, first) is Belonging.IN


async def test_the_code_of_a_colleague_carries_the_workplace_and_two_let_the_third_in(union: House) -> None:
    browser, first = await found_workplace(union)
    code = await own_code(browser)
    newcomers = []
    for name in ("Rekan Dua", "Rekan Tiga"):
        other = await begin(union, code)
        assert other.page.address.endswith("/setuju")  # where he works, the code says
        assert (await finish(other, code, name)).address == "/komunitas"
        newcomers.append(((await people(union))[-1], other))
    (second, theirs), (third, waiting) = newcomers
    assert {first.home} == {second.home, third.home}
    assert await state(union, second) is Belonging.IN
    assert await state(union, third) is Belonging.ASKED  # one word: the code's owner
    assert "Menunggu izin rekan kerja" in (await waiting.visit("/komunitas")).text
    assert "Rekan Tiga ingin masuk" in (await theirs.visit("/komunitas/lain")).text
    await theirs.send("/komunitas/lain/izin", {"jawaban": "ya"})
    assert await state(union, third) is Belonging.IN


async def test_a_colleagues_code_may_be_typed_on_the_second_screen(union: House) -> None:
    browser, first = await found_workplace(union)
    code, theirs = await union.code(), await own_code(browser)
    other = await begin(union, code)
    page = await other.send(f"/g/{code}/tempat", {"kode": union.unused_code()})
    assert SENTENCES["code_unknown"] in page.text
    page = await other.send(f"/g/{code}/tempat", {"kode": code})
    assert SENTENCES["code_without_workplace"] in page.text
    await other.send(f"/g/{code}/tempat", {"kode": theirs})
    await finish(other, code, "Rekan Dua")
    assert (await people(union))[-1].home == first.home


async def test_the_api_signs_up_by_a_colleagues_code_alone(union: House) -> None:
    browser, first = await found_workplace(union)
    body = {"adult": True, "consent": ["account", "messages"], "display_name": "Rekan Dua"}
    client = (await union.open_browser()).client
    answer = await client.post("/api/v1/join", json={**body, "code": await union.code()})
    assert (await answer.json())["error"]["code"] == "code_without_workplace"
    answer = await client.post("/api/v1/join", json={**body, "code": await own_code(browser)})
    assert answer.status == 201
    assert (await answer.json())["home"] == first.home


async def test_there_is_neither_a_page_of_second_accounts_nor_one_of_moving(union: House) -> None:
    browser, _first = await found_workplace(union)
    assert (await browser.visit("/tempat-kerja")).status == 404
    assert (await browser.visit("/pindah")).status == 404
    for page in ("/komunitas", "/komunitas/lain", "/saya", "/ajak", "/jamin"):
        assert (await browser.visit(page)).status == 200, page


def test_a_union_has_its_own_offices_and_no_election_law() -> None:
    assert UNION.legal == frozenset()
    assert {Axis.TIM, Axis.SEKOLAH} & set(UNION.axes) == set()
    assert [office.title for office in UNION.offices_at(NodePath("kerja/maju/cikarang"))] == [
        "Ketua PUK",
        "Sekretaris PUK",
        "Bendahara PUK",
        "Koordinator Regu",
    ]
    assert "obrolan" not in UNION.rooms_at(NodePath("32.16.19.2005"))
