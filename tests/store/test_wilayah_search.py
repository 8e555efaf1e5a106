"""The village is found as people type it."""

from __future__ import annotations

import pytest

from kamar.wilayah import Level, RtRw
from kamar_store.store import Store
from kamar_store.wilayah import get
from kamar_store.wilayah_search import search, search_villages

PONDOK_CINA = "32.76.06.1005"
KEMIRI_MUKA = "32.76.06.1004"
SUKARESMI = "32.16.19.2005"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        # as it is written
        ("pondok cina", PONDOK_CINA),
        ("PONDOK CINA", PONDOK_CINA),
        ("  pondok,   cina!", PONDOK_CINA),
        ("kelurahan pondok cina", PONDOK_CINA),
        ("menteng", "31.71.06.1001"),
        ("cipete utara", "31.74.07.1010"),
        ("kelapa gading barat", "31.72.06.1003"),
        ("pasar minggu", "31.74.04.1001"),
        ("caturtunggal", "34.04.07.2001"),
        ("ma'rang", "73.10.08.1003"),
        ("marang pangkajene", "73.10.08.1003"),
        # a part of it
        ("pondok cin", PONDOK_CINA),
        ("caturtung", "34.04.07.2001"),
        ("turtunggal", "34.04.07.2001"),
        # with a typing mistake
        ("pondok cna", PONDOK_CINA),
        ("pndok cina", PONDOK_CINA),
        ("tanjug priok", "31.72.02.1001"),
        ("tanjung priuk jakarta", "31.72.02.1001"),
        ("cibinog", "32.01.01.1006"),
        ("mentg", "31.71.06.1001"),
        ("kalapa gading brt", "31.72.06.1003"),
        ("caturtungal", "34.04.07.2001"),
        ("sukaremsi cikarang", SUKARESMI),
        # run together or apart
        ("tanjungpriok", "31.72.02.1001"),
        ("pasarminggu", "31.74.04.1001"),
        ("catur tunggal sleman", "34.04.07.2001"),
        # with the places around it, in any order
        ("kemiri muka beji depok", KEMIRI_MUKA),
        ("depok beji kemiri muka", KEMIRI_MUKA),
        ("beji kemiri", KEMIRI_MUKA),
        ("sukaresmi cikarang selatan", SUKARESMI),
        ("desa sukaresmi kec. cikarang selatan kab. bekasi", SUKARESMI),
        ("bekasi sukaresmi", SUKARESMI),
        ("ancol jkt utara", "31.72.05.1003"),
        ("gambir jakpus", "31.71.01.1001"),
        ("kel. bangka kec mampang prapatan", "31.74.03.1002"),
        ("caturtunggal jogja", "34.04.07.2001"),
        ("sidomulyo bambanglipuro", "34.02.05.2001"),
        ("sidomulyo kota batu", "35.79.01.2007"),
        ("sidomulyo stabat langkat", "12.05.07.1006"),
        ("sidomulyo lampung selatan", "18.01.07.2014"),
        ("gampong baru samadua", "11.01.06.2022"),
        # a larger place
        ("kota bekasi", "32.75"),
        ("kab bekasi", "32.16"),
        ("kabupaten tangerang", "36.03"),
        ("jakarta selatan", "31.74"),
        ("jaksel", "31.74"),
        ("kebayoran baru", "31.74.07"),
        ("distrik sentani", "91.03.01"),
        ("krawang", "32.15"),
        ("jawa barat", "32"),
        ("dki", "31"),
        ("jakarta", "31"),
        ("menteng dki jakarta", "31.71.06.1001"),
        # by number
        ("16424", PONDOK_CINA),
        ("32.16.19.2005", SUKARESMI),
        ("3216192005", SUKARESMI),
        ("32.16", "32.16"),
        # out of an address
        ("jl margonda raya 100 rt 3/5 kemiri muka beji depok", KEMIRI_MUKA),
        ("Jl. Margonda Raya No. 100 RT 003/RW 005, Kel. Kemiri Muka, Kec. Beji, Kota Depok 16423", KEMIRI_MUKA),
        ("Jl. Mawar 5 Blok C2, Sukaresmi, Cikarang Selatan, Bekasi", SUKARESMI),
        ("Gg. Kober no 12 pondok cina 16424", PONDOK_CINA),
    ],
)
async def test_the_first_answer_is_the_place_meant(indonesia: Store, typed: str, first: str) -> None:
    async with indonesia.read() as db:
        found = (await search(db, typed)).places
    assert [place.path for place in found][:1] == [first], [place.full_name for place in found][:5]


@pytest.mark.parametrize("typed", ["", "   ", "!!", "qzxqzx", "rt 3 rw 4", "99999", "99.99", "%", '"'])
async def test_what_names_no_place_finds_none(indonesia: Store, typed: str) -> None:
    async with indonesia.read() as db:
        found = await search(db, typed)
    assert [place.full_name for place in found.places] == []


async def test_answers_show_the_whole_path_because_names_repeat(indonesia: Store) -> None:
    async with indonesia.read() as db:
        found = (await search(db, "sidomulyo", 20)).places
    assert len({place.full_name for place in found}) == len(found) == 20
    assert found[0].full_name == "Desa Sidomulyo, Kec. Sidomulyo, Kab. Lampung Selatan, Lampung"


@pytest.mark.parametrize(
    ("typed", "rt_rw"),
    [
        ("jl margonda raya 100 rt 3/5 kemiri muka beji depok", RtRw(3, 5)),
        ("RT.010/RW.002 pondok cina", RtRw(10, 2)),
        ("pondok cina rw 7", RtRw(None, 7)),
        ("jl margonda no 3/5 pondok cina", None),
    ],
)
async def test_rt_and_rw_of_an_address_are_handed_back(indonesia: Store, typed: str, rt_rw: RtRw | None) -> None:
    async with indonesia.read() as db:
        assert (await search(db, typed)).rt_rw == rt_rw


async def test_who_looks_for_a_kecamatan_gets_its_villages(indonesia: Store) -> None:
    async with indonesia.read() as db:
        found = (await search_villages(db, "kebayoran baru")).places
    assert len(found) == 10
    assert {place.level for place in found} == {Level.KELURAHAN}
    assert all(place.path.startswith("31.74.07.") for place in found)


async def test_who_looks_for_a_village_gets_it_before_its_neighbours(indonesia: Store) -> None:
    async with indonesia.read() as db:
        found = (await search_villages(db, "tanjug priok")).places
    assert found[0].path == "31.72.02.1001"
    assert all(place.path.startswith("31.72.02.") for place in found[:7])


async def test_a_postcode_gives_all_its_villages(indonesia: Store) -> None:
    async with indonesia.read() as db:
        village = await get(db, SUKARESMI)
        assert village is not None
        found = (await search(db, village.postcode, 50)).places
    assert SUKARESMI in [place.path for place in found]
    assert {place.postcode for place in found} == {village.postcode}


@pytest.mark.parametrize("typed", ["'; drop table node; --", "pondok\x00cina", '% _ * " OR', "NEAR(a b)", "🙂 cina"])
async def test_odd_characters_are_only_characters(indonesia: Store, typed: str) -> None:
    async with indonesia.read() as db:
        await search(db, typed)
        assert await get(db, SUKARESMI) is not None


async def test_a_very_long_text_is_read_no_further_than_an_address(indonesia: Store) -> None:
    async with indonesia.read() as db:
        found = (await search(db, "pondok cina " + "tanjung " * 10_000)).places
    assert found
