"""The job ``gather``: seat the people that a team, or a room of officers side by side, is made of."""

from __future__ import annotations

from kamar.ids import NodePath
from kamar_provisioning.jobs import Desk
from kamar_store import gathering
from kamar_store.outbox import Row


async def gather(desk: Desk, row: Row) -> None:
    """Gather the people of one node: ``{node}``."""
    async with desk.site.store.write() as db:
        await gathering.gather(db, NodePath(row.payload["node"]), desk.now())
