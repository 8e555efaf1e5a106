"""Paths in every table follow when nodes get new ones.

Which columns hold a path the tables themselves say (type ``PATH``), so that none can be forgotten. A column of an
append-only history says ``info={"follows": False}``; the nodes' own table is :mod:`kamar_store.node`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.node import below, chain_of
from kamar_store.tables import PATH, metadata, signup

_AWAY = "~"  # no path begins with it: where values wait while others take their places


def columns() -> Iterator[Column[str]]:
    """Return every column that holds the path of a node and follows when it changes."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.type is PATH and table.name != "node" and column.info.get("follows", True):
                yield column


def renamed(path: NodePath, moves: Mapping[NodePath, NodePath]) -> NodePath:
    """Return the path after ``moves``: by the nearest node at or above it that moves."""
    nearest = next((node for node in chain_of(path) if node in moves), None)
    return path if nearest is None else NodePath(moves[nearest] + path[len(nearest) :])


def within(column: Column[str], path: NodePath) -> ColumnElement[bool]:
    """Select what stands at or below a node."""
    low, high = below(path)
    return or_(column == path, and_(column >= low, column < high))


async def follow(db: AsyncConnection, moves: Mapping[NodePath, NodePath]) -> None:
    """Write the new path wherever an old one, or one below it, stands."""
    for column in columns():
        await _follow(db, column, moves)
    await _follow_signups(db, moves)


async def _follow(db: AsyncConnection, column: Column[str], moves: Mapping[NodePath, NodePath]) -> None:
    found: set[NodePath] = set()
    for old in moves:
        values = await db.scalars(select(column).where(within(column, old)).distinct())
        found |= {NodePath(value) for value in values}
    changes = {old: renamed(old, moves) for old in sorted(found)}
    table = column.table
    for old, new in changes.items():
        if old != new:
            await db.execute(update(table).where(column == old).values({column.name: _AWAY + new}))
    for new in sorted(set(changes.values())):
        await db.execute(update(table).where(column == _AWAY + new).values({column.name: new}))


async def _follow_signups(db: AsyncConnection, moves: Mapping[NodePath, NodePath]) -> None:
    """Newcomers in the middle of signing up chose their village already."""
    rows = (await db.execute(select(signup.c.id, signup.c.answers).where(signup.c.member.is_(None)))).all()
    for number, answers in rows:
        village = answers.get("village")
        if isinstance(village, str) and (new := renamed(NodePath(village), moves)) != village:
            await db.execute(update(signup).where(signup.c.id == number).values(answers={**answers, "village": new}))
