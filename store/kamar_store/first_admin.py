"""Whether a server has its first administrator yet."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar_store.tables import member


async def has_admin(db: AsyncConnection) -> bool:
    """Tell whether a living member administers this server."""
    return bool(await db.scalar(select(exists().where(member.c.admin, member.c.left_at.is_(None)))))
