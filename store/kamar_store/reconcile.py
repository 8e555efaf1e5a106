"""Which nodes changed, so that Matrix is looked at again there and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.reconcile.area import area_of, around
from kamar_store import outbox
from kamar_store.outbox import Row
from kamar_store.tables import outbox as rows

KIND = "reconcile"


@dataclass(frozen=True, slots=True)
class Mark:
    """One node to look at; ``alone``: its own rooms only, not those below it."""

    node: NodePath
    alone: bool


async def mark(db: AsyncConnection, nodes: Iterable[NodePath], now: datetime) -> None:
    """Order that the rooms of the nodes are made equal to the registry, in the transaction of what changed it.

    The officers' room above each is looked at too: boards sit there. Marks of one village are worked on together.
    """
    from kamar_store import gathering  # which reads mandates, whose changes are marked here

    asked = set(nodes)
    await gathering.order(db, await gathering.fed_by(db, asked), now)
    marks = {Mark(each, alone=False) for each in asked}
    marks |= {Mark(above, alone=True) for each in asked if (above := around(each)) is not None and above not in asked}
    for each in sorted(marks, key=lambda item: (item.node, item.alone)):
        key = f"reconcile:{each.node}:{'alone:' if each.alone else ''}{now.isoformat()}"
        payload = {"node": each.node, "alone": each.alone}
        await outbox.put(db, KIND, key, payload, now, lane=_lane(each.node))


def is_marked(row: Row) -> bool:
    """Tell whether an order lies in its lane: one written for a moment ahead does not, or it would hold the lane up."""
    return "alone" in row.payload


async def marks_with(db: AsyncConnection, row: Row) -> tuple[list[int], set[Mark]]:
    """Return the nodes of this row, and of those that wait behind it in its lane, with the numbers of their rows.

    Those rows are carried out together with this one: :func:`done_too`.
    """
    first = _mark(row.payload)
    found = await db.execute(
        select(rows.c.id, rows.c.payload).where(
            rows.c.lane == _lane(first.node), rows.c.state == "ready", rows.c.kind == KIND, rows.c.id != row.id
        )
    )
    behind = {number: _mark(payload) for number, payload in found}
    return sorted(behind), {first, *behind.values()}


async def done_too(db: AsyncConnection, numbers: Collection[int]) -> None:
    """Write that rows were carried out together with another one."""
    if numbers:
        waiting = and_(rows.c.id.in_(numbers), rows.c.state == "ready")
        await db.execute(update(rows).where(waiting).values(state="done", payload={}, error=""))


async def pending(db: AsyncConnection, nodes: Iterable[NodePath]) -> set[NodePath]:
    """Return the areas of these nodes in which a change is still on its way to Matrix."""
    lanes = {_lane(each): area_of(each) for each in nodes}
    found = await db.execute(select(rows.c.lane).where(rows.c.lane.in_(list(lanes)), rows.c.state == "ready"))
    return {lanes[lane] for (lane,) in found}


def _lane(path: NodePath) -> str:
    return f"node:{area_of(path)}"


def _mark(payload: object) -> Mark:
    assert isinstance(payload, dict)
    return Mark(NodePath(payload["node"]), bool(payload.get("alone", False)))
