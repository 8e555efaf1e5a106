"""The page of a decree's scan: for whoever may appoint there and the holder; everybody else finds nothing there."""

from __future__ import annotations

import pytest
from aiohttp import FormData

from kamar.mandate_scan import MOST
from kamar_store import mandate as mandates
from kamar_store import mandate_scan, vault_access, vault_key
from kamar_store.vault_access import Access
from tests.portal.browser import Browser
from tests.portal.officers import Town, town
from tests.portal.village import SUKARESMI

__all__ = ["town"]
SCAN = b"%PDF-1.7\nSurat Keputusan yang ditandatangani"


@pytest.fixture
async def number(town: Town) -> int:
    """Return the coordinator's mandate."""
    vault_key.ensure(town.house.portal.site.state)
    async with town.house.store.read() as db:
        (found,) = await mandates.at_node(db, SUKARESMI, town.house.clock())
    return found.id


async def upload(browser: Browser, number: int, data: bytes = SCAN, name: str = "sk.pdf") -> tuple[int, str]:
    """Send a scan as its form does, whether the page shows one or not."""
    await browser.visit("/saya")
    form = FormData()
    form.add_field("formulir", browser.page.form("/saya/nama").fields[0][1])
    form.add_field("pindaian", data, filename=name, content_type="application/pdf")
    answer = await browser.client.post(f"/pengurus/pindaian/{number}", data=form)
    return answer.status, await answer.text()


async def kept(town: Town, number: int) -> bool:
    async with town.house.store.read() as db:
        return bool(await mandate_scan.of(db, [mandates.MandateId(number)]))


async def looks(town: Town) -> list[Access]:
    async with town.house.store.write() as db:
        return await vault_access.about(db, town.people["koordinator"].id)


async def test_an_officer_brings_the_scan_and_takes_it_as_a_file(town: Town, number: int) -> None:
    browser = await town.browse("ketua")
    page = await browser.visit(f"/pengurus/tempat/{SUKARESMI}")
    assert f'href="/pengurus/pindaian/{number}"' in page.text
    assert "Belum ada pindaian" in (await browser.visit(f"/pengurus/pindaian/{number}")).text
    status, text = await upload(browser, number)
    assert status == 200
    assert "Pindaian tersimpan" in text
    assert await looks(town) == []
    answer = await browser.client.get(f"/pengurus/pindaian/{number}/berkas")
    assert (answer.status, await answer.read(), answer.content_type) == (200, SCAN, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="sk-{number}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert [each.purpose for each in await looks(town)] == ["decree_scan"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("ketua", 200), ("koordinator", 200), ("bendahara", 404), ("tetangga", 404), ("warga", 404), ("asing", 401)],
)
@pytest.mark.parametrize("end", ["", "/berkas"])
async def test_only_the_holder_and_who_may_appoint_open_it(
    town: Town, number: int, who: str, status: int, end: str
) -> None:
    await upload(await town.browse("ketua"), number)
    answer = await (await town.browse(who)).client.get(f"/pengurus/pindaian/{number}{end}")
    assert answer.status == status
    assert ((SCAN if end else b"Pindaian SK</h1>") in await answer.read()) is (status == 200)
    assert len(await looks(town)) == int(status == 200 and bool(end))


@pytest.mark.parametrize("who", ["koordinator", "bendahara", "tetangga", "warga"])
async def test_nobody_else_brings_one_not_even_the_holder(town: Town, number: int, who: str) -> None:
    status, _text = await upload(await town.browse(who), number)
    assert status == (403 if who == "koordinator" else 404)
    assert not await kept(town, number)


@pytest.mark.parametrize(
    ("data", "status"),
    [(SCAN, 200), (b"<html><script>", 415), (b"", 422), (SCAN.ljust(MOST + 1), 413), (SCAN.ljust(MOST * 2), 413)],
    ids=["scan", "wrong kind", "nothing", "too large", "far too large"],
)
async def test_a_wrong_or_large_file_is_refused_in_words(town: Town, number: int, data: bytes, status: int) -> None:
    answered, text = await upload(await town.browse("ketua"), number, data)
    assert answered == status
    assert ("indaian SK" in text) is True
    assert await kept(town, number) is (status == 200)


async def test_the_holder_finds_the_own_decree_where_offices_are(town: Town, number: int) -> None:
    await upload(await town.browse("ketua"), number)
    link = f'href="/pengurus/pindaian/{number}"'
    assert link in (await (await town.browse("koordinator")).visit("/jabatan")).text
    assert link not in (await (await town.browse("warga")).visit("/jabatan")).text
