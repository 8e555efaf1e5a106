"""Getting back in with nothing but a face: the story, and everybody who should not be able to tell it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from kamar.ids import MemberId, NodePath, RoomId
from kamar.membership import Office
from kamar.recovery import OFFICER_WAITS, Stage
from kamar.sentences import SENTENCES
from kamar.structure import RoomKey, RoomKind
from kamar_portal import recovery_meet
from kamar_portal.recovery_meet import scan_token
from kamar_portal.recovery_witness import AGAINST
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import recovery_request, seating, vault, vault_access, vault_key, vouch
from kamar_store.recovery import hash_of_token
from kamar_store.tables import member as member_table
from kamar_store.tables import outbox, seat
from kamar_store.tables import recovery_request as request_table
from kamar_store.vault import ContactKind
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

RT = NodePath(f"{SUKARESMI}/RW005/RT003")
NEW = "sawah hijau luas"


@dataclass
class Person:
    """A member and the browser that is logged in."""

    id: MemberId
    user: str
    browser: Browser


@dataclass
class Street:
    """The people of one RT: Dewi, who will lose her telephone, Siti, its coordinator, Budi and Ujang, neighbours."""

    house: House
    dewi: Person
    siti: Person
    budi: Person
    ujang: Person

    async def lost(self, typed: str = "Dewi") -> Browser:
        """Return a new telephone that shows its QR."""
        phone = await self.house.open_browser()
        await phone.visit("/lupa/tetangga")
        assert (await phone.send("/lupa/tetangga", {"nama": typed})).address == "/lupa/tetangga/tunggu"
        return phone

    async def qr(self, phone: Browser) -> str:
        """Return the address in the QR that the telephone shows now."""
        page = await phone.visit("/lupa/tetangga/tunggu")
        assert 'class="qr"' in page.text
        token = {cookie.key: cookie.value for cookie in phone.client.session.cookie_jar}["kamar_pulih"]
        stage = Stage.COORDINATOR if "Minta koordinator" in page.text else Stage.NEIGHBOUR
        return f"/tetangga/{scan_token(self.house.portal, hash_of_token(token), stage)}"

    async def confirm(self, witness: Person, address: str, **values: str) -> Page:
        """Scan a QR and say so; return what the witness sees."""
        page = await witness.browser.visit(address)
        if page.status != 200:
            return page
        return await witness.browser.send(address, {"bertemu": "ya", **values})

    async def met(self, phone: Browser) -> Browser:
        """Let both witnesses confirm."""
        assert "Terima kasih" in (await self.confirm(self.siti, await self.qr(phone))).text
        assert "Terima kasih" in (await self.confirm(self.budi, await self.qr(phone))).text
        return phone

    async def choose(self, phone: Browser, password: str = NEW) -> Page:
        """Choose a new password on the new telephone."""
        await phone.visit("/lupa/tetangga/tunggu")
        return await phone.send("/lupa/tetangga/sandi", {"sandi": password})

    def password(self) -> str | None:
        """Return Dewi's password."""
        return self.house.synapse.accounts[self.dewi.user].password

    async def warned(self) -> list[str]:
        """Return what the old devices were told, in order."""
        async with self.house.store.read() as db:
            rows = await db.execute(select(outbox.c.payload).where(outbox.c.kind == "warn").order_by(outbox.c.id))
            return [payload["what"] for payload in rows.scalars()]


@pytest.fixture
async def street(house: House) -> Street:
    vault_key.ensure(house.portal.site.state)
    people = {}
    for name in ("Dewi", "Siti", "Budi", "Ujang"):
        people[name] = await move_in(house, name)
    async with house.store.write() as db:
        await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], house.clock())
        [room] = await seating.rooms_at(db, [RT])
        await seating.opened(db, room, RoomId("!rt:kamar.test"), house.clock())
        for person in people.values():
            await sit(db, person, room.id, house)
        await mandates.appoint(db, people["Siti"].id, RT, Office.KOORDINATOR, "SK 1", house.clock())
        for person in (people["Siti"], people["Budi"], people["Ujang"]):
            await vouch.confirm(db, person.id, house.clock())
    return Street(house, people["Dewi"], people["Siti"], people["Budi"], people["Ujang"])


async def sit(db: seating.AsyncConnection, person: Person, room: int, house: House) -> None:
    """Give somebody a seat."""
    await seating.want_seats(db, person.id, [room], house.clock())
    await seating.seated(db, person.id, [room], house.clock())


async def move_in(house: House, name: str) -> Person:
    """Sign somebody up."""
    browser = await house.open_browser()
    await sign_up(browser, await house.code(), name=name)
    user = list(house.synapse.accounts)[-1]
    async with house.store.read() as db:
        found = await members.by_user(db, user)
    assert found
    return Person(found.id, user, browser)


def refused(page: Page, code: str) -> bool:
    """Tell whether a page refuses with the sentence of a code."""
    text = re.escape(SENTENCES[code]).replace(r"\{days\}", r"\d+")
    return page.status >= 400 and re.search(text, page.text) is not None


async def test_two_people_who_know_the_face_bring_a_member_back(street: Street) -> None:
    phone = await street.met(await street.lost())
    page = await phone.visit("/lupa/tetangga/tunggu")
    assert street.dewi.user in page.text
    page = await street.choose(phone)
    assert page.address == "/komunitas"
    assert 'class="words"' in page.text  # new recovery words, shown once
    assert street.password() == NEW
    assert (await street.dewi.browser.visit("/komunitas")).status == 401
    assert [user for user in street.house.synapse.devices.values() if user == street.dewi.user] == [street.dewi.user]
    assert await street.warned() == ["asked", "done"]
    async with street.house.store.write() as db:
        log = await vault_access.about(db, street.dewi.id)
        assert [(row.purpose, row.actor) for row in log if row.purpose.startswith("recovery")] == [
            ("recovery-coordinator", await vault_access.pseudonym(db, street.siti.id)),
            ("recovery-neighbour", await vault_access.pseudonym(db, street.budi.id)),
        ]


async def test_the_qr_says_nothing_and_changes_after_each_scan(street: Street) -> None:
    phone = await street.lost()
    first = await street.qr(phone)
    assert re.fullmatch(r"/tetangga/[0-9a-f]{32}", first)
    stranger = await street.house.open_browser()
    page = await stranger.visit(first)
    assert page.status == 401
    assert "Dewi" not in page.text
    await street.confirm(street.siti, first)
    assert await street.qr(phone) != first
    assert refused(await street.confirm(street.budi, first), "scan_unknown")


async def test_neither_a_neighbour_nor_a_stranger_can_be_the_first(street: Street) -> None:
    address = await street.qr(await street.lost())
    for witness in (street.budi, street.dewi):
        page = await street.confirm(witness, address)
        assert refused(page, "witness_first")
        assert "Dewi" not in (page.text if witness is street.budi else "")


@pytest.mark.parametrize("node", [f"{SUKARESMI}/RW005/RT001", "32.16.19.2004", "32.16", "32"])
async def test_a_coordinator_of_another_place_is_told_nothing(street: Street, node: str) -> None:
    other = await move_in(street.house, "Eko")
    async with street.house.store.write() as db:
        await mandates.appoint(db, other.id, NodePath(node), Office.KOORDINATOR, "SK 2", street.house.clock())
    page = await street.confirm(other, await street.qr(await street.lost()))
    assert refused(page, "witness_nobody") or refused(page, "witness_first")


async def test_a_mandate_that_has_ended_confirms_nobody(street: Street) -> None:
    from kamar_store.tables import mandate

    async with street.house.store.write() as db:
        await db.execute(update(mandate).values(ends_at=street.house.clock()))
    assert refused(await street.confirm(street.siti, await street.qr(await street.lost())), "witness_first")


async def test_nobody_confirms_himself(street: Street) -> None:
    address = await street.qr(await street.lost("Siti"))
    assert refused(await street.confirm(street.siti, address), "witness_self")
    phone = await street.lost()
    await street.confirm(street.siti, await street.qr(phone))
    assert refused(await street.confirm(street.dewi, await street.qr(phone)), "witness_self")


async def test_the_same_person_is_not_two_witnesses(street: Street) -> None:
    phone = await street.lost()
    await street.confirm(street.siti, await street.qr(phone))
    assert refused(await street.confirm(street.siti, await street.qr(phone)), "witness_twice")
    assert (await phone.visit("/lupa/tetangga/tunggu")).text.count('action="/lupa/tetangga/sandi"') == 0


async def test_nobody_is_the_second_witness_for_whom_no_neighbour_vouches(street: Street) -> None:
    phone = await street.lost()
    await street.confirm(street.siti, await street.qr(phone))
    newcomer = await move_in(street.house, "Sugeng")
    async with street.house.store.write() as db:
        [room] = await seating.rooms_at(db, [RT])
        await sit(db, newcomer, room.id, street.house)
        a_year_ago = street.house.clock() - timedelta(days=365)  # patience makes nobody a neighbour
        await db.execute(update(member_table).where(member_table.c.id == newcomer.id).values(joined_at=a_year_ago))
    page = await street.confirm(newcomer, await street.qr(phone))
    assert refused(page, "witness_new")
    assert "Dewi" not in page.text
    async with street.house.store.write() as db:
        await vouch.confirm(db, newcomer.id, street.house.clock())
    assert "Terima kasih" in (await street.confirm(newcomer, await street.qr(phone))).text


async def test_a_word_taken_back_while_one_confirms_counts(street: Street) -> None:
    phone = await street.lost()
    await street.confirm(street.siti, await street.qr(phone))
    token = {cookie.key: cookie.value for cookie in phone.client.session.cookie_jar}["kamar_pulih"]
    now = street.house.clock()
    async with street.house.store.write() as db:
        await vouch.forget(db, street.budi.id)
        found = await recovery_request.find(db, token)
        assert found
        door = (now, now + timedelta(minutes=30))
        assert not await recovery_request.second_confirmed(db, found, street.budi.id, "spent", door, now)
        assert await recovery_request.second_confirmed(db, found, street.ujang.id, "spent", door, now)


async def test_a_member_of_another_kamar_is_no_second_witness(street: Street) -> None:
    phone = await street.lost()
    await street.confirm(street.siti, await street.qr(phone))
    stranger = await move_in(street.house, "Sugeng")
    async with street.house.store.write() as db:
        await vouch.confirm(db, stranger.id, street.house.clock())
    page = await street.confirm(stranger, await street.qr(phone))
    assert refused(page, "witness_stranger")
    assert "Dewi" not in page.text
    async with street.house.store.write() as db:
        await db.execute(update(seat).where(seat.c.member == street.budi.id).values(state="left"))
    assert refused(await street.confirm(street.budi, await street.qr(phone)), "witness_stranger")
    assert "Terima kasih" in (await street.confirm(street.ujang, await street.qr(phone))).text


async def test_nothing_is_confirmed_without_saying_so(street: Street) -> None:
    address = await street.qr(await street.lost())
    await street.siti.browser.visit(address)
    page = await street.siti.browser.send(address, {})
    assert refused(page, "witness_unsaid")
    answer = await street.siti.browser.client.post(address, data={"bertemu": "ya"})  # from another site
    assert answer.status == 403


async def test_no_password_is_chosen_before_both_have_confirmed(street: Street) -> None:
    phone = await street.lost()
    for confirm in (False, True):
        if confirm:
            await street.confirm(street.siti, await street.qr(phone))
        form = dict((await phone.visit("/lupa")).form("/bahasa").fields)
        answer = await phone.client.post("/lupa/tetangga/sandi", data={**form, "sandi": NEW})
        assert answer.status == 410
    assert street.password() != NEW


async def test_whoever_photographs_the_qr_can_not_choose_the_password(street: Street) -> None:
    phone = await street.lost()
    first = await street.qr(phone)
    await street.met(phone)
    thief = await street.house.open_browser()
    thief.client.session.cookie_jar.update_cookies(
        {"kamar_pulih": first.rpartition("/")[2]}, thief.client.make_url("/")
    )
    assert (await thief.visit("/lupa/tetangga/tunggu")).status == 410


async def test_a_confirmed_request_is_good_for_one_password(street: Street) -> None:
    phone = await street.met(await street.lost())
    await phone.visit("/lupa/tetangga/tunggu")
    form = dict(phone.page.form("/lupa/tetangga/sandi").fields)
    answers = await asyncio.gather(
        *(
            phone.client.post(
                "/lupa/tetangga/sandi", data={**form, "sandi": f"sandi nomor {turn} baru"}, allow_redirects=False
            )
            for turn in range(4)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 410, 410, 410]


async def test_a_synapse_that_is_down_does_not_use_the_request_up(street: Street) -> None:
    phone = await street.met(await street.lost())
    await phone.visit("/lupa/tetangga/tunggu")
    street.house.synapse.down = True
    assert (await phone.send("/lupa/tetangga/sandi", {"sandi": NEW})).status == 503
    street.house.synapse.down = False
    assert (await street.choose(phone)).address == "/komunitas"


@pytest.mark.parametrize("witness", ["coordinator", "neighbour"])
async def test_of_two_who_confirm_at_once_one_counts(street: Street, witness: str) -> None:
    phone = await street.lost()
    pair = [street.siti, street.ujang]
    if witness == "coordinator":
        async with street.house.store.write() as db:
            await mandates.appoint(db, street.ujang.id, RT, Office.KOORDINATOR, "SK 2", street.house.clock())
    else:
        await street.confirm(street.siti, await street.qr(phone))
        pair = [street.budi, street.ujang]
    address = await street.qr(phone)
    forms = [dict((await each.browser.visit(address)).form(address).fields) for each in pair]
    answers = await asyncio.gather(
        *(
            each.browser.client.post(address, data={**form, "bertemu": "ya"})
            for each, form in zip(pair, forms, strict=True)
        )
    )
    texts = [await answer.text() for answer in answers]
    assert sum("Terima kasih" in text for text in texts) == 1
    assert sum(SENTENCES["scan_unknown"] in text for text in texts) == 1
    async with street.house.store.read() as db:
        row = (await db.execute(select(request_table))).one()
    assert len({row.subject, row.coordinator, row.neighbour}) == 3
    assert (await street.warned()).count("asked") == 1


@pytest.mark.parametrize("step", ["coordinator", "neighbour", "password"])
async def test_everything_runs_out_after_half_an_hour(street: Street, step: str) -> None:
    phone = await street.lost()
    address = await street.qr(phone)
    if step == "neighbour":
        await street.confirm(street.siti, address)
        address = await street.qr(phone)
    if step == "password":
        await street.met(phone)
    await phone.visit("/lupa/tetangga/tunggu")
    street.house.clock.pass_by(timedelta(minutes=30))
    if step == "password":
        page = await phone.send("/lupa/tetangga/sandi", {"sandi": NEW})
        assert page.status == 410
    else:
        witness = street.siti if step == "coordinator" else street.budi
        assert refused(await street.confirm(witness, address), "scan_unknown")
    assert street.password() != NEW
    assert "Waktunya habis" in (await phone.visit("/lupa/tetangga/tunggu")).text


async def appoint_dewi(street: Street) -> None:
    """Make Dewi an officer."""
    async with street.house.store.write() as db:
        await mandates.appoint(db, street.dewi.id, RT, Office.KOORDINATOR, "SK 3", street.house.clock())


@pytest.mark.parametrize("kind", ["mandate", "administrator"])
async def test_an_officer_waits_a_day_while_the_old_device_can_object(street: Street, kind: str) -> None:
    if kind == "mandate":
        await appoint_dewi(street)
    else:
        async with street.house.store.write() as db:
            await members.make_admin(db, street.dewi.id)
    phone = await street.met(await street.lost())
    assert "tunggu sehari" in (await phone.visit("/lupa/tetangga/tunggu")).text
    form = dict((await phone.visit("/lupa")).form("/bahasa").fields)
    street.house.clock.pass_by(OFFICER_WAITS - timedelta(seconds=1))
    answer = await phone.client.post("/lupa/tetangga/sandi", data={**form, "sandi": NEW})
    assert answer.status == 410
    assert await street.warned() == ["asked", "officer"]
    street.house.clock.pass_by(timedelta(seconds=1))
    assert (await street.choose(phone)).address == "/komunitas"
    assert street.password() == NEW


@pytest.mark.parametrize("page", ["/komunitas", "/saya", "/saya/kunci"])
async def test_the_old_device_sees_it_and_can_cancel(street: Street, page: str) -> None:
    await appoint_dewi(street)
    assert "Ada yang ingin masuk sebagai Anda" not in (await street.dewi.browser.visit(page)).text
    phone = await street.met(await street.lost())
    assert "Ada yang ingin masuk sebagai Anda" in (await street.dewi.browser.visit(page)).text
    assert "Ada yang ingin masuk sebagai Anda" not in (await street.ujang.browser.visit(page)).text
    await street.dewi.browser.send("/saya/kunci/batal")
    street.house.clock.pass_by(OFFICER_WAITS)
    assert "Dibatalkan dari perangkat lama" in (await phone.visit("/lupa/tetangga/tunggu")).text
    form = dict((await phone.visit("/lupa")).form("/bahasa").fields)
    assert (await phone.client.post("/lupa/tetangga/sandi", data={**form, "sandi": NEW})).status == 410
    assert street.password() != NEW


async def test_only_the_member_can_cancel(street: Street) -> None:
    phone = await street.met(await street.lost())
    form = dict((await street.ujang.browser.visit("/saya")).form("/saya/hemat").fields)
    await street.ujang.browser.client.post("/saya/kunci/batal", data={"formulir": form["formulir"]})
    assert (await street.choose(phone)).address == "/komunitas"


@pytest.mark.parametrize("typed", ["Dewi", "dewi", "Tidak Ada", "{user}", "'; DROP TABLE member", "😀" * 200])
async def test_the_new_telephone_learns_nothing_about_who_exists(street: Street, typed: str) -> None:
    phone = await street.lost(typed.format(user=street.dewi.user))
    text = (await phone.visit("/lupa/tetangga/tunggu")).text
    assert "Minta koordinator memindai" in text
    assert typed not in text


@pytest.mark.parametrize("typed", ["dewi", "  Dewi ", "{user}", "{name}"])
async def test_a_name_is_found_however_it_is_written(street: Street, typed: str) -> None:
    user = street.dewi.user
    phone = await street.lost(typed.format(user=user, name=user[1:].split(":")[0]))
    assert "Benarkah ini Dewi?" in (await street.siti.browser.visit(await street.qr(phone))).text


async def test_of_two_of_one_name_the_coordinator_says_which(street: Street) -> None:
    namesake = await move_in(street.house, "Dewi")
    phone = await street.lost()
    address = await street.qr(phone)
    assert refused(await street.confirm(street.siti, address), "witness_unsaid")
    far = await move_in(street.house, "Jauh")
    async with street.house.store.write() as db:
        await db.execute(update(member_table).where(member_table.c.id == far.id).values(home="32.76.06.1003"))
    assert refused(await street.confirm(street.siti, address, siapa=str(far.id)), "witness_unsaid")
    await street.confirm(street.siti, address, siapa=str(street.dewi.id))
    await street.confirm(street.budi, await street.qr(phone))
    await street.choose(phone)
    assert street.password() == NEW
    assert street.house.synapse.accounts[namesake.user].password != NEW


async def test_the_coordinator_sees_two_digits_of_the_number_and_it_is_logged(street: Street) -> None:
    keys = vault_key.load(street.house.portal.site.state)
    async with street.house.store.write() as db:
        await vault.keep(db, keys, street.dewi.id, ContactKind.PHONE, "+6281298765432", street.house.clock())
    phone = await street.lost()
    page = await street.siti.browser.visit(await street.qr(phone))
    assert "+62 ••• 32" in page.text
    assert "98765" not in page.text
    await street.siti.browser.send(page.address, {"bertemu": "ya"})
    assert "+62" not in (await street.budi.browser.visit(await street.qr(phone))).text
    async with street.house.store.write() as db:
        reads = [row for row in await vault_access.about(db, street.dewi.id) if row.purpose == "witness"]
        assert [row.actor for row in reads] == [await vault_access.pseudonym(db, street.siti.id)]


async def test_guessing_a_qr_is_stopped(street: Street) -> None:
    statuses = [(await street.budi.browser.visit(f"/tetangga/{number:032x}")).status for number in range(31)]
    assert statuses == [410] * 30 + [429]


async def test_requests_from_one_place_and_about_one_member_are_limited(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    for turn in range(AGAINST.most + 1):
        page = await street.confirm(street.siti, await street.qr(await street.lost()))
        assert (page.status == 429) == (turn == AGAINST.most)
    assert len(await street.warned()) == AGAINST.most
    async with street.house.store.read() as db:
        asked = (await db.execute(select(func.count()).select_from(request_table))).scalar_one()
    statuses = []
    for _ in range(recovery_meet.ASKED.most - asked + 1):
        phone = await street.house.open_browser()
        await phone.visit("/lupa/tetangga")
        statuses.append((await phone.send("/lupa/tetangga", {"nama": "Dewi"})).status)
    assert statuses[-2:] == [200, 429]
