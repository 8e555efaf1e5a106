"""Announcements in the portal: looked at, sent, agreed to, corrected, recalled, shared; by those whom it concerns."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from kamar.ids import MemberId, NodePath, RoomId
from kamar.settings import Server, Settings, Siaran
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import seating, siaran
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

KECAMATAN = NodePath("32.16.19")
KABUPATEN = NodePath("32.16")


@pytest.fixture
def settings() -> Settings:
    """Give a server on which even one room needs a second officer."""
    return Settings(server=Server(name="kamar.test"), siaran=Siaran(approve_rooms=0))


@pytest.fixture
async def people(house: House) -> dict[str, Browser]:
    """Give a chair, the chair above, a treasurer, a chair elsewhere and a member; the village has a pengumuman room."""
    offices = {
        "Wati": (KECAMATAN, "ketua"),
        "Budi": (KABUPATEN, "ketua"),
        "Tono": (KECAMATAN, "bendahara"),
        "Aan": (NodePath("32.76"), "ketua"),
        "Siti": None,
    }
    code, now, found = await house.code(), house.clock(), {}
    async with house.store.write() as db:
        key = RoomKey(SUKARESMI, RoomKind.SIARAN)
        await seating.want_rooms(db, [key], now)
        (room,) = await seating.rooms_at(db, [SUKARESMI])
        await seating.opened(db, room, RoomId("!news"), now)
    for name, held in offices.items():
        found[name] = await house.open_browser()
        await sign_up(found[name], code, name)
        async with house.store.write() as db:
            who = await members.by_id(db, MemberId(len(found)))
            assert who is not None
            if held is not None:
                await mandates.appoint(db, who.id, held[0], held[1], "SK", now - timedelta(days=1))
    return found


async def announce(browser: Browser, text: str = "Kerja bakti\nMinggu pukul 07.00") -> str:
    await browser.visit("/pengurus/siaran")
    page = await browser.send("/pengurus/siaran", {"teks": text, "wilayah": KECAMATAN})
    assert "Kec. Cikarang Selatan: 1 ruang, kurang dari 10 orang." in page.text
    assert "Pengumuman dari Ketua Exco, Kec. Cikarang Selatan" in page.text
    page = await browser.send("/pengurus/siaran/kirim")
    return page.address


async def test_it_is_looked_at_agreed_to_corrected_and_recalled(house: House, people: dict[str, Browser]) -> None:
    wati, budi = people["Wati"], people["Budi"]
    address = await announce(wati)
    assert address == "/pengurus/siaran/1"
    own = await wati.visit(address)
    assert "Pengurus lain di wilayah ini atau di atasnya yang menyetujui." in own.text
    page = await budi.visit(address)
    assert "Setuju, kirim" in page.text
    await budi.send(f"{address}/setuju", {"putusan": "kirim"})
    sent = await wati.visit(address)
    assert "Sampai di 0 dari 1 ruang." in sent.text
    assert "Gabung di kamar tetangga Anda: http" in sent.text

    look = await wati.send(f"{address}/ralat", {"teks": "Kerja bakti hari Sabtu"})
    assert look.address == "/pengurus/siaran/pratinjau"
    await wati.send("/pengurus/siaran/kirim")
    await budi.visit(address)
    await budi.send(f"{address}/setuju", {"putusan": "kirim"})
    async with house.store.read() as db:
        item = await siaran.get(db, 1)
        assert item is not None
        assert (item.revision, await siaran.current_text(db, 1)) == (2, "Kerja bakti hari Sabtu")

    await wati.visit(address)
    assert "Ditarik" not in (await wati.send(f"{address}/tarik")).text  # not without the box
    await wati.visit(address)
    assert "Ditarik" in (await wati.send(f"{address}/tarik", {"yakin": "ya"})).text


@pytest.mark.parametrize("name", ["Tono", "Aan", "Siti"])
async def test_to_everybody_else_it_is_as_if_there_were_none(name: str, people: dict[str, Browser]) -> None:
    address = await announce(people["Wati"])
    stranger = people[name]
    unknown = await stranger.visit("/pengurus/siaran/99")
    for path in (address, f"{address}/kemajuan", f"{address}/kartu.png"):
        assert ((await stranger.visit(path)).status, unknown.status) == (404, 404)
    assert "Kerja bakti" not in (await stranger.visit("/pengurus/siaran")).text
    await stranger.visit("/saya")
    form = stranger.page.form("/saya/nama") if stranger.page else None
    assert form is not None
    token = dict(form.fields)["formulir"]
    for action in ("ralat", "tarik", "setuju"):
        answer = await stranger.client.post(
            f"{address}/{action}", data={"formulir": token, "teks": "x", "yakin": "ya", "putusan": "kirim"}
        )
        assert answer.status == 404


async def test_a_member_without_office_has_no_such_page(people: dict[str, Browser]) -> None:
    assert (await people["Siti"].visit("/pengurus/siaran")).status == 403


@pytest.mark.parametrize(
    ("text", "error"),
    [("  ", "Pengumuman masih kosong."), ("NIK saya 3216190101900001", "Pesan tidak dikirim karena memuat NIK.")],
)
async def test_what_may_not_be_announced_is_told_beside_the_field(
    text: str, error: str, people: dict[str, Browser]
) -> None:
    await people["Wati"].visit("/pengurus/siaran")
    page = await people["Wati"].send("/pengurus/siaran", {"teks": text, "wilayah": KECAMATAN})
    assert (page.status, error in page.text) == (422, True)


async def test_the_card_is_a_square_picture(people: dict[str, Browser]) -> None:
    address = await announce(people["Wati"])
    await people["Budi"].visit(address)
    await people["Budi"].send(f"{address}/setuju", {"putusan": "kirim"})
    answer = await people["Wati"].client.get(f"{address}/kartu.png")
    picture = Image.open(io.BytesIO(await answer.read()))
    assert (answer.content_type, picture.size) == ("image/png", (1080, 1080))
