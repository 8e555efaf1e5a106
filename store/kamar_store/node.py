"""Nodes of every axis in the registry: find them, make them, rename, move and close them.

What a function here changes it marks (:mod:`kamar_store.reconcile`), so that Matrix follows. Who may do it, and what
becomes of the people who live there, is :mod:`kamar_store.restructure`'s business: officers go through a plan.
A node is never deleted: a closed one keeps its row, with the day it ended and what took its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, below, check, is_within, parent_of, root_of
from kamar.organisation import Organisation
from kamar_store import node_name, node_path, wilayah_import
from kamar_store import reconcile as changed
from kamar_store.tables import node

MOST = 20  # answers to a search
OWN_KINDS = {"rt": "RT", "rw": "RW", "unit": "Dusun", "kelurahan": "Desa", "kecamatan": "Kecamatan"}
SHOWN = frozenset(Axis) - {Axis.KERJA}  # of workplaces only those who belong there are told


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``valid_to`` is set once it is closed; ``superseded_by`` then names what took its place."""

    path: NodePath
    axis: Axis
    level: str
    kind: str
    name: str
    full_name: str  # the whole path in words, smallest place first
    decree: str
    valid_to: date | None
    superseded_by: NodePath | None

    @property
    def is_open(self) -> bool:
        """Tell whether the node is in force."""
        return self.valid_to is None


FIELDS = ("path", "axis", "level", "kind", "name", "full_name", "decree", "valid_to", "superseded_by")
COLUMNS = tuple(node.c[name] for name in FIELDS)


async def by_path(db: AsyncConnection, path: str) -> Node | None:
    """Return a node, closed ones too; None where there never was one."""
    row = (await db.execute(select(*COLUMNS).where(node.c.path == path))).one_or_none()
    return None if row is None else read(row)


async def in_force(db: AsyncConnection, path: str) -> Node:
    """Return a node that is in force, following what took the place of closed ones.

    Raises:
        KamarError: ``node_unknown``, ``node_closed``.
    """
    found = await by_path(db, path)
    for _step in range(MOST):  # re-coded again and again: more steps than decrees will ever be
        if found is None or found.is_open or found.superseded_by is None:
            break
        found = await by_path(db, found.superseded_by)
    if found is None:
        raise KamarError("node_unknown", path=path[:64])
    if not found.is_open:
        raise KamarError("node_closed", path=found.path)
    return found


async def children(db: AsyncConnection, path: str) -> list[Node]:
    """Return the nodes in force one step below, by name; RW and RT by number."""
    rows = await db.execute(select(*COLUMNS).where(node.c.parent == path, node.c.valid_to.is_(None)))
    return sorted(map(read, rows), key=lambda item: (item.name.casefold(), item.path))


async def subtree(db: AsyncConnection, path: str) -> list[Node]:
    """Return a node and everything in force below it, parents first. For jobs: a kabupaten has thousands."""
    low, high = below(path)
    here = or_(node.c.path == path, and_(node.c.path >= low, node.c.path < high))
    rows = await db.execute(select(*COLUMNS).where(here, node.c.valid_to.is_(None)).order_by(node.c.path))
    return [read(row) for row in rows]


async def search(
    db: AsyncConnection,
    typed: str,
    *,
    top: NodePath | None = None,
    axes: Collection[Axis] = SHOWN,
    limit: int = MOST,
) -> list[Node]:
    """Return nodes in force by a part of their name, at or below ``top``; for all villages: ``wilayah_search``."""
    words = typed.split()
    if not words:
        return []
    chosen = [func.lower(node.c.full_name).contains(word.lower(), autoescape=True) for word in words]
    chosen += [node.c.axis.in_([axis.value for axis in axes]), node.c.valid_to.is_(None)]
    if top is not None:
        low, high = below(top)
        chosen.append(or_(node.c.path == top, and_(node.c.path >= low, node.c.path < high)))
    rows = await db.execute(
        select(*COLUMNS).where(*chosen).order_by(func.length(node.c.path), node.c.path).limit(limit)
    )
    return [read(row) for row in rows]


async def create(
    db: AsyncConnection,
    organisation: Organisation,
    path: str,
    name: str,
    now: datetime,
    *,
    kind: str = "",
    decree: str = "",
) -> Node:
    """Make a node below one that is in force, or open a closed one again. RW and RT are called by their numbers.

    Raises:
        KamarError: ``node_malformed``, ``wilayah_unknown``, ``node_exists``, ``node_unknown``, ``node_closed`` (what
            it lies below).
    """
    key = check(path)
    level = organisation.level_of(key)
    parent = parent_of(key)
    if parent is not None and parent == root_of(axis_of(key)) and axis_of(key) is not Axis.WILAYAH:
        await _root(db, organisation, parent, now)
    above = None if parent is None else await by_path(db, parent)
    if parent is not None and above is None:
        raise KamarError("node_unknown", path=parent)
    if above is not None and not above.is_open:
        raise KamarError("node_closed", path=above.path)
    found = await by_path(db, key)
    if found is not None and found.is_open:
        raise KamarError("node_exists", path=key)
    said = node_name.Said(kind or OWN_KINDS.get(level, ""), name.strip())
    await put(db, await node_name.row_of(db, key, level, said, decree, now.date()))
    await changed.mark(db, [key], now)
    return await in_force(db, key)


async def rename(
    db: AsyncConnection, path: NodePath, name: str, now: datetime, *, kind: str = "", decree: str = ""
) -> None:
    """Give a node another name (and kind); what lies below bears it in its full name.

    Raises:
        KamarError: ``node_unknown``, ``node_closed``.
    """
    found = await in_force_here(db, path)
    values: dict[str, Any] = {"name": name.strip(), "kind": kind or found.kind, "decree": decree or found.decree}
    await db.execute(update(node).where(node.c.path == path).values(values))
    touched = await subtree(db, path)
    await node_name.say_again(db, touched)
    if node_name.is_searched(found.level):
        await wilayah_import.file_again(db, path, name.strip())
    await changed.mark(db, [path], now)


async def move(
    db: AsyncConnection, organisation: Organisation, moves: Mapping[NodePath, NodePath], now: datetime, decree: str = ""
) -> dict[NodePath, NodePath]:
    """Give nodes new paths, with everything below them and everybody who lives there; return every path that changed.

    All at once, so that two nodes may change places. Rooms, homes, mandates, invitations keep their rows and follow.

    Raises:
        KamarError: ``node_unknown``, ``node_closed``, ``node_exists``, ``node_cycle``.
    """
    mapping: dict[NodePath, NodePath] = {}
    for old, new in moves.items():
        await in_force_here(db, old)
        if old != new and is_within(new, old):
            raise KamarError("node_cycle", path=old, into=new)
        for each in await subtree(db, old):
            mapping[each.path] = node_path.renamed(each.path, moves)
    taken = set(mapping.values())
    for path in taken - set(mapping):
        there = await by_path(db, path)
        if there is not None and there.is_open:
            raise KamarError("node_exists", path=path)
    for new in moves.values():
        parent = parent_of(check(new))
        if parent is not None and parent not in taken:
            await in_force_here(db, parent)
    await _move_rows(db, organisation, mapping, now, decree)
    await node_path.follow(db, moves)
    await changed.mark(db, {*moves.values()}, now)
    return mapping


async def close(
    db: AsyncConnection, path: NodePath, now: datetime, *, into: NodePath | None = None, decree: str = ""
) -> None:
    """Write that a node is no more, and what took its place. What lies below it must be closed or moved before.

    Raises:
        KamarError: ``node_unknown``, ``node_closed``, ``node_has_children``.
    """
    await in_force_here(db, path)
    left = await children(db, path)
    if left:
        raise KamarError("node_has_children", path=path, child=left[0].path)
    values: dict[str, Any] = {"valid_to": now.date(), "superseded_by": into}
    await db.execute(update(node).where(node.c.path == path).values(values | ({"decree": decree} if decree else {})))
    await changed.mark(db, [path], now)


async def in_force_here(db: AsyncConnection, path: str) -> Node:
    """Return the node with exactly this path.

    Raises:
        KamarError: ``node_unknown``, ``node_closed``.
    """
    found = await by_path(db, path)
    if found is None:
        raise KamarError("node_unknown", path=path[:64])
    if not found.is_open:
        raise KamarError("node_closed", path=path)
    return found


async def put(db: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Write one node's whole row, over a closed one that stood there; a village is found by its name from now on."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(node).values(dict(row))
    rest = {name: value for name, value in row.items() if name != "path"}
    await db.execute(statement.on_conflict_do_update(index_elements=["path"], set_=rest))
    if node_name.is_searched(row["level"]):
        await wilayah_import.file_again(db, row["path"], row["name"])


def read(row: Sequence[Any]) -> Node:
    """Return the node of a row of :data:`COLUMNS`."""
    path, axis, level, kind, name, whole, decree, valid_to, superseded = row
    after = None if superseded is None else NodePath(superseded)
    return Node(NodePath(path), Axis(axis), level, kind, name, whole, decree, valid_to, after)


async def _root(db: AsyncConnection, organisation: Organisation, path: NodePath, now: datetime) -> None:
    """Make the topmost node of an axis of ours with the first node below it."""
    if await by_path(db, path) is None:
        rules = organisation.axes.get(axis_of(path))
        said = node_name.Said("", path if rules is None else rules.name)
        await db.execute(
            insert(node).values(await node_name.row_of(db, path, organisation.level_of(path), said, "", now.date()))
        )


async def _move_rows(
    db: AsyncConnection,
    organisation: Organisation,
    mapping: Mapping[NodePath, NodePath],
    now: datetime,
    decree: str,
) -> None:
    """Write the rows of the new paths; the old ones end and name their successors. Parents first."""
    found = {path: await by_path(db, path) for path in mapping}
    gone = set(mapping) - set(mapping.values())
    for old in sorted(gone):
        values = {"valid_to": now.date(), "superseded_by": mapping[old]}
        await db.execute(update(node).where(node.c.path == old).values(values))
        await wilayah_import.file_again(db, old, "")
    for old, new in sorted(mapping.items(), key=lambda pair: (pair[1].count("."), len(pair[1]), pair[1])):
        before = found[old]
        assert before is not None  # read from the registry above, in this transaction
        level = organisation.level_of(new)
        said = node_name.Said(before.kind, before.name)
        row = await node_name.row_of(db, new, level, said, decree or before.decree, now.date())
        await put(db, row | await _coming_home(db, old, new))


async def _coming_home(db: AsyncConnection, old: NodePath, new: NodePath) -> dict[str, Any]:
    """Return decree and day of a path that a node had before and gets back: as if it had never left."""
    here = (node.c.path == new, node.c.superseded_by == old)
    found = (await db.execute(select(node.c.decree, node.c.valid_from).where(*here))).one_or_none()
    return {} if found is None else {"decree": found.decree, "valid_from": found.valid_from}
