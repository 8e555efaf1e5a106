"""What a node is called in the name of a room: its place in words; a workplace by two words that say nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.node import is_hidden, village_of
from kamar.referral import Dice
from kamar.wordlist import WORDS
from kamar.words import mark as _
from kamar_store.tables import cover, node

UNNAMED = _("Rekan kerja")  # until two words were drawn


@dataclass(frozen=True, slots=True)
class Said:
    """``name`` and ``kind`` of the place that a room is named after, and the node's whole path in words."""

    name: str
    kind: str
    whole: str


async def said(db: AsyncConnection, path: NodePath) -> Said:
    """Return how a node of any axis is called; of a village's RT and RW ``name`` and ``kind`` are the village's."""
    if is_hidden(path):
        drawn = await db.scalar(select(cover.c.name).where(cover.c.node == path))
        return Said(drawn or UNNAMED, "", drawn or UNNAMED)
    own = await _row(db, path)
    around = village_of(path)
    base = own if around in (None, path) else await _row(db, around or path)
    if base is None:
        return Said(path.partition("/")[0], "", path)
    return Said(base.name, base.kind, own.whole if own else f"{path}, {base.whole}")


async def instead(db: AsyncConnection, path: NodePath) -> str | None:
    """Return the words by which a hidden node is called before anybody; none: its own name may be said."""
    return (await said(db, path)).whole if is_hidden(path) else None


async def draw(db: AsyncConnection, path: NodePath, dice: Dice) -> str:
    """Return the two words of a workplace, drawn the first time."""
    drawn = await db.scalar(select(cover.c.name).where(cover.c.node == path))
    if drawn is None:
        drawn = f"{dice.choice(WORDS)} {dice.choice(WORDS)}".title()
        await db.execute(insert(cover).values(node=path, name=drawn))
    return str(drawn)


async def _row(db: AsyncConnection, path: NodePath) -> Said | None:
    found = await db.execute(select(node.c.name, node.c.kind, node.c.full_name).where(node.c.path == path))
    row = found.one_or_none()
    return None if row is None else Said(*row)
