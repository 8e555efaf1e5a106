"""Whom a team gathers, and until when guests stay: officers with the right, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.belonging import Gathered
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.organisation import Right
from kamar_store import belonging, delegation, gathering, node, treaty
from kamar_store import mandate as mandates
from tests.portal.officers import KECAMATAN, Town, town

__all__ = ["town"]

TEAM, OTHER = NodePath("tim/dapil-7"), NodePath("tim/dapil-8")
GUESTS = NodePath("aliansi/walhi")
NEIGHBOURS = NodePath("32.76.06")
ADDRESSES = (f"/pengurus/kumpul/{TEAM}", f"/pengurus/perjanjian/{GUESTS}")


@pytest.fixture
async def axes(town: Town) -> Town:
    """A team and an alliance, each with a coordinator; a neighbour's; and somebody with a lent right only."""
    now = town.house.clock()
    organisation = town.house.portal.site.organisation
    async with town.house.store.write() as db:
        for path, name in ((TEAM, "Dapil 7"), (OTHER, "Dapil 8"), (GUESTS, "Walhi")):
            await node.create(db, organisation, path, name, now)
    await town.office("ketua", "koordinator-tim", TEAM)
    await town.office("ketua", "koordinator-aliansi", GUESTS)
    await town.office("tetangga", "koordinator-tim", OTHER)
    async with town.house.store.write() as db:
        for path in (TEAM, GUESTS):
            until = now + timedelta(days=9)
            ketua, warga = town.people["ketua"], town.people["warga"]
            await delegation.lend(db, organisation, ketua, warga.id, path, Right.ANNOUNCE, until, now)
    return town


@pytest.mark.parametrize(
    ("who", "status"), [("ketua", 200), ("warga", 403), ("tetangga", 404), ("calon", 403), ("asing", 401)]
)
@pytest.mark.parametrize("address", ADDRESSES)
async def test_only_who_gives_the_offices_there_opens_the_page(axes: Town, who: str, status: int, address: str) -> None:
    assert (await (await axes.browse(who)).visit(address)).status == status


@pytest.mark.parametrize("who", ["warga", "tetangga", "calon", "bendahara"])
async def test_nobody_else_changes_anything(axes: Town, who: str) -> None:
    browser = await axes.browse(who)
    await browser.visit("/saya")
    token = browser.page.form("/saya/nama").fields[0][1]
    for address, form in (
        (f"/pengurus/kumpul/{TEAM}", {"wilayah": KECAMATAN, "siapa": "officers"}),
        (f"/pengurus/perjanjian/{GUESTS}", {"organisasi": "Walhi", "selesai": "2099-01-31"}),
    ):
        answer = await browser.client.post(address, data={"formulir": token, **form})
        assert answer.status in (403, 404)
    async with axes.house.store.read() as db:
        assert await gathering.sources(db, TEAM) == []
        assert await treaty.get(db, GUESTS) is None


async def test_the_own_officers_sit_in_the_team_and_leave_with_the_wilayah(axes: Town) -> None:
    browser, address = await axes.browse("ketua"), f"/pengurus/kumpul/{TEAM}"
    page = await browser.visit(f"/pengurus/tempat/{TEAM}")
    assert address in page.text
    await browser.visit(address)
    page = await browser.send(address, {"wilayah": KECAMATAN, "siapa": "officers"})
    assert "Cikarang Selatan" in page.text
    assert await seated(axes) == {axes.people["ketua"].id, axes.people["bendahara"].id}
    await browser.send(address, {"lepas": KECAMATAN})
    assert await seated(axes) == set()


async def test_officers_of_another_area_are_asked_before_they_sit_there(axes: Town) -> None:
    browser, address = await axes.browse("ketua"), f"/pengurus/kumpul/{TEAM}"
    await browser.visit(address)
    page = await browser.send(address, {"wilayah": NEIGHBOURS, "siapa": "officers"})
    assert "Menunggu pengurus di sana setuju" in page.text
    assert await seated(axes) == set()
    theirs = await axes.browse("tetangga")
    page = await theirs.visit("/komunitas/lain")
    await theirs.send("/komunitas/lain/samping/setuju", {"simpul": TEAM})
    assert await seated(axes) == {axes.people["tetangga"].id}


@pytest.mark.parametrize("who", ["warga", "tetangga", "bendahara"])
async def test_the_registry_itself_refuses_who_has_no_right(axes: Town, who: str) -> None:
    organisation, now = axes.house.portal.site.organisation, axes.house.clock()
    asker = axes.people[who]
    async with axes.house.store.write() as db:
        held = await mandates.held(db, asker, now)
        for refused in (
            gathering.add(db, organisation, (asker, held), TEAM, KECAMATAN, Gathered.OFFICERS, now),
            gathering.drop(db, organisation, held, TEAM, KECAMATAN, now),
            treaty.conclude_by(db, organisation, held, treaty.Treaty(GUESTS, "Walhi", now + timedelta(9)), now),
        ):
            with pytest.raises(KamarError, match="not_allowed"):
                await refused


async def test_naming_a_wilayah_again_takes_no_consent_back(axes: Town) -> None:
    browser, address = await axes.browse("ketua"), f"/pengurus/kumpul/{TEAM}"
    theirs = await axes.browse("tetangga")
    await browser.visit(address)
    await browser.send(address, {"wilayah": NEIGHBOURS, "siapa": "officers"})
    await theirs.visit("/komunitas/lain")
    await theirs.send("/komunitas/lain/samping/setuju", {"simpul": TEAM})
    await browser.send(address, {"lepas": "", "wilayah": NEIGHBOURS, "siapa": "officers"})
    assert await seated(axes) == {axes.people["tetangga"].id}


async def test_a_wilayah_that_never_was_is_refused_beside_its_field(axes: Town) -> None:
    browser, address = await axes.browse("ketua"), f"/pengurus/kumpul/{TEAM}"
    await browser.visit(address)
    page = await browser.send(address, {"wilayah": "99.99", "siapa": "officers"})
    assert page.status == 404
    assert 'id="wilayah-salah"' in page.text


async def test_a_treaty_is_concluded_prolonged_and_never_for_a_day_that_is_over(axes: Town) -> None:
    browser, address = await axes.browse("ketua"), f"/pengurus/perjanjian/{GUESTS}"
    now = axes.house.clock()
    await browser.visit(address)
    page = await browser.send(address, {"organisasi": "Walhi Jawa Barat", "selesai": f"{now - timedelta(2):%Y-%m-%d}"})
    assert (page.status, 'id="selesai-salah"' in page.text) == (422, True)
    for days in (30, 60):
        last = now + timedelta(days)
        page = await browser.send(address, {"organisasi": "Walhi Jawa Barat", "selesai": f"{last:%Y-%m-%d}"})
        assert "Perjanjian tersimpan." in page.text
        async with axes.house.store.read() as db:
            found = await treaty.get(db, GUESTS)
        assert found is not None
        assert timedelta(0) < found.until - last < timedelta(days=1)  # the last day counts whole


async def seated(axes: Town) -> set[int]:
    """Carry the gathering out, and return who sits in the team for its sake."""
    async with axes.house.store.write() as db:
        await gathering.gather(db, TEAM, axes.house.clock())
        assert all(each.who is Gathered.OFFICERS for each in await gathering.sources(db, TEAM))
        return set(await belonging.inside(db, TEAM, gathered=True))
