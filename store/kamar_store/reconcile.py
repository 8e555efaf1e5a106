"""Which nodes changed, so that Matrix is looked at again there and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar_store import outbox


async def mark(db: AsyncConnection, nodes: Iterable[NodePath], now: datetime) -> None:
    """Order that the rooms of the nodes are made equal to the registry, in the transaction of what changed it."""
    for node in sorted(set(nodes)):
        await outbox.put(
            db, "reconcile", f"reconcile:{node}:{now.isoformat()}", {"node": node}, now, lane=f"node:{node}"
        )
