"""What the draft of a decree needs from the registry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.mandate import MandateId
from kamar.mandate_decree import BLANK, Decree, Names, draft
from kamar.node import parent_of
from kamar.organisation import Organisation
from kamar_store import member as members
from kamar_store import wilayah
from kamar_store.mandate_find import get, held_by


async def decree_of(db: AsyncConnection, organisation: Organisation, number: MandateId, now: datetime) -> Decree:
    """Return the draft of the decree for a mandate.

    Raises:
        KamarError: ``mandate_unknown``.
    """
    found = await get(db, number)
    holder = await members.by_id(db, found.member)
    name = holder.display_name if holder else BLANK
    signer = BLANK
    if found.appointed_by is not None and found.appointed_at is not None:
        titles = [
            f"{organisation.office(code).title} {await _place(db, node)}"
            for node, code in await held_by(db, found.appointed_by, now)
            if node == found.appointed_at and code in organisation.offices
        ]
        signer = titles[0] if titles else BLANK
    names = Names(organisation.name, name, await _place(db, found.node), signer)
    return draft(found, organisation.office(found.office), names)


async def _place(db: AsyncConnection, node: NodePath) -> str:
    """Return a place in words, with the one above it; its key where the registry has no name for it."""
    found = await wilayah.get(db, node)
    if found is None:
        above = parent_of(node)
        outer = await wilayah.get(db, above) if above else None
        return f"{node} {outer.full_name}" if outer else node
    return found.full_name
