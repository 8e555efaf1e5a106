"""Komunitas Saya, Ajak, Saya, Kelola, and the chat's own address."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from kamar.ids import NodePath, RoomId
from kamar.referral import read_code
from kamar.sentences import SENTENCES
from kamar.structure import RoomKey, RoomKind
from kamar_store import member, outbox, referral, seating
from kamar_store.member import Member
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

RT = NodePath(f"{SUKARESMI}/RW005/RT003")


async def me(house: House) -> Member:
    """Return the only member there is."""
    async with house.store.read() as db:
        found = await member.by_user(db, next(iter(house.synapse.accounts)))
    assert found is not None
    return found


async def open_rooms(house: House, *, seated: bool = True) -> None:
    """Do the jobs' work: open the RT's rooms and seat the member."""
    keys = [RoomKey(RT, RoomKind.OBROLAN), RoomKey(SUKARESMI, RoomKind.SIARAN), RoomKey(SUKARESMI, RoomKind.SPACE)]
    now = house.clock()
    who = await me(house)
    async with house.store.write() as db:
        await seating.want_rooms(db, keys, now)
        rows = await seating.rooms_at(db, [RT, SUKARESMI])
        for row in rows:
            await seating.opened(db, row, RoomId(f"!{row.id}:kamar.test"), now)
        await seating.want_seats(db, who.id, [row.id for row in rows], now)
        if seated:
            await seating.seated(db, who.id, [row.id for row in rows], now)


async def test_rooms_are_listed_the_rt_first_and_spaces_not_at_all(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await open_rooms(house)
    text = (await browser.visit("/komunitas")).text
    assert text.index("Kamar RT 003/RW 005 Sukaresmi") < text.index("Pengumuman Sukaresmi")
    assert "<b>Desa Sukaresmi</b>" not in text
    assert "hx-get" not in text


async def test_a_room_opens_directly(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await open_rooms(house)
    page = await browser.visit("/komunitas")
    number = page.text.split('name="kamar" value="')[1].split('"')[0]
    form = {**dict(page.form("/obrolan").fields), "kamar": number}
    answer = await browser.client.post("/obrolan", data=form, allow_redirects=False)
    assert answer.headers["Location"].endswith(f"&room=%21{number}%3Akamar.test")
    foreign = {**form, "kamar": "999"}
    answer = await browser.client.post("/obrolan", data=foreign, allow_redirects=False)
    assert "room" not in answer.headers["Location"]


async def test_while_seats_are_made_the_page_asks_again_by_itself(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    assert "Kamar Anda sedang disiapkan" in page.text
    assert 'hx-get="/komunitas/kamar"' in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    await open_rooms(house, seated=False)
    assert "Sedang disiapkan" in (await browser.visit("/komunitas/kamar")).text
    await open_rooms(house)
    assert "hx-get" not in (await browser.visit("/komunitas/kamar")).text


async def test_only_those_who_wait_are_told_what_is_missing(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    assert "Kamar RT 003/RW 005 Sukaresmi" in page.text
    assert "4 tetangga lagi" in page.text
    await open_rooms(house)
    assert "4 tetangga lagi" not in (await browser.visit("/komunitas")).text
    stranger = await house.open_browser()
    assert "tetangga lagi" not in (await stranger.visit(f"/wilayah/{SUKARESMI}")).text


async def test_a_server_of_this_computer_only_says_so_and_offers_no_app(house: House, browser: Browser) -> None:
    page = await sign_up(browser, await house.code())
    assert "hanya di komputer ini" in page.text
    assert "mobile.element.io" not in page.text


async def test_an_invitation_is_made_once_and_can_be_taken_back(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    first = await _code(house)
    page = await browser.visit("/ajak")
    assert f"http://localhost:8080/g/{first}" in page.text
    assert "wa.me/?text=" in page.text
    assert (await browser.visit("/ajak/poster")).text.count("<svg") >= 1
    await browser.visit("/ajak")
    await browser.send("/ajak/baru")
    second = await _code(house)
    assert second != first
    assert SENTENCES["code_revoked"] in (await (await house.open_browser()).visit(f"/g/{first}")).text
    assert (await (await house.open_browser()).visit(f"/g/{second}")).status == 200


async def test_a_name_changes_through_the_portal_and_the_guard_stands(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/saya")
    page = await browser.send("/saya/nama", {"nama": "Koordinator"})
    assert (page.status, SENTENCES["name_reserved"] in page.text) == (422, True)
    page = await browser.send("/saya/nama", {"nama": "Mbak Rini"})
    assert "Tersimpan" in page.text
    assert (await me(house)).display_name == "Mbak Rini"
    assert next(iter(house.synapse.accounts.values())).display_name == "Mbak Rini"


async def test_a_password_changes_for_who_knows_the_old_one(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/saya")
    page = await browser.send("/saya/sandi", {"sandi_lama": "salah", "sandi": "sawah hijau luas"})
    assert SENTENCES["password_wrong"] in page.text
    page = await browser.send("/saya/sandi", {"sandi_lama": "gunung biru tinggi", "sandi": "sawah hijau luas"})
    assert "Tersimpan" in page.text
    assert len(house.synapse.devices) == 1  # the old one and the one that proved the password are gone
    assert (
        await browser.client.post("/obrolan", data=page.form("/keluar").fields, allow_redirects=False)
    ).status == 303


async def test_saving_data_and_the_language_are_remembered(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/saya")
    await browser.send("/saya/hemat", {"hemat": "ya"})
    assert (await me(house)).data_saving
    page = await browser.send("/bahasa", {"bahasa": "en"})
    assert (page.address, "Display name" in page.text) == ("/saya", True)
    page = await browser.send("/bahasa", {"bahasa": "id", "kembali": "//elsewhere.test"})
    assert page.address in ("/", "/komunitas")


async def test_kelola_is_for_administrators(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    assert (await browser.visit("/kelola")).status == 403
    async with house.store.write() as db:
        await member.make_admin(db, (await me(house)).id)
        await outbox.put(db, "seat", "stuck", {}, house.clock())
        for row in await outbox.claim(db, house.clock(), 10):
            await outbox.later(db, _tired(row), house.clock(), "M_UNKNOWN")
    page = await browser.visit("/kelola")
    assert "M_UNKNOWN" in page.text
    await browser.send("/kelola/ulang")
    async with house.store.read() as db:
        assert (await outbox.waiting(db))["parked"] == 0
    house.clock.pass_by(timedelta(seconds=1))
    page = await browser.send("/kelola/kode", {"desa": "sukaresmi cikarang selatan", "rt": "3", "rw": "5"})
    made = page.text.split('class="spoken">')[1].split("<")[0]
    async with house.store.read() as db:
        assert (await referral.find(db, read_code(made))).node == RT
    assert "RT 003/RW 005, Desa Sukaresmi" in (await browser.visit(f"/kelola/poster/{read_code(made)}")).text
    await browser.visit("/kelola")
    await browser.send("/kelola/kode/cabut", {"kode": read_code(made)})
    assert (await (await house.open_browser()).visit(f"/g/{read_code(made)}")).status == 410
    page = await browser.send("/kelola/kode", {"desa": "no such village anywhere", "rt": "", "rw": ""})
    assert SENTENCES["village_missing"] in page.text


async def test_an_administrator_revokes_the_server_s_codes_only(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    async with house.store.write() as db:
        await member.make_admin(db, (await me(house)).id)
    await browser.visit("/kelola")
    assert (await browser.send("/kelola/kode/cabut", {"kode": await _code(house)})).status == 403


async def test_the_chat_is_served_with_its_settings_and_nothing_else(house: House, browser: Browser) -> None:
    built: Path = house.portal.site.state.chat
    built.mkdir()
    (built / "index.html").write_text("<!doctype html><title>Obrolan</title>")
    (built.parent / "secret").write_text("secret")
    page = await browser.client.get("/chat/")
    assert "Obrolan" in await page.text()
    assert "wasm-unsafe-eval" in page.headers["Content-Security-Policy"]
    config = json.loads(await (await browser.client.get("/chat/config.json")).text())
    assert config["defaultHomeServer"] == "http://localhost:8008"
    assert (await browser.client.get("/chat/%2e%2e/secret")).status == 404
    assert (await browser.client.get("/chat/none.js")).status == 404


async def _code(house: House) -> str:
    async with house.store.read() as db:
        code = await referral.own_code(db, (await me(house)).id)
    assert code is not None
    return code


def _tired(row: outbox.Row) -> outbox.Row:
    return outbox.Row(row.id, row.kind, row.key, row.payload, outbox.PARKED_AFTER)
