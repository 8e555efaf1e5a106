"""The territory in the registry: the official nodes, and RT and RW declared on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import select, text

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.wilayah import Level, official_name, rt_path, rw_path
from kamar_provisioning import wilayah as official
from kamar_store import tables, wilayah
from kamar_store.store import Store
from kamar_store.wilayah_import import OfficialNode, index, insert_official
from kamar_store.wilayah_search import search

VILLAGE = "32.16.19.2005"
BEKASI = (("Kecamatan", "Cikarang Selatan"), ("Kabupaten", "Bekasi"), ("Provinsi", "Jawa Barat"))


def node(path: str, *places: tuple[str, str]) -> OfficialNode:
    kind, name = places[0]
    postcode = "17530" if path == VILLAGE else ""
    return OfficialNode(NodePath(path), kind, name, official_name(places), postcode, "SK 1", date(2025, 4, 25))


@pytest.fixture
async def store(empty: Store) -> Store:
    """Give a registry with one village and the places around it."""
    chain = [("Desa", "Sukaresmi"), *BEKASI]
    paths = (VILLAGE, "32.16.19", "32.16", "32")
    async with empty.write() as db:
        await insert_official(db, [node(path, *chain[depth:]) for depth, path in enumerate(paths)])
        await index(db)
    return empty


async def paths(store: Store) -> list[str]:
    async with store.read() as db:
        return list(await db.scalars(select(tables.node.c.path).order_by(tables.node.c.path)))


async def test_all_of_indonesia_is_there(indonesia: Store) -> None:
    async with indonesia.read() as db:
        assert await wilayah.count_official(db) == official.OFFICIAL == 91_599
        levels = await db.execute(text("SELECT level, count(*) FROM node GROUP BY level"))
        assert {row[0]: row[1] for row in levels} == {
            "negara": 1,
            "provinsi": 38,
            "kota": 514,
            "kecamatan": 7_285,
            "kelurahan": 83_762,
        }


@pytest.mark.parametrize(
    ("path", "full_name"),
    [
        ("ID", "Indonesia"),
        ("31", "DKI Jakarta"),
        (VILLAGE, "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"),
        ("32.76.06.1005", "Kel. Pondok Cina, Kec. Beji, Kota Depok, Jawa Barat"),
        ("31.71.06.1001", "Kel. Menteng, Kec. Menteng, Kota Jakarta Pusat, DKI Jakarta"),
        ("31.01.01.1001", "Kel. Pulau Panggang, Kec. Kepulauan Seribu Utara, Kab. Kepulauan Seribu, DKI Jakarta"),
        ("11.01.01.2001", "Gampong Keude Bakongan, Kec. Bakongan, Kab. Aceh Selatan, Aceh"),
        ("13.01.01.2001", None),
        ("91.03.01", "Distrik Sentani, Kab. Jayapura, Papua"),
    ],
)
async def test_places_are_called_as_their_region_calls_them(indonesia: Store, path: str, full_name: str | None) -> None:
    async with indonesia.read() as db:
        found = await wilayah.get(db, path)
        assert found is not None
        assert found.full_name == full_name or (full_name is None and found.kind == "Nagari")


async def test_every_official_node_names_its_decree(indonesia: Store) -> None:
    async with indonesia.read() as db:
        found = await db.execute(select(tables.node.c.decree, tables.node.c.valid_from).distinct())
        assert [tuple(row) for row in found] == [("Kepmendagri 300.2.2-2138/2025", date(2025, 4, 25))]


async def test_every_node_hangs_below_another(indonesia: Store) -> None:
    orphans = "SELECT path FROM node WHERE parent <> '' AND parent NOT IN (SELECT path FROM node)"
    async with indonesia.read() as db:
        assert list(await db.scalars(text(orphans))) == []


async def test_one_chooses_step_by_step_from_the_country_to_the_village(indonesia: Store) -> None:
    chosen = []
    async with indonesia.read() as db:
        for parent, number in (("ID", 38), ("32", 27), ("32.16", 23), ("32.16.19", 7)):
            below = await wilayah.children(db, parent)
            assert len(below) == number
            chosen.append(below[0].name)
            if parent != "32":
                assert [place.name for place in below] == sorted(place.name for place in below)
    assert chosen[:2] == ["Aceh", "Bandung"]


async def test_a_finished_import_is_not_done_again(indonesia: Store) -> None:
    calls: list[tuple[int, int]] = []
    assert await official.import_official(indonesia, lambda done, total: calls.append((done, total))) == 0
    assert calls == []


async def test_an_import_killed_halfway_is_completed(empty: Store) -> None:
    def die(done: int, total: int) -> None:
        if done > 20_000:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await official.import_official(empty, die)
    halfway = len(await paths(empty))
    seen: list[tuple[int, int]] = []
    new = await official.import_official(empty, lambda done, total: seen.append((done, total)))
    assert (halfway - 1) + new == official.OFFICIAL
    assert seen[-1] == (official.OFFICIAL, official.OFFICIAL)
    async with empty.read() as db:
        assert await wilayah.count_official(db) == official.OFFICIAL


async def test_an_rt_is_declared_with_what_lies_between_it_and_its_village(store: Store) -> None:
    async with store.write() as db:
        await wilayah.declare(db, f"{VILLAGE}/D01", kind="Dusun", name="Krajan")
        made = await wilayah.declare(db, f"{VILLAGE}/D01/RW005/RT003")
        below = await wilayah.children(db, f"{VILLAGE}/D01")
    assert (made.level, made.kind, made.name, made.postcode) == (Level.RT, "RT", "RT 003", "17530")
    assert made.full_name == (
        "RT 003/RW 005, Dusun Krajan, Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"
    )
    assert [place.full_name for place in below] == [
        "RW 005, Dusun Krajan, Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat"
    ]


async def test_declaring_again_changes_nothing(store: Store) -> None:
    async with store.write() as db:
        first = await wilayah.declare(db, f"{VILLAGE}/D01", kind="Dusun", name="Krajan")
        again = await wilayah.declare(db, f"{VILLAGE}/D01", kind="Banjar", name="Lain")
    assert again == first


async def test_a_unit_without_a_name_is_called_by_its_number(store: Store) -> None:
    async with store.write() as db:
        await wilayah.declare(db, f"{VILLAGE}/D02/RT001")
        unit = await wilayah.get(db, f"{VILLAGE}/D02")
    assert unit is not None
    assert (unit.kind, unit.name) == ("Dusun", "2")


async def test_many_declare_one_rt_at_once_and_it_is_there_once(store: Store) -> None:
    async def declare() -> str:
        async with store.write() as db:
            return (await wilayah.declare(db, f"{VILLAGE}/RW005/RT003")).full_name

    names = await asyncio.gather(*(declare() for _ in range(20)))
    assert len(set(names)) == 1
    assert (await paths(store))[-2:] == [f"{VILLAGE}/RW005", f"{VILLAGE}/RW005/RT003"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("32.16.19.2006/RW001", "wilayah_unknown"),
        ("32.16.20", "wilayah_unknown"),
        ("99", "wilayah_unknown"),
        (f"{VILLAGE}/RT000", "rt_out_of_range"),
    ],
    ids=["no such village", "no such kecamatan", "no such province", "RT 000"],
)
async def test_what_cannot_be_is_not_declared(store: Store, path: str, code: str) -> None:
    before = await paths(store)
    with pytest.raises(KamarError) as refused:
        async with store.write() as db:
            await wilayah.declare(db, path)
    assert refused.value.code == code
    assert await paths(store) == before


async def test_thousands_are_declared_at_once_and_strangers_passed_over(store: Store) -> None:
    rw = [rw_path(VILLAGE, number) for number in range(1, 21)]
    rt = [rt_path(parent, number) for parent in rw for number in range(1, 501)]
    wanted: Sequence[str] = [*rw, *rt, "32.16.19.2999/RW001"]
    async with store.write() as db:
        await wilayah.declare_many(db, wanted)
        await wilayah.declare_many(db, wanted)
        last = await wilayah.get(db, f"{VILLAGE}/RW020/RT500")
    assert len(await paths(store)) == 4 + 20 + 10_000
    assert last is not None
    assert last.full_name.startswith("RT 500/RW 020, Desa Sukaresmi, ")


async def test_rt_and_rw_do_not_count_as_official(store: Store) -> None:
    async with store.write() as db:
        await wilayah.declare(db, f"{VILLAGE}/RW005/RT003")
        assert await wilayah.count_official(db) == 4


async def test_below_a_village_children_come_by_number(store: Store) -> None:
    async with store.write() as db:
        for number in (10, 2, 1):
            await wilayah.declare(db, rw_path(VILLAGE, number))
        found = await wilayah.children(db, VILLAGE)
    assert [place.name for place in found] == ["RW 001", "RW 002", "RW 010"]


async def test_rt_and_rw_are_not_found_by_the_postcode_of_their_village(store: Store) -> None:
    async with store.write() as db:
        await wilayah.declare(db, f"{VILLAGE}/RW005/RT003")
        assert [place.path for place in (await search(db, "17530")).places] == [VILLAGE]


async def test_a_postcode_tells_its_villages_and_none_tells_nothing(indonesia: Store) -> None:
    async with indonesia.read() as db:
        assert [place.name for place in await wilayah.by_postcode(db, "16424")] == ["Pondok Cina"]
        assert await wilayah.by_postcode(db, "") == []
