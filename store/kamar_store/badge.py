"""Which of some people hold an office that may be shown beside their names, as the registry says and nobody else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath, UserId
from kamar.node import axis_of
from kamar.organisation import Organisation
from kamar_store.mandate_find import in_force
from kamar_store.siaran import place_words
from kamar_store.tables import mandate, member


async def badges(
    db: AsyncConnection, organisation: Organisation, users: Collection[UserId], node: NodePath, now: datetime
) -> dict[UserId, str]:
    """Return "Koordinator Kamar RT 003" for those of ``users`` in a room at ``node`` who are in office now.

    Only offices of the room's own axis: that somebody leads a workplace is nobody's business elsewhere. Of several the
    first given is shown.
    """
    found = await db.execute(
        select(member.c.user_id, mandate.c.office, mandate.c.node)
        .join(mandate, mandate.c.member == member.c.id)
        .where(member.c.user_id.in_(list(users)), in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id.desc())
    )
    titles: dict[UserId, str] = {}
    for user, code, at in found:
        office = organisation.offices.get(code)
        if office is not None and axis_of(at) is axis_of(node):
            place = (await place_words(db, NodePath(at))).split(", ")[0].split("/")[0]
            titles[UserId(user)] = f"{office.title} {place}"
    return titles
