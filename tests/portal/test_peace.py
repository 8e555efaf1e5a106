"""Reports, cases, appeals, rules and blocks in the portal: who may see and do what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kamar.ids import EventId, MemberId, NodePath, RoomId, UserId
from kamar.membership import Office
from kamar.organisation import profile
from kamar.peace import MeasureKind
from kamar.structure import RoomKey, RoomKind
from kamar_portal.peace import REPORTS_MOST
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import peace, peace_measure, seating
from kamar_store.peace import Said
from kamar_store.peace_measure import Wish
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

RW = NodePath(f"{SUKARESMI}/RW005")
RT = NodePath(f"{RW}/RT003")
CHAT = RoomKey(RT, RoomKind.OBROLAN)
EARLIER = timedelta(days=1)


class Street:
    """Four people of one RT, each with a browser, and their kamar."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.people: dict[str, MemberId] = {}
        self.room = 0


@pytest.fixture
async def street(house: House) -> Street:
    made = Street()
    code = await house.code()
    for name in ("Rudi", "Siti", "Budi", "Wati"):
        made.browsers[name] = await house.open_browser()
        await sign_up(made.browsers[name], code, name)
    async with house.store.write() as db:
        now = house.portal.clock()
        await seating.want_rooms(db, [CHAT], now)
        (room,) = [room for room in await seating.rooms_at(db, [RT]) if room.key == CHAT]
        await seating.opened(db, room, RoomId("!rt"), now)
        made.room = room.id
        for user in list(house.synapse.accounts):
            who = await members.by_user(db, user)
            assert who is not None
            made.people[who.display_name] = who.id
            await seating.want_seats(db, who.id, [room.id], now)
            await seating.seated(db, who.id, [room.id], now)
        await mandates.appoint(db, made.people["Budi"], RT, Office.KOORDINATOR, "SK", now - EARLIER)
        await mandates.appoint(db, made.people["Wati"], RW, Office.KOORDINATOR, "SK", now - EARLIER)
    return made


async def report(house: House, street: Street, about: str = "Rudi", by: str = "Siti") -> int:
    async with house.store.write() as db:
        room = await seating.room_by_row(db, street.room)
        assert room is not None
        said = Said(room, street.people[about], EventId("$rude"), "kamu bodoh")
        return await peace.write(
            db, profile(), said, street.people[by], "tidak enak dibaca", house.portal.clock(), "http://p"
        )


async def mute(house: House, street: Street, by: str = "Budi") -> int:
    async with house.store.write() as db:
        room = await seating.room_by_row(db, street.room)
        who = await members.by_id(db, street.people[by])
        assert room is not None
        assert who is not None
        wish = Wish(MeasureKind.MUTE, room, street.people["Rudi"], timedelta(days=3), "berkata kasar")
        return (await peace_measure.take(db, profile(), who, wish, house.portal.clock(), "http://p")).id


async def post(browser: Browser, address: str, **more: str) -> int:
    """Send a form that was never shown, with a token that is good."""
    token = dict((await browser.visit("/lapor")).form("/lapor").fields)["formulir"]
    answer = await browser.client.post(address, data={"formulir": token, "alasan": "sudah cukup", **more})
    return answer.status


@pytest.mark.parametrize(
    ("who", "status"),
    [("Budi", 200), ("Wati", 404), ("Siti", 404), ("Rudi", 404), (None, 401)],
    ids=["the coordinator", "one level up", "who reported", "the reported", "a stranger"],
)
async def test_a_case_is_seen_by_its_judge_alone(who: str | None, status: int, house: House, street: Street) -> None:
    number = await report(house, street)
    browser = street.browsers[who] if who else await house.open_browser()
    page = await browser.visit(f"/kasus/{number}")
    assert page.status == status
    assert ("kamu bodoh" in page.text) is (status == 200)
    assert "Siti" not in page.text if who == "Budi" else True
    listed = (await browser.visit("/kasus")).text
    assert (f"/kasus/{number}" in listed) is (status == 200)


async def test_a_case_that_is_not_there_looks_like_one_of_others(house: House, street: Street) -> None:
    number = await report(house, street)
    pages = [await street.browsers["Siti"].visit(f"/kasus/{each}") for each in (number, 9999)]
    assert pages[0].status == pages[1].status == 404


async def test_a_coordinator_decides_with_reason_and_end(house: House, street: Street) -> None:
    number = await report(house, street)
    browser = street.browsers["Budi"]
    page = await browser.visit(f"/kasus/{number}")
    assert 'value="ban"' not in page.text
    page = await browser.send(f"/kasus/{number}/tindakan", {"apa": "mute", "lama": "72", "alasan": "ya"})
    assert page.status == 422
    assert "Tulis alasannya" in page.text
    page = await browser.send(f"/kasus/{number}/tindakan", {"apa": "ban", "lama": "24", "alasan": "berkata kasar"})
    assert "satu tingkat di atas Anda" in page.text
    page = await browser.send(f"/kasus/{number}/tindakan", {"apa": "mute", "lama": "720", "alasan": "berkata kasar"})
    assert "Paling lama 7 hari" in page.text
    page = await browser.send(f"/kasus/{number}/tindakan", {"apa": "mute", "lama": "72", "alasan": "berkata kasar"})
    assert re.search("Dibisukan, sampai .* pukul", page.text)
    await browser.send(f"/kasus/{number}/selesai")
    page = await browser.visit(f"/kasus/{number}")
    assert "sudah ditutup" in page.text
    assert "kamu bodoh" not in page.text


async def test_a_form_of_others_decides_nothing(house: House, street: Street) -> None:
    number = await report(house, street)
    for name in ("Rudi", "Siti", "Wati"):
        browser = street.browsers[name]
        page = await browser.visit("/lapor")
        token = dict(page.form("/lapor").fields)["formulir"]
        for path in ("tindakan", "selesai", "teruskan"):
            data = {"formulir": token, "apa": "mute", "lama": "1", "alasan": "karena saya mau"}
            answer = await browser.client.post(f"/kasus/{number}/{path}", data=data)
            assert answer.status == 404
    async with house.store.read() as db:
        assert await peace_measure.of_report(db, number) == []


async def test_a_case_handed_up_is_judged_there(house: House, street: Street) -> None:
    number = await report(house, street)
    await street.browsers["Budi"].visit(f"/kasus/{number}")
    await street.browsers["Budi"].send(f"/kasus/{number}/teruskan")
    assert (await street.browsers["Budi"].visit(f"/kasus/{number}")).status == 404
    assert 'value="ban"' in (await street.browsers["Wati"].visit(f"/kasus/{number}")).text


async def test_an_appeal_is_decided_one_level_up_and_answered(house: House, street: Street) -> None:
    number = await mute(house, street)
    rude = street.browsers["Rudi"]
    page = await rude.visit("/tentang-saya/tindakan")
    assert "berkata kasar" in page.text
    assert "diputuskan pengurus" in page.text
    page = await rude.send(f"/tentang-saya/tindakan/{number}/keberatan", {"alasan": ""})
    assert page.status == 422
    await rude.send(f"/tentang-saya/tindakan/{number}/keberatan", {"alasan": "saya minta maaf"})
    assert "sedang diperiksa" in (await rude.visit("/tentang-saya/tindakan")).text
    for name in ("Budi", "Siti", "Rudi"):
        assert (await street.browsers[name].visit(f"/kasus/keberatan/{number}")).status == 404
        assert await post(street.browsers[name], f"/kasus/keberatan/{number}", putusan="cabut") == 404
    above = street.browsers["Wati"]
    assert "saya minta maaf" in (await above.visit(f"/kasus/keberatan/{number}")).text
    await above.send(f"/kasus/keberatan/{number}", {"alasan": "sudah cukup", "putusan": "cabut"})
    page = await rude.visit("/tentang-saya/tindakan")
    assert "sudah cukup" in page.text
    assert "sudah tidak berlaku" in page.text
    assert (await above.visit(f"/kasus/keberatan/{number}")).status == 404


async def test_nobody_appeals_for_others(house: House, street: Street) -> None:
    number = await mute(house, street)
    assert await post(street.browsers["Siti"], f"/tentang-saya/tindakan/{number}/keberatan") == 404
    assert "Dibisukan" not in (await street.browsers["Siti"].visit("/tentang-saya/tindakan")).text


async def test_nobody_reports_all_day(house: House, street: Street) -> None:
    wish = {"kamar": str(street.room), "nama": "Rudi"}
    found = [await post(street.browsers["Siti"], "/lapor", **wish) for _ in range(REPORTS_MOST + 1)]
    assert (set(found[:-1]), found[-1]) == ({200}, 429)
    assert await post(street.browsers["Budi"], "/lapor", **wish) == 200


async def test_a_report_in_the_portal_needs_no_message(house: House, street: Street) -> None:
    browser = street.browsers["Siti"]
    await browser.visit("/lapor")
    page = await browser.send("/lapor", {"kamar": str(street.room), "nama": "Tidak Ada", "alasan": "mengganggu terus"})
    assert "tidak kami temukan" in page.text
    await browser.send("/lapor", {"kamar": str(street.room), "nama": "Rudi", "alasan": "mengganggu terus"})
    page = await street.browsers["Budi"].visit("/kasus")
    assert "Rudi" in page.text
    case = re.search(r"/kasus/(\d+)", page.text)
    assert case is not None
    assert "mengganggu terus" in (await street.browsers["Budi"].visit(case[0])).text


@pytest.mark.parametrize(("who", "status"), [("Budi", 200), ("Wati", 200), ("Siti", 403)])
async def test_rules_are_set_by_officers_and_show_what_they_refuse(
    who: str, status: int, house: House, street: Street
) -> None:
    browser = street.browsers[who]
    address = f"/kasus/aturan/{street.room}"
    page = await browser.visit(address)
    assert page.status == status
    if status == 200:
        await browser.send(address, {"kata": "togel*, Anjing", "banyak": "1", "detik": "x", "jam": "24"})
        page = await browser.visit(address)
        assert "togel*, anjing" in page.text
        assert re.search("“togelan” - <b>ditolak", page.text)
        assert re.search("Rapat RT besok.*” - diterima", page.text)
        assert dict(page.form(address).fields)["banyak"] == "3"


async def test_a_block_is_seen_by_nobody_else(house: House, street: Street) -> None:
    browser = street.browsers["Siti"]
    await browser.visit("/tentang-saya/blokir")
    await browser.send("/tentang-saya/blokir", {"kamar": str(street.room), "nama": "Rudi"})
    assert "Buka blokir Rudi" in (await browser.visit("/tentang-saya/blokir")).text
    for address in ("/saya", "/tentang-saya/blokir", "/tentang-saya/tindakan", "/komunitas"):
        assert "Siti" not in (await street.browsers["Rudi"].visit(address)).text
    await browser.visit("/tentang-saya/blokir")
    await browser.send("/tentang-saya/blokir/buka")
    assert "Buka blokir" not in (await browser.visit("/tentang-saya/blokir")).text


async def ban(house: House, street: Street) -> int:
    from kamar_store import peace_rule

    async with house.store.write() as db:
        room = await seating.room_by_row(db, street.room)
        who = await members.by_id(db, street.people["Wati"])
        assert room is not None
        assert who is not None
        wish = Wish(MeasureKind.BAN, room, street.people["Rudi"], timedelta(days=30), "menipu tetangga")
        number = (await peace_measure.take(db, profile(), who, wish, house.portal.clock(), "http://p")).id
        await peace_rule.ban_keys(db, number, street.people["Rudi"])
    return number


async def test_a_ban_survives_a_new_account_in_the_same_browser_until_it_ends(house: House, street: Street) -> None:
    await ban(house, street)
    code = await house.code()
    browser = street.browsers["Rudi"]
    await log_out(browser)
    page = await sign_up(browser, code, "Orang Lain")
    assert page.status == 403
    assert "sedang dikeluarkan" in page.text
    house.clock.pass_by(timedelta(days=31))
    assert (await sign_up(browser, await house.code(), "Orang Lain")).status == 200


async def test_a_neighbour_on_the_same_network_is_let_in_and_officers_get_a_hint(house: House, street: Street) -> None:
    await ban(house, street)
    page = await sign_up(await house.open_browser(), await house.code(), "Tetangga Baru")
    assert page.status == 200
    assert "Tetangga Baru" in (await street.browsers["Budi"].visit("/kasus")).text


async def test_the_code_of_a_banned_member_lets_nobody_in(house: House, street: Street) -> None:
    page = await street.browsers["Rudi"].visit("/ajak")
    found = re.search(r"/g/([0-9A-Z]{10})", page.text)
    assert found is not None
    await ban(house, street)
    page = await sign_up(await house.open_browser(), found[1], "Teman Rudi")
    assert "tidak berlaku" in page.text
    async with house.store.read() as db:
        assert await members.by_user(db, UserId("@teman:kamar.test")) is None


async def log_out(browser: Browser) -> None:
    await browser.visit("/saya")
    await browser.send("/keluar")
