"""Officers restructure in the portal: seen first, approved by a second one, carried out, undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from kamar.ids import NodePath, UserId
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import restructure, session, wilayah
from tests.portal.browser import Browser, Page
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

KECAMATAN = NodePath("32.16.19")
RW5, RW12 = f"{SUKARESMI}/RW005", f"{SUKARESMI}/RW012"
RENCANA = "/pengurus/rencana"
PEOPLE = {"ketua": ("ketua", KECAMATAN), "sekretaris": ("sekretaris", KECAMATAN), "tetangga": ("ketua", "32.76.06")}


@dataclass
class Town:
    """A kecamatan with two officers, one of a neighbouring kota, and a member."""

    house: House

    async def browse(self, who: str) -> Browser:
        browser = await self.house.open_browser()
        async with self.house.store.write() as db:
            token = await session.begin(db, UserId(f"@{who}:kamar.test"), self.house.clock(), timedelta(hours=8))
        browser.client.session.cookie_jar.update_cookies({"kamar_sesi": token})
        await browser.visit(RENCANA)
        return browser

    async def carry_out(self, number: int = 1) -> None:
        """Do what the jobs do."""
        more = True
        while more:
            async with self.house.store.write() as db:
                more = await restructure.advance(db, self.house.portal.site.organisation, number, self.house.clock())


@pytest.fixture
async def town(house: House) -> Town:
    async with house.store.write() as db:
        for path in (f"{RW5}/RT001", f"{RW5}/RT002"):
            await wilayah.declare(db, path)
        for who in (*PEOPLE, "warga"):
            home, user = NodePath(f"{RW5}/RT002"), UserId(f"@{who}:kamar.test")
            number = await members.create(db, user, who.title(), home, None, None, house.clock(), vouched=True)
            if who in PEOPLE:
                office, node = PEOPLE[who]
                await mandates.appoint(db, number, NodePath(node), office, "SK", house.clock())
    return Town(house)


async def looked(browser: Browser, **values: str) -> Page:
    split = {"jenis": "pecah", "simpul": RW5, "baru": RW12, "bagian": "RT002", "sk": "12/SK"}
    return await browser.send(f"{RENCANA}/lihat", split | values)


async def proposed(town: Town) -> Browser:
    browser = await town.browse("ketua")
    await looked(browser)
    page = await browser.send(RENCANA)
    assert page.address.startswith(f"{RENCANA}/1")
    return browser


@pytest.mark.parametrize(("who", "status"), [("ketua", 200), ("tetangga", 200), ("warga", 403)])
async def test_only_officers_with_the_right_come_in(town: Town, who: str, status: int) -> None:
    assert (await town.browse(who)).page.status == status


async def test_a_form_shows_before_and_after_and_writes_nothing(town: Town) -> None:
    browser = await town.browse("ketua")
    page = await looked(browser)
    assert "RT 002/RW 005 Sukaresmi" in page.text
    assert "RT 002/RW 012 Sukaresmi" in page.text
    assert "4 orang" in page.text
    async with town.house.store.read() as db:
        assert await restructure.latest(db) == []


@pytest.mark.parametrize(("new", "parts"), [("RW 12", "RT 2"), ("rw012", "rt.002"), (RW12, "RT002")])
async def test_an_rt_or_rw_is_understood_as_people_write_it(town: Town, new: str, parts: str) -> None:
    browser = await town.browse("ketua")
    page = await looked(browser, baru=new, bagian=parts)
    assert page.status == 200
    assert "RT 002/RW 012 Sukaresmi" in page.text
    assert "<h1>Pecah RW 005, Desa Sukaresmi</h1>" in page.text, "a title in words, no code"
    assert f"<b>{RW5}/RT002</b>" not in page.text, "people who move are told by the place's name"


async def test_a_proposer_without_a_colleague_reads_who_can_approve(town: Town) -> None:
    ketua = await proposed(town)
    assert "Angkat dulu Sekretaris" in ketua.page.text
    assert "--alone" not in ketua.page.text, "the terminal is for who runs the server"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"jenis": "teks", "teks": "judul x\nhapus 32\n"}, "Baris 2:"),
        ({"jenis": "teks", "teks": " "}, "masih kosong"),
        ({"bagian": "RT009"}, "tidak ada"),
        ({"simpul": "<script>"}, "tidak kami temukan"),
        ({"simpul": "32.76.06.1005", "baru": "32.76.06.1099", "bagian": "RW001"}, "tidak ada"),
        ({"jenis": "nama", "simpul": "32.76.06", "nama": "Beji Baru"}, "di luar wilayah kerja Anda"),
    ],
)
async def test_what_is_wrong_is_said_beside_what_was_written(town: Town, values: dict[str, str], words: str) -> None:
    browser = await town.browse("ketua")
    page = await looked(browser, **values)
    assert page.status == (403 if "di luar" in words else 404 if page.status == 404 else 422)
    assert words in page.text or (words == "masih kosong" and "kosong" in page.text)
    assert "<script>&" not in page.text


async def test_a_plan_lives_from_proposal_to_undoing(town: Town) -> None:
    ketua = await proposed(town)
    assert f"{RENCANA}/1/setujui" not in ketua.page.text
    sekretaris = await town.browse("sekretaris")
    await sekretaris.visit(f"{RENCANA}/1")
    await sekretaris.send(f"{RENCANA}/1/setujui")
    page = await sekretaris.send(f"{RENCANA}/1/jalankan")
    assert "0 dari 2 langkah" in page.text
    await town.carry_out()
    await sekretaris.visit(f"{RENCANA}/1/maju")
    assert "2 dari 2 langkah" in sekretaris.page.text
    async with town.house.store.write() as db:
        await db.exec_driver_sql("UPDATE outbox SET state = 'done'")
    await ketua.visit(f"{RENCANA}/1")
    await ketua.send(f"{RENCANA}/1/batalkan")
    await town.carry_out()
    async with town.house.store.read() as db:
        found = await members.by_user(db, "@warga:kamar.test")
    assert found is not None
    assert found.home == f"{RW5}/RT002"


async def test_the_proposer_does_not_approve_the_own_plan(town: Town) -> None:
    ketua = await proposed(town)
    sekretaris = await town.browse("sekretaris")
    await sekretaris.visit(f"{RENCANA}/1")
    form = dict(sekretaris.page.form(f"{RENCANA}/1/setujui").fields)
    token = dict(ketua.page.form(f"{RENCANA}/1/tarik").fields)["formulir"]
    answer = await ketua.client.post(f"{RENCANA}/1/setujui", data=form | {"formulir": token})
    assert answer.status == 403


async def test_a_plan_made_against_an_older_tree_says_what_changed_and_is_worked_out_anew(town: Town) -> None:
    await proposed(town)
    sekretaris = await town.browse("sekretaris")
    await sekretaris.visit(f"{RENCANA}/1")
    async with town.house.store.write() as db:
        found = await members.by_user(db, "@warga:kamar.test")
        assert found is not None
        await mandates.appoint(db, found.id, NodePath(RW5), "koordinator", "SK", town.house.clock())
    page = await sekretaris.send(f"{RENCANA}/1/setujui")
    assert (page.status, RW5 in page.text) == (409, True)
    await sekretaris.send(f"{RENCANA}/1/hitung")
    assert "disetujui" in (await sekretaris.send(f"{RENCANA}/1/setujui")).text


async def test_an_officer_elsewhere_sees_neither_list_nor_plan(town: Town) -> None:
    await proposed(town)
    tetangga = await town.browse("tetangga")
    assert "Belum ada rencana" in tetangga.page.text
    assert (await tetangga.visit(f"{RENCANA}/1")).status == 404
    assert (await tetangga.visit(f"{RENCANA}/1/maju")).status == 404
