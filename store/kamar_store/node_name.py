"""What nodes are called: the full name of each, made anew when something above it changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.node import Axis, axis_of, parent_of, root_of
from kamar.wilayah import ROOT, Level, official_name, parse, titled
from kamar_store.tables import node

if TYPE_CHECKING:
    from kamar_store.node import Node

SEARCHED = frozenset({Level.NEGARA, Level.PROVINSI, Level.KOTA, Level.KECAMATAN, Level.KELURAHAN})
NUMBERED = frozenset({Level.RW, Level.RT})  # called by the numbers in their paths


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody calls a node."""

    kind: str
    name: str


def is_searched(level: str) -> bool:
    """Tell whether nodes of this level are found by the search over official places."""
    return level in {item.value for item in SEARCHED}


async def row_of(
    db: AsyncConnection, path: NodePath, level: str, said: Said, decree: str, since: date
) -> dict[str, Any]:
    """Return the whole row of a node in force."""
    kind, name = said.kind, said.name
    if axis_of(path) is Axis.WILAYAH and parse(path).level in NUMBERED:
        kind, name = level.upper(), parse(path).rt_rw.partition("/")[0]
    return {
        "path": path,
        "parent": parent_of(path) or "",
        "axis": axis_of(path).value,
        "level": level,
        "kind": kind,
        "name": name,
        "full_name": await full_name(db, path, Said(kind, name)),
        "postcode": await _postcode(db, path),
        "decree": decree,
        "valid_from": since,
        "valid_to": None,
        "superseded_by": None,
    }


async def full_name(db: AsyncConnection, path: NodePath, said: Said) -> str:
    """Return the whole path in words, from the full name of what lies above."""
    if axis_of(path) is Axis.WILAYAH and parse(path).level in NUMBERED:
        base = path.partition("/RW")[0].partition("/RT")[0]
        own = parse(path).rt_rw
    else:
        base = parent_of(path) or ""
        own = official_name([(said.kind, said.name)]) if is_official(path) else titled(said.kind, said.name)
    if base in ("", ROOT, root_of(axis_of(path))):
        return own
    found = (await db.execute(select(node.c.full_name).where(node.c.path == base))).scalar_one_or_none()
    return own if found is None else f"{own}, {found}"


def is_official(path: NodePath) -> bool:
    """Tell whether a path is an official code."""
    return axis_of(path) is Axis.WILAYAH and parse(path).level in SEARCHED


async def say_again(db: AsyncConnection, nodes: Iterable[Node]) -> None:
    """Write the full names of nodes anew; ``nodes`` come parents first."""
    for each in nodes:
        name = await full_name(db, each.path, Said(each.kind, each.name))
        if name != each.full_name:
            await db.execute(update(node).where(node.c.path == each.path).values(full_name=name))


async def _postcode(db: AsyncConnection, path: NodePath) -> str:
    """Return the postcode that a row bears already, or the village's."""
    if axis_of(path) is not Axis.WILAYAH:
        return ""
    paths = [path, *([parse(path).code] if parse(path).village else [])]
    found = dict((await db.execute(select(node.c.path, node.c.postcode).where(node.c.path.in_(paths)))).all())
    return next((found[each] for each in paths if found.get(each)), "")
