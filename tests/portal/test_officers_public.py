"""What everybody may know: who leads a place, with a name only by consent; whether an account is an officer's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kamar.consent import OFFICER_PUBLIC, Answer
from kamar.ids import NodePath
from kamar.node import Axis
from kamar_portal.officers_public import MISSES
from kamar_store import consent, node
from kamar_store import member as members
from tests.portal.conftest import House
from tests.portal.officers import ACCOUNTS, KECAMATAN, RT, Town, town
from tests.portal.village import SUKARESMI

__all__ = ["town"]

WORKPLACE = NodePath("kerja/maju-jaya")


async def agree(town: Town, who: str, *, given: bool) -> None:
    async with town.house.store.write() as db:
        answer = Answer(OFFICER_PUBLIC, given)
        await consent.say(db, town.people[who].id, answer, "portal", town.house.clock())


async def workplace(town: Town) -> None:
    """Give the neighbour an office in a workplace."""
    house = town.house
    async with house.store.write() as db:
        await node.create(db, house.portal.site.organisation, WORKPLACE, "PT Maju Jaya", house.clock())
    await town.office("warga", "koordinator-puk", WORKPLACE)


def bare(text: str) -> str:
    """Return a page without what is new on each."""
    return re.sub(r'(value|content)="[^"]*"|/p/[^"<]*', "", text)


async def test_a_place_shows_who_leads_it_but_names_nobody_who_did_not_agree(town: Town) -> None:
    browser = await town.browse("asing")
    page = await browser.visit(f"/p/{KECAMATAN}")
    assert page.status == 200
    assert "Ketua Exco" in page.text
    assert "Terisi" in page.text
    assert "SK 1" in page.text
    assert "21 November 2026" in page.text
    assert page.text.count("</b>Terisi<small>") == 2
    assert not any(account in page.text for account in ACCOUNTS.values())


async def test_a_name_appears_with_consent_and_vanishes_without(town: Town) -> None:
    browser = await town.browse("asing")
    await agree(town, "bendahara", given=True)
    assert "<b>Bendahara Exco</b>Bendahara" in (await browser.visit(f"/p/{KECAMATAN}")).text
    await agree(town, "bendahara", given=False)
    assert "<b>Bendahara Exco</b>Terisi" in (await browser.visit(f"/p/{KECAMATAN}")).text


async def test_an_officer_says_in_the_portal_whether_he_is_named(town: Town) -> None:
    browser = await town.browse("bendahara")
    await browser.visit("/pengurus")
    await browser.send("/pengurus/nama", {"setuju": "ya"})
    async with town.house.store.read() as db:
        assert await consent.agreed(db, [town.people["bendahara"].id], OFFICER_PUBLIC.key)
    await browser.send("/pengurus/nama", {"setuju": []})
    async with town.house.store.read() as db:
        assert not await consent.agreed(db, [town.people["bendahara"].id], OFFICER_PUBLIC.key)


async def test_a_workplace_an_unknown_place_and_an_rt_without_officers_answer_alike(town: Town) -> None:
    await workplace(town)
    browser = await town.browse("asing")
    pages = [await browser.visit(f"/p/{path}") for path in (WORKPLACE, "kerja/tidak-ada", RT, "99.99", "x/../y")]
    assert {page.status for page in pages} == {404}
    assert len({bare(page.text) for page in pages}) == 1


async def test_an_rt_is_shown_once_somebody_leads_it(town: Town) -> None:
    await town.office("warga", "koordinator", RT)
    page = await (await town.browse("asing")).visit(f"/p/{RT}")
    assert page.status == 200
    assert "Koordinator Kamar" in page.text


@pytest.mark.parametrize("typed", ["{}", "@{}", "@{}:kamar.test", " {} "])
async def test_an_officers_account_is_proved(town: Town, typed: str) -> None:
    browser = await town.browse("asing")
    page = await browser.visit(f"/cek?akun={typed.format(ACCOUNTS['ketua'])}")
    assert "pengurus resmi" in page.text
    assert "Ketua Exco" in page.text
    assert "Kec. Cikarang Selatan" in page.text


async def test_a_member_an_unknown_name_and_a_workplace_officer_answer_alike(town: Town) -> None:
    await workplace(town)
    browser = await town.browse("asing")
    names = (ACCOUNTS["warga"], ACCOUNTS["calon"], "zzzzzz22")
    pages = [await browser.visit(f"/cek?akun={name}") for name in names]
    texts = {bare(page.text.replace(name, "X")) for page, name in zip(pages, names, strict=True)}
    assert len(texts) == 1
    assert "bukan akun pengurus" in texts.pop()


async def test_an_office_that_is_over_proves_nobody(town: Town) -> None:
    town.house.clock.pass_by(timedelta(days=301))
    page = await (await town.browse("asing")).visit(f"/cek?akun={ACCOUNTS['ketua']}")
    assert "bukan akun pengurus" in page.text
    page = await (await town.browse("asing")).visit(f"/p/{KECAMATAN}")
    assert "Belum ada pengurus resmi" in page.text


async def test_who_tries_names_is_stopped_and_who_asks_for_officers_is_not(town: Town) -> None:
    browser = await town.browse("asing")
    for _ in range(3):
        assert (await browser.visit(f"/cek?akun={ACCOUNTS['ketua']}")).status == 200
    for number in range(MISSES.most):
        await browser.client.get(f"/cek?akun=aaaaaa{'abcdefghijklmnopqrstuvwxyz'[number % 26] * 2}")
    assert (await browser.visit("/cek?akun=bbbbbb22")).status == 429


async def test_an_administrator_is_shown_no_workplace(town: Town) -> None:
    await workplace(town)
    async with town.house.store.write() as db:
        await members.make_admin(db, town.people["calon"].id)
    browser = await town.browse("calon")
    assert "Maju Jaya" not in (await browser.visit("/pengurus?cari=maju")).text
    assert (await browser.visit(f"/pengurus/tempat/{WORKPLACE}")).status == 404
    assert (await (await town.browse("warga")).visit(f"/pengurus/tempat/{WORKPLACE}")).status == 200


def test_workplaces_are_the_axis_that_is_hidden(house: House) -> None:
    hidden = {axis for axis, rules in house.portal.site.organisation.axes.items() if rules.persona}
    assert hidden == {Axis.KERJA}


async def test_the_place_itself_leads_to_no_member(town: Town) -> None:
    page = await (await town.browse("asing")).visit(f"/p/{SUKARESMI}")
    assert page.status == 200
    assert "anggota" not in page.text.lower()
