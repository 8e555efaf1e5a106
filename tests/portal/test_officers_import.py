"""Bringing officers in from a table: every row is checked, each fault is told with its line."""

from __future__ import annotations

import io
import zipfile

import aiohttp
import pytest
from openpyxl import Workbook

from kamar_bridges import sheet
from tests.portal.browser import Browser, Page
from tests.portal.officers import ACCOUNTS, KECAMATAN, Town, town
from tests.portal.village import SUKARESMI

__all__ = ["town"]

HEAD = "tempat;jabatan;orang;sk;mulai;selesai"
GOOD = f"{KECAMATAN};Sekretaris Exco;{ACCOUNTS['calon']};7/2026;2026-01-01;31/12/2027"
NEW = "RT 004/RW 005 Sukaresmi, Cikarang Selatan, Kab. Bekasi;koordinator;Budi Santoso;;;"


async def upload(browser: Browser, data: bytes) -> Page:
    page = await browser.visit("/pengurus/impor")
    form = aiohttp.FormData()
    form.add_field("formulir", dict(page.form("/pengurus/impor").fields)["formulir"])
    form.add_field("tabel", data, filename="daftar.xlsx", content_type="application/octet-stream")
    return await browser._show(await browser.client.post("/pengurus/impor", data=form))


def csv(*lines: str) -> bytes:
    return "\n".join([HEAD, *lines]).encode()


def xlsx(*rows: list[object]) -> bytes:
    book = Workbook()
    table = book.active
    assert table is not None
    for row in (HEAD.split(";"), *rows):
        table.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


async def test_a_good_table_is_previewed_then_written_whole(town: Town) -> None:
    browser = await town.browse("ketua")
    page = await upload(browser, csv(GOOD, NEW))
    assert page.status == 200
    assert "Semua baris benar" in page.text
    assert "Budi Santoso diundang" in page.text
    assert await town.of("calon") == []
    page = await browser.send("/pengurus/impor/tulis")
    assert await town.of("calon") == [(KECAMATAN, "sekretaris")]
    assert "Budi Santoso" in page.text
    assert "/g/K2" in page.text  # the invitation that goes with the name


async def test_a_table_with_one_fault_writes_nothing_and_says_which_line(town: Town) -> None:
    browser = await town.browse("ketua")
    page = await upload(browser, csv(GOOD, f"{SUKARESMI};camat;{ACCOUNTS['warga']};;;"))
    assert page.status == 422
    assert "Jabatan camat tidak ada di tempat ini" in page.text
    assert '<td class="number" data-label="Baris">3</td>' in page.text
    assert "/pengurus/impor/tulis" not in page.text
    assert await town.of("calon") == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"99.99.99;ketua;{ACCOUNTS['calon']};;;", "tidak ditemukan"),
        ("Desa Negeri Dongeng;ketua;Budi Santoso;;;", "tidak ditemukan"),
        (f"{KECAMATAN};sekretaris;zzzzzz22;;;", "Akun zzzzzz22 tidak ada"),
        (f"{KECAMATAN};sekretaris;;;;", "Nama orang kosong"),
        (f"{KECAMATAN};sekretaris;@calonn22:lain.test;;;", "dari server lain"),
        (f"{KECAMATAN};sekretaris;{ACCOUNTS['calon']};;besok;", "Tanggal besok tidak terbaca"),
        (f"{KECAMATAN};sekretaris;{ACCOUNTS['calon']};;2026-05-01;2026-01-01", "berakhir"),
        (f"{KECAMATAN};bendahara;{ACCOUNTS['calon']};;;", "sudah terisi"),
        (f"{KECAMATAN};sekretaris;=1+1;;;", "rumus"),
        (f"32.76.06;sekretaris;{ACCOUNTS['calon']};;;", "diangkat dan diberhentikan oleh pengurus di atasnya"),
    ],
    ids=["code", "name", "account", "nobody", "server", "day", "order", "taken", "formula", "neighbour's"],
)
async def test_each_fault_says_what_to_do(town: Town, row: str, words: str) -> None:
    page = await upload(await town.browse("ketua"), csv(GOOD, row))
    assert page.status == 422
    assert words in page.text
    assert await town.of("calon") == []


async def test_two_rows_for_one_seat_are_noticed(town: Town) -> None:
    page = await upload(await town.browse("ketua"), csv(GOOD, GOOD.replace(ACCOUNTS["calon"], ACCOUNTS["warga"])))
    assert page.status == 422
    assert '<td class="number" data-label="Baris">3</td>' in page.text


async def test_a_seat_that_is_taken_meanwhile_stops_the_whole_table(town: Town) -> None:
    browser = await town.browse("ketua")
    await upload(browser, csv(GOOD, f"{SUKARESMI};koordinator;{ACCOUNTS['warga']};;;"))
    await town.office("warga", "sekretaris", KECAMATAN)
    page = await browser.send("/pengurus/impor/tulis")
    assert page.status == 422
    assert await town.of("warga") == [(KECAMATAN, "sekretaris")]


async def test_nobody_writes_the_draft_of_another(town: Town) -> None:
    browser = await town.browse("ketua")
    await upload(browser, csv(GOOD))
    key = dict(browser.page.form("/pengurus/impor/tulis").fields)["kunci"]
    other = await town.browse("bendahara")
    fields = dict((await other.visit("/pengurus/impor")).form("/pengurus/impor").fields)
    answer = await other.client.post("/pengurus/impor/tulis", data={**fields, "kunci": key})
    assert answer.status == 410
    assert await town.of("calon") == []


@pytest.mark.parametrize("who", ["warga", "asing"])
async def test_only_officers_upload(town: Town, who: str) -> None:
    page = await (await town.browse(who)).visit("/pengurus/impor")
    assert page.status in (401, 403)


async def test_a_sheet_of_a_spreadsheet_is_read_with_its_dates_and_numbers(town: Town) -> None:
    page = await upload(
        await town.browse("ketua"), xlsx([KECAMATAN, "Sekretaris Exco", ACCOUNTS["calon"], 7, None, None])
    )
    assert "Semua baris benar" in page.text


async def test_the_templates_can_be_read_again(town: Town) -> None:
    browser = await town.browse("ketua")
    for kind in ("csv", "xlsx"):
        answer = await browser.client.get(f"/pengurus/impor/contoh.{kind}")
        rows = sheet.read_sheet(await answer.read(), 10)
        assert rows[0][1] == HEAD.split(";")


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    return data.getvalue()


def entities() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("xl/workbook.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bomb(), "membesar terlalu banyak"),
        (entities(), "membesar terlalu banyak"),
        (b"PK\x03\x04 nothing", "tidak terbaca"),
        (b"\x00\x01\x02", "tidak terbaca"),
        (b"", "kosong"),
        (b"nama;alamat\nx;y", "Kolom tempat"),
        (xlsx(["=1+1", "ketua", "x"]), "berisi rumus"),
        (csv(*[GOOD] * 1001), "terlalu banyak"),
        (b"x" * (sheet.FILE_MAX + 1), "terlalu besar"),
    ],
    ids=["bomb", "entities", "broken", "binary", "empty", "columns", "formula", "long", "large"],
)
async def test_a_file_that_is_no_table_is_refused_in_words(town: Town, data: bytes, words: str) -> None:
    page = await upload(await town.browse("ketua"), data)
    assert page.status in (413, 422)
    assert words in page.text
