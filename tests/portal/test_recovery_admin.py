"""An administrator's link for a member whom nobody near can confirm: the story, and who must not be able to tell it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kamar.membership import Office
from kamar.recovery import LINK_LASTS, OFFICER_WAITS
from kamar.sentences import SENTENCES
from kamar_portal.recovery_admin import AGAINST
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import vault_access
from kamar_store.tables import recovery_request
from tests.portal.browser import Browser, Page
from tests.portal.conftest import House
from tests.portal.test_recovery_meet import NEW, RT, Person, Street, move_in, refused
from tests.portal.test_recovery_meet import street as street  # a fixture

PASSWORD = "gunung biru tinggi"
LINK = re.compile(r"/pulih/[\w-]{40,}")


@pytest.fixture
async def admin(street: Street) -> Person:
    """Let Ani administer the server."""
    ani = await move_in(street.house, "Ani")
    async with street.house.store.write() as db:
        await members.make_admin(db, ani.id)
    return ani


async def help_back(who: Person, name: str = "Dewi", **values: str) -> Page:
    """Ask for a link; ``values`` change what the form says."""
    page = await who.browser.visit("/kelola/pulih")
    if page.status != 200:
        return page
    page = await who.browser.send("/kelola/pulih", {"nama": name})
    chosen = re.search(r'name="siapa" value="(\d+)"', page.text)
    if chosen is None:
        return page
    said = {"nama": name, "siapa": chosen[1], "bertemu": "ya", "sandi_lama": PASSWORD}
    return await who.browser.send("/kelola/pulih", {**said, **values})


def link_in(page: Page) -> str:
    """Return the link that a page shows."""
    found = LINK.search(page.text)
    assert found, page.text
    return found[0]


async def links(house: House) -> int:
    """Return how many were ever made."""
    async with house.store.read() as db:
        rows = select(func.count()).select_from(recovery_request).where(recovery_request.c.administrator.is_not(None))
        return (await db.execute(rows)).scalar_one()


async def new_telephone(street: Street, link: str) -> Browser:
    """Return a telephone that opened a link."""
    phone = await street.house.open_browser()
    await phone.visit(link)
    return phone


async def test_an_administrator_lets_a_member_in_whom_nobody_near_can_confirm(street: Street, admin: Person) -> None:
    link = link_in(await help_back(admin))
    assert "Ada yang ingin masuk sebagai Anda" in (await street.dewi.browser.visit("/saya")).text
    phone = await new_telephone(street, link)
    assert phone.page.address == "/lupa/tetangga/tunggu"
    assert (await street.choose(phone)).address == "/komunitas"
    assert street.password() == NEW
    assert (await street.dewi.browser.visit("/komunitas")).status == 401
    assert await street.warned() == ["link", "done"]
    async with street.house.store.write() as db:
        log = [row for row in await vault_access.about(db, street.dewi.id) if row.purpose == "recovery-admin"]
        assert [row.actor for row in log] == [await vault_access.pseudonym(db, admin.id)]
        assert await vault_access.first_broken(db) is None


@pytest.mark.parametrize("who", ["coordinator", "neighbour"])
async def test_only_administrators_make_such_links(street: Street, who: str) -> None:
    person = street.siti if who == "coordinator" else street.budi
    assert (await help_back(person)).status == 403
    form = dict((await person.browser.visit("/saya")).form("/saya/hemat").fields)
    said = {"formulir": form["formulir"], "nama": "Dewi", "siapa": str(street.dewi.id), "bertemu": "ya"}
    answer = await person.browser.client.post("/kelola/pulih", data={**said, "sandi_lama": PASSWORD})
    assert answer.status == 403
    assert await links(street.house) == 0


@pytest.mark.parametrize(
    ("values", "code"),
    [({"sandi_lama": "bukan ini"}, "password_wrong"), ({"bertemu": ""}, "witness_unsaid")],
    ids=["a borrowed telephone", "without saying so"],
)
async def test_no_link_is_made_by_mistake(street: Street, admin: Person, values: dict[str, str], code: str) -> None:
    assert refused(await help_back(admin, **values), code)
    assert await links(street.house) == 0
    assert await street.warned() == []


async def test_an_administrator_makes_none_for_himself_and_none_for_nobody(street: Street, admin: Person) -> None:
    assert refused(await help_back(admin, "Ani"), "witness_self")
    assert refused(await help_back(admin, "Tidak Ada"), "recovery_nobody")
    page = await help_back(admin, "Budi", siapa=str(admin.id))
    assert LINK.search(page.text) is None
    assert await links(street.house) == 0


@pytest.mark.parametrize("kind", ["mandate", "administrator"])
async def test_an_officers_link_opens_a_day_later_and_the_old_device_can_object(
    street: Street, admin: Person, kind: str
) -> None:
    async with street.house.store.write() as db:
        if kind == "mandate":
            await mandates.appoint(db, street.dewi.id, RT, Office.KOORDINATOR, "SK 3", street.house.clock())
        else:
            await members.make_admin(db, street.dewi.id)
    link = link_in(await help_back(admin))
    phone = await new_telephone(street, link)
    form = dict((await phone.visit("/lupa")).form("/bahasa").fields)
    street.house.clock.pass_by(OFFICER_WAITS - timedelta(seconds=1))
    assert (await phone.client.post("/lupa/tetangga/sandi", data={**form, "sandi": NEW})).status == 410
    assert await street.warned() == ["link_later"]
    await street.dewi.browser.visit("/saya")
    await street.dewi.browser.send("/saya/kunci/batal")
    street.house.clock.pass_by(timedelta(seconds=1))
    assert (await phone.client.post("/lupa/tetangga/sandi", data={**form, "sandi": NEW})).status == 410
    assert refused(await (await street.house.open_browser()).visit(link), "request_over")
    assert street.password() != NEW
    again = await new_telephone(street, link_in(await help_back(admin)))
    street.house.clock.pass_by(OFFICER_WAITS)
    assert (await street.choose(again)).address == "/komunitas"


async def test_a_link_is_good_for_one_password(street: Street, admin: Person) -> None:
    link = link_in(await help_back(admin))
    await street.choose(await new_telephone(street, link))
    assert refused(await (await street.house.open_browser()).visit(link), "request_over")


@pytest.mark.parametrize(
    ("after", "address"),
    [(LINK_LASTS - timedelta(seconds=1), "/komunitas"), (LINK_LASTS, "/lupa/tetangga/sandi")],
    ids=["in time", "too late"],
)
async def test_a_link_runs_out(street: Street, admin: Person, after: timedelta, address: str) -> None:
    phone = await new_telephone(street, link_in(await help_back(admin)))
    await phone.visit("/lupa/tetangga/tunggu")
    street.house.clock.pass_by(after)
    page = await phone.send("/lupa/tetangga/sandi", {"sandi": NEW})
    assert page.address == address
    assert (street.password() == NEW) == (address == "/komunitas")


async def test_the_request_of_a_telephone_is_no_link(street: Street) -> None:
    phone = await street.met(await street.lost())
    token = {cookie.key: cookie.value for cookie in phone.client.session.cookie_jar}["kamar_pulih"]
    assert refused(await (await street.house.open_browser()).visit(f"/pulih/{token}"), "request_over")


async def test_guessing_a_link_is_stopped(street: Street) -> None:
    thief = await street.house.open_browser()
    statuses = [(await thief.visit(f"/pulih/{number:043d}")).status for number in range(31)]
    assert statuses == [410] * 30 + [429]


async def test_links_to_one_account_are_few(street: Street, admin: Person) -> None:
    for turn in range(AGAINST.most + 1):
        page = await help_back(admin)
        assert (page.status == 429) == (turn == AGAINST.most)
    assert await links(street.house) == AGAINST.most
    assert SENTENCES["too_many_tries"].split("{")[0] in page.text
