"""A registry with one village, and people who live there; no server."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from random import Random

from sqlalchemy import insert

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.settings import Ports, Server, Settings
from kamar.structure import RoomKey, RoomKind
from kamar_bots.talk import Ask, Registry
from kamar_store import member as members
from kamar_store import seating
from kamar_store.store import Db, Store
from kamar_store.tables import node

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTINGS = Settings(server=Server(name="kamar.test", public_url="https://kamar.example"), ports=Ports(portal=8080))
VILLAGE = NodePath("32.16.19.2005")
KECAMATAN = NodePath("32.16.19")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
BOT = UserId("@kamar:kamar.test")
_numbers = count(1)

_PLACES = (
    ("ID", "", "negara", "", "Indonesia", "Indonesia"),
    ("32", "ID", "provinsi", "Provinsi", "Jawa Barat", "Jawa Barat"),
    ("32.16", "32", "kota", "Kabupaten", "Bekasi", "Kab. Bekasi, Jawa Barat"),
    (
        KECAMATAN, "32.16", "kecamatan", "Kecamatan", "Cikarang Selatan",
        "Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat",
    ),
    (
        VILLAGE, KECAMATAN, "kelurahan", "Desa", "Sukaresmi",
        "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat",
    ),
)  # fmt: skip


async def settle(store: Store) -> None:
    """Write the village and the places around it."""
    fields = ("path", "parent", "level", "kind", "name", "full_name")
    rest = {"axis": "wilayah", "postcode": "17530", "decree": "", "valid_from": date(2025, 1, 1)}
    async with store.write() as db:
        await db.execute(insert(node), [dict(zip(fields, place, strict=True)) | rest for place in _PLACES])


async def live(db: Db, name: str = "Siti", home: NodePath = RT) -> tuple[UserId, MemberId]:
    """Write a member."""
    user = UserId(f"@warga{next(_numbers)}:kamar.test")
    return user, await members.create(db, user, name, home, None, None, NOW)


async def opened(db: Db, key: RoomKey) -> RoomId:
    """Write an official room that is open."""
    await seating.want_rooms(db, [key], NOW)
    (row,) = [room for room in await seating.rooms_at(db, [key.node]) if room.key == key]
    room_id = row.room_id or RoomId(f"!room{row.id}")
    if row.room_id is None:
        await seating.opened(db, row, room_id, NOW)
    return room_id


def asked(text: str, user: UserId, room: RoomKey | None = None, *, direct: bool = False, called: bool = False) -> Ask:
    """Return something said by ``user``."""
    return Ask(user, RoomId("!somewhere"), text, room, direct, "id", NOW, called)


def registry(db: Db) -> Registry:
    """Return what commands work with."""
    return Registry(db, SETTINGS, Random(7))


CHAT = RoomKey(RT, RoomKind.OBROLAN)
"""The kamar of RT 003/RW 005."""
STARTER = RoomKey(KECAMATAN, RoomKind.PERINTIS)
"""The starter kamar of the kecamatan."""
