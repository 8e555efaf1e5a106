"""The tree, whom an officer finds, what the public is told, and tables that wait: on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.mandate import Appointment
from kamar.officers_import import Line
from kamar.organisation import OfficeCode, profile
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import officers, officers_draft, officers_import, officers_public, tree, wilayah
from kamar_store.store import Store
from tests.portal.village import SUKARESMI, plant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KECAMATAN = NodePath("32.16.19")
RT = NodePath(f"{SUKARESMI}/RW005/RT003")
SERVER = "kamar.test"
PARTY = profile()


async def live(store: Store, account: str, home: NodePath = RT) -> MemberId:
    async with store.write() as db:
        await wilayah.declare(db, home)
        return await members.create(db, UserId(f"@{account}:{SERVER}"), account.title(), home, None, None, NOW)


async def lead(store: Store, who: MemberId, office: str, node: NodePath) -> None:
    async with store.write() as db:
        await mandates.appoint_by(db, PARTY, None, Appointment(who, OfficeCode(office), node, "SK 1", NOW), NOW)


@pytest.fixture
async def town(empty: Store) -> Store:
    await plant(empty)
    return empty


async def test_a_tree_is_read_as_deep_as_asked_with_officers_gaps_and_counts(town: Store) -> None:
    for number in range(12):
        await live(town, f"warga{'abcdefghijkl'[number]}22")
    await lead(town, await live(town, "ketuaa22"), "ketua", KECAMATAN)
    async with town.read() as db:
        top = await tree.tree(db, PARTY, KECAMATAN, 3, NOW)
    assert (top.members, [office for office, _ in top.officers]) == ("13", ["ketua"])
    assert [gap.office.code for gap in top.gaps] == ["sekretaris", "bendahara", "motivator"]
    assert [each.place.name for each in top.twigs] == ["Ciantra", "Sukaresmi"]
    (rw,) = top.twigs[1].twigs
    assert [(each.place.path, each.members) for each in rw.twigs] == [(RT, "13")]


async def test_an_unknown_place_is_refused(town: Store) -> None:
    async with town.read() as db:
        with pytest.raises(KamarError, match="node_unknown"):
            await tree.tree(db, PARTY, "99.99", 1, NOW)


async def test_an_officer_finds_people_of_the_area_by_account_and_others_not_at_all(town: Store) -> None:
    ketua, near, far = await live(town, "ketuaa22"), await live(town, "dekatt22"), NodePath("32.76.06.1003")
    await live(town, "jauhhh22", far)
    await lead(town, ketua, "ketua", KECAMATAN)
    async with town.read() as db:
        who = await members.by_id(db, ketua)
        assert who is not None
        found = [
            [each.id for each in await officers.people(db, who, [KECAMATAN], typed, SERVER, NOW)]
            for typed in ("dekatt22", f"@dekatt22:{SERVER}", "jauhhh22", "Dekat", "Ketua", "%")
        ]
    assert found == [[near], [near], [], [], [ketua], []]


async def test_the_public_learns_of_offices_and_of_nobody_else(town: Store) -> None:
    await lead(town, await live(town, "ketuaa22"), "ketua", KECAMATAN)
    await live(town, "wargaa22")
    async with town.read() as db:
        _place, held = await officers_public.leaders(db, PARTY, KECAMATAN, NOW)
        assert [(each.title, each.name) for each in held] == [("Ketua Exco", "")]
        proved = [
            len(await officers_public.of_account(db, PARTY, name, SERVER, NOW))
            for name in ("ketuaa22", "wargaa22", "zzzzzz22", "", "' OR 1=1")
        ]
    assert proved == [1, 0, 0, 0, 0]


async def test_a_draft_is_its_owners_and_lasts_an_hour(town: Store) -> None:
    one, other = await live(town, "ketuaa22"), await live(town, "wargaa22")
    lines = [Line(2, KECAMATAN, "ketua", "wargaa22", "", "", "")]
    async with town.write() as db:
        key = await officers_draft.keep(db, one, lines, NOW)
        assert await officers_draft.read(db, one, key, NOW) == lines
        for who, at in ((other, NOW), (one, NOW + timedelta(hours=2))):
            with pytest.raises(KamarError, match="import_gone"):
                await officers_draft.read(db, who, key, at)


async def test_a_table_is_written_whole_and_declares_what_it_names(town: Store) -> None:
    who = await live(town, "wargaa22")
    new = NodePath(f"{SUKARESMI}/RW007/RT001")
    lines = [
        Line(2, "RT 001/RW 007 Sukaresmi, Cikarang Selatan", "Koordinator Kamar", "wargaa22", "SK 2", "2026-01-01", ""),
        Line(3, KECAMATAN, "sekretaris", "Budi Santoso", "", "", ""),
    ]
    async with town.write() as db:
        report = await officers_import.check_lines(db, PARTY, SERVER, None, lines, NOW)
        assert (report.faults, len(report.ready), len(report.invites)) == ([], 1, 1)
        assert await officers_import.carry_out(db, PARTY, None, report, NOW) == 1
    async with town.read() as db:
        assert await mandates.held_by(db, who, NOW) == [(new, "koordinator")]
        assert (await tree.place(db, new)).full_name.startswith("RT 001/RW 007, Desa Sukaresmi")


async def test_a_report_with_a_fault_is_never_carried_out(town: Store) -> None:
    who = await live(town, "wargaa22")
    lines = [
        Line(2, KECAMATAN, "ketua", "wargaa22", "", "", ""),
        Line(3, KECAMATAN, "raja", "wargaa22", "", "", ""),
    ]
    async with town.write() as db:
        report = await officers_import.check_lines(db, PARTY, SERVER, None, lines, NOW)
        with pytest.raises(KamarError, match="import_faults"):
            await officers_import.carry_out(db, PARTY, None, report, NOW)
        assert await mandates.held_by(db, who, NOW) == []
