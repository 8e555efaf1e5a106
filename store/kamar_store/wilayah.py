"""The nodes of the territory: read them, choose among them step by step, declare RT, RW and dusun.

Searching by name is :mod:`kamar_store.wilayah_search`, bringing the official places in is
:mod:`kamar_store.wilayah_import`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.wilayah import Level, Wilayah, parse
from kamar_store import bulk
from kamar_store.tables import node

AXIS = "wilayah"
OFFICIAL = (Level.PROVINSI, Level.KOTA, Level.KECAMATAN, Level.KELURAHAN)
OWN = (Level.UNIT, Level.RW, Level.RT)


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the registry. ``full_name`` is the whole path in words, smallest place first."""

    path: NodePath
    level: Level
    kind: str
    name: str
    full_name: str
    postcode: str

    @property
    def code(self) -> str:
        """Return the official code, of an RT or RW that of its village."""
        return self.path.partition("/")[0]


COLUMNS = (node.c.path, node.c.level, node.c.kind, node.c.name, node.c.full_name, node.c.postcode)
IN_FORCE = (node.c.axis == AXIS, node.c.valid_to.is_(None))


def node_of(row: Row[*tuple[Any, ...]]) -> Node:
    """Return the node of a row of :data:`COLUMNS`."""
    return Node(NodePath(row.path), Level(row.level), row.kind, row.name, row.full_name, row.postcode)


async def get(db: AsyncConnection, path: str) -> Node | None:
    """Return one place, in force or not; None if it never was, is an RT or RW that nobody declared, or no wilayah."""
    row = (await db.execute(select(*COLUMNS).where(node.c.path == path, node.c.axis == AXIS))).one_or_none()
    return None if row is None else node_of(row)


async def children(db: AsyncConnection, parent: str) -> list[Node]:
    """Return what to choose from below a place, by name; below a village by number."""
    rows = await db.execute(select(*COLUMNS).where(node.c.parent == parent, *IN_FORCE))
    return sorted((node_of(row) for row in rows), key=lambda place: (place.level, _alphabet(place), place.path))


def _alphabet(place: Node) -> str:
    if place.level in OWN:
        return ""
    return f"{place.kind} {place.name}" if place.level is Level.KOTA else place.name


async def by_postcode(db: AsyncConnection, postcode: str) -> list[Node]:
    """Return the villages that use a postcode, by name."""
    villages = (node.c.level == Level.KELURAHAN, node.c.postcode == postcode, node.c.postcode != "")
    asked = select(*COLUMNS).where(*villages, *IN_FORCE)
    return [node_of(row) for row in await db.execute(asked.order_by(node.c.name, node.c.path))]


async def count_official(db: AsyncConnection) -> int:
    """Return how many places with an official code are in force; Indonesia itself does not count."""
    counted = select(func.count()).select_from(node).where(node.c.level.in_(OFFICIAL), *IN_FORCE)
    return int((await db.execute(counted)).scalar_one())


async def declare(db: AsyncConnection, path: str, kind: str = "", name: str = "") -> Node:
    """Give the node of a place, made here and now if it is an RT, RW or unit that has none yet.

    What lies between it and its village is made too. ``kind`` and ``name`` are a unit's ("Dusun", "Krajan"); without
    them it is called by its number. A node that is there stays as it is; two callers at once make one node.

    Raises:
        KamarError: ``wilayah_unknown`` when the village or official place does not exist.
    """
    place = parse(path)
    found = await get(db, path)
    if found is None and place.level in OWN:
        chain = [item for item in (*reversed(place.ancestors()), place) if item.level in OWN]
        for item in chain:
            said = (kind, name) if item == place and place.level is Level.UNIT else ("", "")
            await _declare(db, [_own_row(item, *said)])
        found = await get(db, path)
    if found is None:
        raise KamarError("wilayah_unknown", path=path)
    return found


async def declare_many(db: AsyncConnection, paths: Iterable[str]) -> None:
    """Declare any number of RT and RW, quickly. What lies between them and their villages must be declared before.

    A path in an unknown village or unit is passed over.
    """
    await _declare(db, (_own_row(parse(path)) for path in paths))


_FIELDS = ("path", "parent", "level", "kind", "name", "said", "base")
_DECLARE = """
    INSERT INTO node (path, parent, axis, level, kind, name, full_name, postcode, decree, valid_from)
    SELECT own.path, own.parent, 'wilayah', own.level, own.kind, own.name,
           own.said || ', ' || base.full_name, base.postcode, '', CURRENT_DATE
    FROM {rows} AS own CROSS JOIN node AS base WHERE base.path = own.base ON CONFLICT DO NOTHING
"""  # CROSS: SQLite would otherwise read the whole territory once for every row


async def _declare(db: AsyncConnection, rows: Iterable[tuple[str, ...]]) -> None:
    await bulk.insert(db, _DECLARE, _FIELDS, rows)


def _own_row(place: Wilayah, kind: str = "", name: str = "") -> tuple[str, ...]:
    """Return a row of :data:`_FIELDS`; ``said`` is what stands before the full name of the node ``base``."""
    base = place.path.partition("/RW")[0].partition("/RT")[0]
    if place.level is Level.UNIT:
        kind, name = kind or "Dusun", name or str(place.unit)
        return place.path, str(place.parent), place.level, kind, name, f"{kind} {name}", str(place.village)
    kind = place.level.upper()
    name = place.rt_rw.partition("/")[0]
    return place.path, str(place.parent), place.level, kind, name, place.rt_rw, base
