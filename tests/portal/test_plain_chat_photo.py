"""Photos on the plain page: what is sent, what is shown, and what never runs."""

from __future__ import annotations

import io

import pytest
from aiohttp import FormData
from PIL import Image

from kamar.sentences import SENTENCES
from kamar_portal.plain_chat_room import MEMORY, STREAMS_MAX
from kamar_store import member
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House
from tests.portal.test_community import me
from tests.portal.test_plain_chat import SITI, enter

NOT_SHOWN = {
    "a page": b"<!doctype html><script>jahat()</script>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>jahat()</script></svg>',
    "a document": b"%PDF-1.7",
    "a program": b"\x7fELF" + bytes(100),
}


def photo(width: int = 2400, height: int = 1800) -> bytes:
    """Return a photo that says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "S", 2: (6.0, 20.0, 0.0), 3: "E", 4: (107.0, 8.0, 0.0)})
    exif[0x8825] = exif.get_ifd(0x8825)
    file = io.BytesIO()
    Image.new("RGB", (width, height), "seagreen").save(file, "JPEG", exif=exif)
    return file.getvalue()


async def send(browser: Browser, address: str, data: bytes, **fields: str) -> Page:
    """Send the photo form of the page that stands there."""
    form = FormData()
    for name, value in {**dict(browser.page.form(f"{address}/foto").fields), **fields}.items():
        if name != "foto":
            form.add_field(name, value)
    form.add_field("foto", data, filename="IMG_2041.jpg", content_type="image/jpeg")
    return await browser._show(await browser.client.post(f"{address}/foto", data=form))


async def test_a_photo_leaves_without_its_place_no_larger_than_is_looked_at(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    await send(browser, page.address, photo(), keterangan="Got penuh daun")
    (content,) = house.synapse.rooms.sent.values()
    assert (content["body"], content["filename"]) == ("Got penuh daun", "foto.jpg")
    stored = house.synapse.rooms.files[content["url"].rpartition("/")[2]]
    image = Image.open(io.BytesIO(stored))
    assert not image.getexif()
    assert image.size == (1600, 1200) == (content["info"]["w"], content["info"]["h"])
    assert 'alt="Got penuh daun"' in browser.page.text


@pytest.mark.parametrize(
    ("fields", "sent"),
    [({}, False), ({"tanpa": "ya"}, True), ({"keterangan": "Got"}, True), ({"keterangan": "   "}, False)],
    ids=["nothing said", "said on purpose", "described", "only spaces"],
)
async def test_a_photo_without_description_is_sent_only_on_purpose(
    house: House, browser: Browser, fields: dict[str, str], sent: bool
) -> None:
    page = await enter(house, browser)
    page = await send(browser, page.address, photo(80, 60), **fields)
    assert bool(house.synapse.rooms.sent) is sent
    assert (SENTENCES["photo_undescribed"] in page.text) is not sent


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_missing"),
        (NOT_SHOWN["a drawing"], "upload_kind"),
        (NOT_SHOWN["a program"], "upload_program"),
        (b"\xff\xd8\xff broken", "upload_kind"),
    ],
    ids=["nothing", "a drawing", "a program", "a broken photo"],
)
async def test_what_is_no_photo_is_refused_in_words(house: House, browser: Browser, data: bytes, code: str) -> None:
    page = await enter(house, browser)
    page = await send(browser, page.address, data, keterangan="Got")
    assert page.status == 422
    assert SENTENCES[code] in page.text
    assert 'value="Got"' in page.text
    assert not house.synapse.rooms.files


async def test_only_a_member_s_photo_may_be_large(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    await send(browser, page.address, photo(80, 60) + bytes(21_000_000), keterangan="Got")
    assert browser.page.status == 413
    assert "paling besar 20 MB" in browser.page.text
    large = {"pesan": "x" * 100_000}
    assert (await browser.client.post(f"{page.address}/pesan", data=large)).status == 400
    stranger = await house.open_browser()
    assert (await stranger.client.post(f"{page.address}/foto", data=large)).status == 400
    assert not house.synapse.rooms.sent


async def test_pictures_come_through_the_portal_and_never_run(house: House, browser: Browser) -> None:
    rooms = house.synapse.rooms
    rooms.files["abc"] = photo(80, 60)
    image = {"msgtype": "m.image", "body": "IMG_1.jpg", "url": "mxc://kamar.test/abc", "info": {"w": 80, "h": 60}}
    rooms.put(SITI, "m.room.message", image)
    page = await enter(house, browser)
    assert 'alt="Foto dari Siti Aminah, tanpa keterangan" loading="lazy"' in page.text
    assert 'width="80" height="60"' in page.text
    answer = await browser.client.get(f"{page.address}/gambar/abc")
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"].startswith("private")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert await answer.read() == rooms.files["abc"]
    assert any(call.endswith("/thumbnail/kamar.test/abc") for call in rooms.calls)


@pytest.mark.parametrize("what", NOT_SHOWN)
async def test_only_pictures_are_shown_as_pictures(house: House, browser: Browser, what: str) -> None:
    house.synapse.rooms.files["abc"] = NOT_SHOWN[what]
    page = await enter(house, browser)
    assert (await browser.client.get(f"{page.address}/gambar/abc")).status == 404
    answer = await browser.client.get(f"{page.address}/berkas/abc")
    if what == "a program":
        assert answer.status == 404
    else:
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.content_type == "application/octet-stream"


async def test_a_file_of_another_server_is_not_fetched(house: House, browser: Browser) -> None:
    image = {"msgtype": "m.image", "body": "Got", "url": "mxc://jahat.example/abc"}
    house.synapse.rooms.put(SITI, "m.room.message", image)
    page = await enter(house, browser)
    assert "Foto tidak dapat dibuka di sini" in page.text
    assert "jahat.example" not in page.text


async def test_a_picture_larger_than_allowed_is_not_handed_on(house: House, browser: Browser) -> None:
    house.synapse.rooms.files["abc"] = photo(80, 60) + bytes(21_000_000)
    page = await enter(house, browser)
    assert (await browser.client.get(f"{page.address}/gambar/abc")).status == 404


async def test_who_saves_data_gets_links_and_voice_notes_are_links_with_their_size(
    house: House, browser: Browser
) -> None:
    rooms = house.synapse.rooms
    rooms.files["suara"] = b"OggS" + bytes(100)
    image = {"msgtype": "m.image", "body": "Got", "url": "mxc://kamar.test/abc", "info": {"size": 2_400_000}}
    rooms.put(SITI, "m.room.message", image)
    voice = {"msgtype": "m.audio", "body": "suara.ogg", "url": "mxc://kamar.test/suara", "info": {"size": 24_000}}
    rooms.put(SITI, "m.room.message", voice)
    page = await enter(house, browser)
    assert "Pesan suara: suara.ogg (24 kB)" in page.text
    assert (await browser.client.get(f"{page.address}/berkas/suara")).content_type == "audio/ogg"
    async with house.store.write() as db:
        await member.save_data(db, (await me(house)).id, saving=True)
    page = await browser.visit(page.address)
    assert "Foto: Got (2,4 MB)" in page.text
    assert '/gambar/abc" alt' not in page.text


async def test_streams_are_bounded_for_each_member_and_in_all(house: House, browser: Browser) -> None:
    page = await enter(house, browser)
    memory = browser.client.server.app[MEMORY]  # type: ignore[attr-defined]
    memory.streams |= {SITI: STREAMS_MAX}
    assert (await browser.client.get(f"{page.address}/aliran")).status == 204
    memory.streams.clear()
    memory.streams[(await me(house)).user_id] = 3
    assert (await browser.client.get(f"{page.address}/aliran")).status == 204


async def test_the_portal_keeps_no_matrix_token(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    token = next(iter(house.synapse.devices))
    cookies = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    assert token not in str(cookies)
