"""What people are told about a restructuring, in their kamar or alone."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.structure import RoomKey, RoomKind
from kamar.structure_room import room_name
from kamar.words import mark as _
from kamar_store import cover
from kamar_store.node_path import within
from kamar_store.tables import room

ARCHIVED_INTO = _("Kamar ini digabung ke {name}. Percakapan lama tetap dapat dibaca; obrolan berlanjut di sana.")
ARCHIVED = _("Kamar ini ditutup. Percakapan lama tetap dapat dibaca di sini.")
TAKES_IN = _("{name} digabung ke kamar ini. Selamat datang, kawan-kawan!")
NAMED = _("Kamar ini sekarang bernama {name}. Isi dan anggotanya tetap.")
MOVED = _("Tempat Anda sekarang tercatat di {name}. Anda tidak perlu melakukan apa pun.")


async def chats(db: AsyncConnection, top: NodePath) -> dict[int, str]:
    """Return the names of the open chats at and below a node, by row, as they are now."""
    found = await db.execute(
        select(room.c.id, room.c.node).where(
            within(room.c.node, top), room.c.kind == RoomKind.OBROLAN, room.c.room_id.is_not(None)
        )
    )
    return {row: await chat_name(db, NodePath(path)) for row, path in found.all()}


async def renamed(db: AsyncConnection, top: NodePath, before: Mapping[int, str]) -> dict[int, str]:
    """Return what to say in chats whose names are others now."""
    after = await chats(db, top)
    return {row: NAMED.format(name=name) for row, name in after.items() if before.get(row, name) != name}


async def archived(db: AsyncConnection, path: NodePath, into: int | None) -> dict[str, str]:
    old = await chat_name(db, path)
    if into is None:
        return {"said": ARCHIVED, "name": f"Arsip {old}"}
    place = await db.scalar(select(room.c.node).where(room.c.id == into))
    new = await chat_name(db, NodePath(place or path))
    return {
        "said": ARCHIVED_INTO.format(name=new),
        "name": f"Arsip {old}",
        "welcome": TAKES_IN.format(name=old),
    }


async def moved(db: AsyncConnection, path: NodePath) -> str:
    """Return what to tell who sits in no kamar there."""
    return MOVED.format(name=(await cover.said(db, path)).whole)


async def chat_name(db: AsyncConnection, path: NodePath) -> str:
    """Return the name of the chat of a node; of a workplace only what its room is called."""
    said = await cover.said(db, path)
    return room_name(RoomKey(path, RoomKind.OBROLAN), said.name, said.kind)
