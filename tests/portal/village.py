"""A corner of Indonesia, small enough to be made for each test."""

from __future__ import annotations

from datetime import date

from kamar.ids import NodePath
from kamar.wilayah import official_name
from kamar_store.store import Store
from kamar_store.wilayah_import import OfficialNode, index, insert_official

SUKARESMI = NodePath("32.16.19.2005")
KEMIRI_MUKA = NodePath("32.76.06.1003")
PLACES = {
    "ID": ("Negara", "Indonesia", ""),
    "32": ("Provinsi", "Jawa Barat", ""),
    "32.16": ("Kabupaten", "Bekasi", ""),
    "32.16.19": ("Kecamatan", "Cikarang Selatan", ""),
    SUKARESMI: ("Desa", "Sukaresmi", "17530"),
    "32.16.19.2004": ("Desa", "Ciantra", "17530"),
    "32.76": ("Kota", "Depok", ""),
    "32.76.06": ("Kecamatan", "Beji", ""),
    KEMIRI_MUKA: ("Kelurahan", "Kemiri Muka", "16423"),
}


async def plant(store: Store) -> None:
    """Bring the corner into a registry."""
    nodes = []
    for path, (kind, name, postcode) in PLACES.items():
        chain = [path[:end] for end in (13, 8, 5, 2) if end <= len(path)] if path != "ID" else []
        full = official_name([PLACES[part][:2] for part in chain]) or name
        nodes.append(OfficialNode(NodePath(path), kind, name, full, postcode, "test", date(2024, 1, 1)))
    async with store.write() as db:
        await insert_official(db, nodes)
        await index(db)
