"""Officers' pages: an officer sees and changes the own area; a neighbour's officer, a member and a stranger do not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kamar.ids import EventId, NodePath, RoomId
from kamar.mandate import Status, status
from kamar.organisation import OfficeCode
from kamar_store import greeter, peace, vacancy
from kamar_store import mandate as mandates
from tests.portal.officers import ACCOUNTS, KECAMATAN, RT, Town, town
from tests.portal.village import SUKARESMI

__all__ = ["town"]


async def test_an_officer_sees_the_own_area_and_opens_it_step_by_step(town: Town) -> None:
    browser = await town.browse("ketua")
    page = await browser.visit("/pengurus")
    assert "Kecamatan Cikarang Selatan" in page.text
    assert "Sukaresmi" not in page.text
    assert "Kosong: Sekretaris Exco" in page.text
    page = await browser.visit(f"/pengurus?buka={SUKARESMI}")
    assert "Desa Sukaresmi" in page.text
    assert "RW 005" in page.text
    piece = await browser.visit(f"/pengurus/cabang/{KECAMATAN}")
    assert piece.text.lstrip().startswith("<li>")
    assert "Desa Ciantra" in piece.text


@pytest.mark.parametrize(
    ("who", "status_code"),
    [("ketua", 200), ("bendahara", 200), ("koordinator", 200), ("tetangga", 404), ("warga", 403), ("asing", 401)],
)
@pytest.mark.parametrize("address", [f"/pengurus/tempat/{SUKARESMI}", f"/pengurus/cabang/{SUKARESMI}"])
async def test_only_officers_of_the_area_open_a_place(town: Town, who: str, status_code: int, address: str) -> None:
    browser = await town.browse(who)
    page = await browser.visit(address)
    assert page.status == status_code
    assert ("Koordinator" in page.text) is (status_code == 200)


async def test_a_neighbours_place_and_one_that_never_was_answer_alike(town: Town) -> None:
    browser = await town.browse("tetangga")
    theirs = await browser.visit(f"/pengurus/tempat/{SUKARESMI}")
    nowhere = await browser.visit("/pengurus/tempat/99.99.99.9999")
    assert (theirs.status, _bare(theirs.text)) == (nowhere.status, _bare(nowhere.text))


async def test_the_search_stays_within_the_own_area(town: Town) -> None:
    ours = await (await town.browse("ketua")).visit("/pengurus?cari=sukaresmi")
    theirs = await (await town.browse("tetangga")).visit("/pengurus?cari=sukaresmi")
    assert "1 tempat ditemukan" in ours.text
    assert "Tidak ada yang cocok" in theirs.text


async def test_an_appointment_is_previewed_before_it_is_made(town: Town) -> None:
    browser = await town.browse("ketua")
    address = f"/pengurus/tunjuk/{KECAMATAN}"
    await browser.visit(f"{address}?jabatan=sekretaris")
    page = await browser.send(address, {"jabatan": "sekretaris", "orang": ACCOUNTS["calon"], "sk": "07/SK/2026"})
    assert page.status == 200
    assert "Belum ada yang berubah" in page.text
    assert "Pengurus Kecamatan Cikarang Selatan" in page.text  # the room that the office opens
    assert await town.of("calon") == []
    page = await browser.send(address, {"langkah": "angkat"})
    assert "tersimpan=angkat" in page.address
    assert await town.of("calon") == [(KECAMATAN, "sekretaris")]


@pytest.mark.parametrize(
    ("who", "made"),
    [("ketua", True), ("bendahara", False), ("koordinator", False), ("tetangga", False), ("warga", False)],
)
async def test_only_who_has_the_right_appoints(town: Town, who: str, made: bool) -> None:
    browser = await town.browse(who)
    await browser.visit("/saya")
    token = browser.page.form("/saya/nama").fields[0][1]
    answer = await browser.client.post(
        f"/pengurus/tunjuk/{KECAMATAN}",
        data={"formulir": token, "jabatan": "sekretaris", "orang": ACCOUNTS["calon"], "langkah": "angkat"},
    )
    assert (answer.status == 200) is made
    assert bool(await town.of("calon")) is made


async def test_an_officer_finds_by_name_only_people_he_may_see(town: Town) -> None:
    browser = await town.browse("ketua")
    address = f"/pengurus/tunjuk/{KECAMATAN}"
    await browser.visit(address)
    hidden = await browser.send(address, {"jabatan": "sekretaris", "orang": "Calon"})
    assert "Tidak ada orang dengan nama itu" in hidden.text
    stranger = await browser.send(address, {"jabatan": "sekretaris", "orang": ACCOUNTS["tetangga"]})
    nobody = await browser.send(address, {"jabatan": "sekretaris", "orang": "zzzzzz22"})
    assert _bare(stranger.text.replace(ACCOUNTS["tetangga"], "X")) == _bare(nobody.text.replace("zzzzzz22", "X"))
    seen = await browser.send(address, {"jabatan": "sekretaris", "orang": "Koordinator"})
    assert "Belum ada yang berubah" in seen.text


async def test_a_taken_seat_is_refused_and_two_claims_freeze_it_until_the_level_above_decides(town: Town) -> None:
    await town.office("warga", "ketua", NodePath("32.16"))
    browser = await town.browse("warga")
    address = f"/pengurus/tunjuk/{KECAMATAN}"
    await browser.visit(address)
    page = await browser.send(address, {"jabatan": "bendahara", "orang": ACCOUNTS["calon"]})
    assert "Tetap angkat, bekukan keduanya" in page.text
    page = await browser.send(address, {"jabatan": "bendahara", "langkah": "klaim"})
    assert "dibekukan" in page.text
    assert await town.of("bendahara") == await town.of("calon") == []
    above = await town.browse("koordinator")
    await town.office("koordinator", "ketua", NodePath("32"))
    async with town.house.store.read() as db:
        there = await mandates.at_node(db, KECAMATAN, town.house.clock())
    mine = next(each for each in there if each.member == town.people["calon"].id)
    page = await above.visit(f"/pengurus/klaim/{mine.id}")
    assert "Bendahara" in page.text
    await above.send(f"/pengurus/klaim/{mine.id}")
    assert await town.of("calon") == [(KECAMATAN, "bendahara")]
    assert await town.of("bendahara") == []


async def test_an_office_is_ended_with_a_reason_and_stays_in_the_history(town: Town) -> None:
    browser = await town.browse("ketua")
    async with town.house.store.read() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
    address = f"/pengurus/akhiri/{found.id}"
    page = await browser.visit(address)
    assert "Haknya dicabut di" in page.text
    town.house.clock.pass_by(timedelta(hours=2))
    await browser.visit(address)
    page = await browser.send(address, {"alasan": "Pindah ke luar kota"})
    assert "tersimpan=akhiri" in page.address
    assert "Pindah ke luar kota" in page.text
    assert await town.of("koordinator") == []


@pytest.mark.parametrize("who", ["bendahara", "tetangga", "warga"])
async def test_nobody_without_the_right_ends_an_office(town: Town, who: str) -> None:
    async with town.house.store.read() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
    browser = await town.browse(who)
    await browser.visit("/saya")
    token = browser.page.form("/saya/nama").fields[0][1]
    answer = await browser.client.post(f"/pengurus/akhiri/{found.id}", data={"formulir": token, "alasan": "iseng"})
    assert answer.status in (403, 404)
    async with town.house.store.read() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
    assert status(found, town.house.clock()) is Status.IN_FORCE


async def test_one_right_is_lent_and_taken_back(town: Town) -> None:
    browser = await town.browse("ketua")
    address = f"/pengurus/pinjamkan/{KECAMATAN}"
    await browser.visit(address)
    day = (town.house.clock() + timedelta(days=20)).date().isoformat()
    page = await browser.send(address, {"hak": "announce", "orang": ACCOUNTS["warga"], "selesai": day})
    assert "menulis pengumuman" in page.text
    helper = await town.browse("warga")
    assert (await helper.visit("/pengurus")).status == 200
    await browser.send("/pengurus/pinjam/1/akhiri")
    assert (await helper.visit("/pengurus")).status == 403


async def test_a_member_offers_himself_and_the_level_above_takes_him(town: Town) -> None:
    member = await town.browse("warga")
    page = await member.visit("/komunitas")
    assert "Jabatan kosong" in page.text
    page = await member.visit("/jabatan")
    assert "RT 003" in page.text
    answer = await member.client.post(
        "/jabatan",
        data={**dict(page.form("/jabatan").fields), "tempat": str(RT), "jabatan": "koordinator", "kata": "Saya siap"},
    )
    assert "Tersimpan" in await answer.text()
    above = await town.browse("koordinator")
    page = await above.visit(f"/pengurus/tempat/{RT}")
    assert "Warga bersedia" in page.text
    assert "Saya siap" in page.text
    assert (await (await town.browse("tetangga")).visit("/pengurus/bersedia/1")).status == 404
    await above.visit("/pengurus/bersedia/1")
    await above.send("/pengurus/bersedia/1", {"jawaban": "terima", "sk": "3/2026"})
    assert await town.of("warga") == [(RT, "koordinator")]


async def test_nobody_offers_himself_for_a_place_he_does_not_live_in(town: Town) -> None:
    member = await town.browse("tetangga")
    page = await member.visit("/jabatan")
    fields = dict(page.form("/jabatan").fields)
    answer = await member.client.post("/jabatan", data={**fields, "tempat": str(RT), "jabatan": "koordinator"})
    assert answer.status == 422
    async with town.house.store.read() as db:
        assert await vacancy.offers(db, RT) == []


@pytest.mark.parametrize(("who", "shown"), [("ketua", True), ("koordinator", True), ("warga", False), ("asing", False)])
async def test_the_menu_leads_officers_to_their_area(town: Town, who: str, shown: bool) -> None:
    page = await (await town.browse(who)).visit("/cek")
    assert ('href="/pengurus"' in page.text) is shown


async def test_few_members_are_not_counted_below_a_village(town: Town) -> None:
    browser = await town.browse("ketua")
    village = await browser.visit(f"/pengurus/tempat/{SUKARESMI}")
    rt = await browser.visit(f"/pengurus/tempat/{RT}")
    assert "<dd>5</dd>" in village.text
    assert "<dd>&lt;10</dd>" in rt.text


def _bare(text: str) -> str:
    """Return a page without what is new on each."""
    return re.sub(r'(value|name="kembali" value|content)="[^"]*"', "", text)


@pytest.mark.parametrize("who", ["tetangga", "warga", "asing"])
@pytest.mark.parametrize("what", ["tunjuk", "pinjamkan", "akhiri", "klaim", "sk", "bersedia"])
async def test_nobody_from_outside_opens_any_page_of_the_area(town: Town, who: str, what: str) -> None:
    async with town.house.store.write() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
        organisation = town.house.portal.site.organisation
        offer = await vacancy.offer(
            db, organisation, town.people["calon"], RT, OfficeCode("koordinator"), "", town.house.clock()
        )
    about = {"tunjuk": SUKARESMI, "pinjamkan": SUKARESMI, "bersedia": offer}.get(what, found.id)
    page = await (await town.browse(who)).visit(f"/pengurus/{what}/{about}")
    assert page.status == {"tetangga": 404, "warga": 403, "asing": 401}[who]
    assert "Koordi" not in page.text
    ours = await (await town.browse("ketua")).client.get(f"/pengurus/{what}/{about}")
    assert ours.status == (404 if what == "klaim" else 200)  # nothing is disputed


async def test_the_draft_of_a_decree_comes_as_pdf(town: Town) -> None:
    async with town.house.store.read() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
    browser = await town.browse("ketua")
    answer = await browser.client.get(f"/pengurus/sk/{found.id}")
    assert answer.content_type == "application/pdf"
    assert (await answer.read()).startswith(b"%PDF-")


async def test_duties_that_wait_are_shown_and_vanish_when_done(town: Town) -> None:
    store, now = town.house.store, town.house.clock()
    coordinator, newcomer = town.people["koordinator"], town.people["calon"]
    async with store.write() as db:
        event, room = EventId("$sapa"), RoomId("!rt:kamar.test")
        await greeter.greeted(db, event, room, newcomer.id, coordinator.id, now)
        await peace.hint(
            db,
            town.house.portal.site.organisation,
            None,
            SUKARESMI,
            newcomer.id,
            "mencurigakan",
            now,
            "http://kamar.test",
        )
    browser = await town.browse("ketua")
    page = await browser.visit(f"/pengurus/tempat/{SUKARESMI}")
    assert page.text.count("1 tetangga baru belum disapa") == 2  # of the place, and beside who has to
    assert "1 laporan belum diputuskan" in page.text
    assert "mencurigakan" not in page.text
    async with store.write() as db:
        await greeter.done(db, event)
    page = await browser.visit(f"/pengurus/tempat/{SUKARESMI}")
    assert "belum disapa" not in page.text


@pytest.mark.parametrize(("who", "offered"), [("ketua", True), ("bendahara", False), ("koordinator", False)])
async def test_only_who_may_restructure_is_led_to_plans(town: Town, who: str, offered: bool) -> None:
    browser = await town.browse(who)
    for address in ("/pengurus", f"/pengurus/tempat/{SUKARESMI}"):
        assert ("/pengurus/rencana" in (await browser.visit(address)).text) is offered
