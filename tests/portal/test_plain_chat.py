"""The plain page of a kamar: what is read, what is sent, and what never gets out or in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from kamar.ids import NodePath, UserId
from kamar.sentences import SENTENCES
from kamar_store import mandate as mandates
from kamar_store import member as members
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House
from tests.portal.test_community import me, open_rooms

SITI = "@siti7xk2:kamar.test"
BUDI = "@budi9wq4:kamar.test"


async def enter(house: House, browser: Browser) -> Page:
    """Sign up, be seated, open the kamar of the RT."""
    await sign_up(browser, await house.code(), "Ratna")
    await open_rooms(house)
    house.synapse.rooms.names |= {SITI: "Siti Aminah", BUDI: "Budi <b>"}
    return await browser.visit(await room_of(browser))


async def room_of(browser: Browser, name: str = "Kamar RT") -> str:
    """Return the address of a room's plain page, as Komunitas Saya links to it."""
    text = (await browser.visit("/komunitas")).text
    found = re.search(rf'href="(/kamar/\d+)#akhir" aria-label="Buka halaman sederhana: {name}', text)
    assert found is not None
    return found[1]


async def test_messages_stand_under_their_names_with_times_of_the_place(house: House, browser: Browser) -> None:
    house.synapse.rooms.say(SITI, "Iuran sampah naik")
    page = await enter(house, browser)
    assert re.search(r"<h3[^>]*>\s*Siti Aminah\b", page.text)  # a screen reader jumps from heading to heading
    assert "Iuran sampah naik" in page.text
    assert ">19.00</time>" in page.text  # noon UTC is seven in the evening in Bekasi
    assert "Hari ini" in page.text
    assert "no-store" in page.headers["Cache-Control"]


async def test_no_id_of_a_person_and_no_markup_of_others_gets_out(house: House, browser: Browser) -> None:
    rooms = house.synapse.rooms
    rooms.say(
        SITI, f"Halo {BUDI} dan https://matrix.to/#/{SITI}", format="x", formatted_body="<script>jahat()</script>"
    )
    rooms.say(BUDI, '<img src=x onerror="jahat()">')
    first = rooms.say(SITI, "Siapa ronda?")
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": first}}}
    rooms.say(BUDI, f"> <{SITI}> Siapa ronda?\n\nSaya", **reply)
    rooms.say("@lama3:kamar.test", "Saya sudah pindah")
    page = await enter(house, browser)
    assert not re.search(r"@\w+:kamar|matrix\.to", page.text)
    assert "<script>jahat" not in page.text
    assert "<img src=x" not in page.text
    assert "Budi &lt;b&gt;" in page.text
    assert "Membalas Siti Aminah: Siapa ronda?" in page.text
    assert "Warga yang sudah keluar" in page.text


async def test_addresses_become_safe_links_and_nothing_else_does(house: House, browser: Browser) -> None:
    house.synapse.rooms.say(SITI, "Lihat https://sukaresmi.example/a?b=1&c=2. Bukan javascript:jahat() atau data:x")
    page = await enter(house, browser)
    link = 'href="https://sukaresmi.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow ugc"'
    assert link in page.text
    assert 'href="javascript' not in page.text


async def test_deleted_edited_and_automatic_messages_and_polls_are_told_apart(house: House, browser: Browser) -> None:
    rooms = house.synapse.rooms
    rooms.put(SITI, "m.room.message", {}, unsigned={"redacted_because": {"type": "m.room.redaction"}})
    newer = {"sender": SITI, "content": {"m.new_content": {"msgtype": "m.text", "body": "Kerja bakti Minggu"}}}
    rooms.say(SITI, "Kerja bakti Sabtu")
    rooms.events[-1]["unsigned"] = {"m.relations": {"m.replace": newer}}
    forged = {"sender": BUDI, "content": {"m.new_content": {"msgtype": "m.text", "body": "PALSU"}}}
    rooms.say(SITI, "Asli")
    rooms.events[-1]["unsigned"] = {"m.relations": {"m.replace": forged}}
    question = {"question": {"org.matrix.msc1767.text": "Kapan?"}, "answers": [{"org.matrix.msc1767.text": "Pagi"}]}
    rooms.put(SITI, "org.matrix.msc3381.poll.start", {"org.matrix.msc3381.poll.start": question})
    text = (await enter(house, browser)).text
    assert "Pesan ini sudah dihapus." in text
    assert "Kerja bakti Minggu" in text
    assert "Kerja bakti Sabtu" not in text
    assert "PALSU" not in text
    assert "Kapan?" in text
    assert "<li>Pagi</li>" in text


async def test_a_view_costs_at_most_three_calls_and_the_next_one_fewer(house: House, browser: Browser) -> None:
    house.synapse.rooms.say(SITI, "Halo")
    page = await enter(house, browser)
    calls = house.synapse.rooms.calls
    assert len(calls) == 3
    calls.clear()
    await browser.visit(page.address)
    assert len(calls) == 1
    assert house.synapse.rooms.marks == ["$0"]


async def test_older_messages_are_one_link_away_and_mark_nothing(house: House, browser: Browser) -> None:
    for number in range(50):
        house.synapse.rooms.say(SITI, f"Pesan nomor {number};")
    page = await enter(house, browser)
    assert "nomor 49;" in page.text
    assert "nomor 9;" not in page.text
    older = await browser.visit(re.search(r'href="([^"]+\?dari=[^"]+)"', page.text)[1])  # type: ignore[index]
    assert "nomor 9;" in older.text
    assert "nomor 10;" not in older.text
    assert "data-aliran" not in older.text
    assert house.synapse.rooms.marks == ["$49"]


async def test_a_form_sent_twice_is_one_message(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    form = {**dict(page.form(f"{page.address}/pesan").fields), "pesan": "Halo tetangga"}
    for _ in range(2):
        answer = await browser.client.post(f"{page.address}/pesan", data=form, allow_redirects=False)
        assert answer.headers["Location"] == f"{page.address}?terkirim=1#akhir"
    await browser.client.post(f"{page.address}/pesan", data={**form, "pesan": "Lain"}, allow_redirects=False)
    assert [each["body"] for each in house.synapse.rooms.sent.values()] == ["Halo tetangga", "Lain"]


@pytest.mark.parametrize(
    ("text", "code"), [("   ", "message_empty"), ("x" * 4001, "message_long")], ids=["empty", "too long"]
)
async def test_a_message_that_cannot_be_sent_is_explained_and_kept(
    house: House, browser: Browser, text: str, code: str
) -> None:
    page = await enter(house, browser)
    page = await browser.send(f"{page.address}/pesan", {"pesan": text})
    assert page.status == 422
    assert SENTENCES[code].format(most=4000) in page.text
    assert text.strip() in page.text
    assert not house.synapse.rooms.sent


async def test_an_answer_names_the_person_to_matrix_only(house: House, browser: Browser) -> None:
    first = house.synapse.rooms.say(SITI, "Siapa ronda?")
    page = await enter(house, browser)
    await browser.visit(f"{page.address}?balas={first}")
    await browser.send(f"{page.address}/pesan", {"pesan": "Saya"})
    content = next(iter(house.synapse.rooms.sent.values()))
    assert content["m.relates_to"] == {"m.in_reply_to": {"event_id": first}}
    assert content["m.mentions"] == {"user_ids": [SITI]}
    assert "Membalas Siti Aminah: Siapa ronda?" in browser.page.text


async def test_a_sign_is_given_and_taken_back(house: House, browser: Browser) -> None:
    first = house.synapse.rooms.say(SITI, "Kerja bakti selesai")
    page = await enter(house, browser)
    await browser.visit(f"{page.address}?balas={first}")
    await browser.send(f"{page.address}/tanggapan", {"tanda": "👍"})
    await browser.visit(f"{page.address}?balas={first}")
    assert "Suka dari 1 orang" in browser.page.text
    assert 'aria-label="Batalkan Suka"' in browser.page.text
    back = re.search(r'name="batal" value="([^"]+)"', browser.page.text)
    assert back is not None
    await browser.send(f"{page.address}/tanggapan", {"batal": back[1]})
    assert "dari 1 orang" not in browser.page.text
    await browser.visit(f"{page.address}?balas={first}")
    assert (await browser.send(f"{page.address}/tanggapan", {"tanda": "🖕"})).status == 400


@pytest.mark.parametrize("path", ["", "/aliran", "/gambar/x", "/berkas/x"])
async def test_rooms_of_others_are_as_unknown_as_rooms_that_do_not_exist(
    house: House, browser: Browser, path: str
) -> None:
    page = await enter(house, browser)
    stranger = await house.open_browser()
    assert (await stranger.visit(f"{page.address}{path}")).status == 401
    await sign_up(stranger, await house.code(), "Orang Lain")
    texts = set()
    for address in (page.address, "/kamar/999", "/kamar/kamar-32.16.19.2005-rw005-rt003"):
        answer = await stranger.visit(f"{address}{path}")
        assert answer.status == 404
        texts.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(texts) == 1


async def test_a_room_is_found_by_its_alias_too(house: House, browser: Browser) -> None:
    await enter(house, browser)
    assert (await browser.visit("/kamar/kamar-32.16.19.2005-rw005-rt003")).status == 200


async def test_in_announcements_neighbours_read_and_react(house: House, browser: Browser) -> None:
    await enter(house, browser)
    page = await browser.visit(await room_of(browser, "Pengumuman"))
    assert "Di kamar ini koordinator yang menulis" in page.text
    assert 'name="pesan"' not in page.text


async def test_an_encrypted_room_leads_to_the_full_chat(house: House, browser: Browser) -> None:
    house.synapse.rooms.encrypted = True
    page = await enter(house, browser)
    assert "terkunci dari ujung ke ujung" in page.text
    assert page.form("/obrolan")
    assert "Tulis pesan" not in page.text


async def test_nothing_is_said_in_plain_into_a_room_that_was_encrypted_meanwhile(
    house: House, browser: Browser
) -> None:
    page = await enter(house, browser)
    house.synapse.rooms.encrypted = True
    house.clock.now = house.clock.now.replace(minute=5)
    assert "terkunci" in (await browser.send(f"{page.address}/pesan", {"pesan": "rahasia"})).text
    assert not house.synapse.rooms.sent


async def test_a_refusal_of_the_server_is_told_in_its_own_words(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    house.synapse.rooms.refusal = {"errcode": "M_FORBIDDEN", "error": "Ada NIK.", "id.sosialkamar.code": "has_nik"}
    address = f"{page.address}/pesan"
    page = await browser.send(address, {"pesan": "3216190101900001"})
    assert (page.status, "Ada NIK." in page.text) == (422, True)
    house.synapse.rooms.refusal = {"errcode": "M_FORBIDDEN", "error": "You can't"}
    page = await browser.send(address, {"pesan": "Halo"})
    assert (page.status, SENTENCES["write_refused"] in page.text, "You can't" in page.text) == (403, True, False)


async def test_whoever_has_no_device_any_more_logs_in_again(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    house.synapse.devices.clear()
    answer = await browser.client.get(page.address, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/masuk?obrolan=1")


@pytest.mark.parametrize("action", ["pesan", "tanggapan", "foto"])
async def test_a_form_from_elsewhere_is_refused(house: House, browser: Browser, action: str) -> None:
    page = await enter(house, browser)
    data = {"formulir": "x", "pesan": "Jahat", "kirim": "0" * 32}
    assert (await browser.client.post(f"{page.address}/{action}", data=data)).status == 403
    assert not house.synapse.rooms.sent


async def test_the_plain_page_can_be_made_the_first_way(house: House, browser: Browser) -> None:
    await enter(house, browser)
    await browser.visit("/saya")
    await browser.send("/saya/sederhana", {"sederhana": "ya"})
    assert (await me(house)).plain_chat
    text = (await browser.visit("/komunitas")).text
    assert re.search(r'<a href="/kamar/\d+#akhir"><span class="avatar', text)
    assert 'aria-label="Buka obrolan lengkap: Kamar RT 003/RW 005 Sukaresmi"' in text


async def test_an_empty_kamar_has_the_heading_that_its_first_message_needs(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    assert page.text.index('<h2 class="day">Hari ini</h2>') < page.text.index('id="baru"')


async def test_an_officer_in_force_has_the_office_beside_the_name_and_nobody_else(
    house: House, browser: Browser
) -> None:
    rt, now = NodePath("32.16.19.2005/RW005/RT003"), house.clock()
    async with house.store.write() as db:
        siti = await members.create(db, UserId(SITI), "Siti Aminah", rt, None, None, now)
        budi = await members.create(db, UserId(BUDI), "Budi", rt, None, None, now)
        await mandates.appoint(db, siti, rt, "koordinator", "SK 1", now - timedelta(days=1))
        await mandates.appoint(db, budi, NodePath("kerja/maju-jaya"), "koordinator-puk", "", now - timedelta(days=1))
    house.synapse.rooms.say(SITI, "Iuran sampah naik")
    house.synapse.rooms.say(BUDI, "Berapa?")
    page = await enter(house, browser)
    assert re.findall(r'<span class="badge">.*?</svg> (.*?)</span>', page.text) == ["Koordinator Kamar RT 003"]
    async with house.store.write() as db:
        (found,) = await mandates.of_member(db, siti)
        await mandates.end(db, found, None, "selesai", now)
    assert "Koordinator Kamar RT" not in (await browser.visit(page.address)).text
