"""The job ``vote``: count the votes about a vacant office when their time is over."""

from __future__ import annotations

from kamar_provisioning.jobs import Desk
from kamar_store import vacancy_vote
from kamar_store.outbox import Row


async def vote(desk: Desk, row: Row) -> None:
    """Close a vote, ``{vote}``, and appoint whom it chose."""
    async with desk.site.store.write() as db:
        await vacancy_vote.close(db, desk.site.organisation, row.payload["vote"], desk.now())
