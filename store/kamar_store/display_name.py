"""Names that nobody near may bear: those of the officers at and around a member's home."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.display_name import looks_like, read_display_name, reserved_of
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.node import below, chain_of, village_of
from kamar.organisation import Organisation
from kamar_store.mandate_find import in_force
from kamar_store.tables import mandate, member


async def read_name(
    db: AsyncConnection,
    organisation: Organisation,
    text: str,
    home: NodePath,
    now: datetime,
    own: MemberId | None = None,
) -> str:
    """Return ``text`` as the display name of somebody who lives at ``home``; ``own`` is who that is, once a member.

    Raises:
        KamarError: as :func:`kamar.display_name.read_display_name`; ``name_officer``: an officer there is called so.
    """
    name = read_display_name(text, reserved_of(organisation))
    low, high = below(village_of(home) or home)
    near = or_(mandate.c.node.in_(chain_of(home)), and_(mandate.c.node >= low, mandate.c.node < high))
    found = await db.execute(
        select(member.c.id, member.c.display_name)
        .join(mandate, mandate.c.member == member.c.id)
        .where(near, in_force(now), member.c.left_at.is_(None))
        .distinct()
    )
    if any(number != own and looks_like(name, other) for number, other in found):
        raise KamarError("name_officer")
    return name
