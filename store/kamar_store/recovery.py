"""The hashes of recovery words."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar_store.tables import member, recovery


async def hash_of(db: AsyncConnection, user: str) -> str | None:
    """Return the hash of a living member's recovery words."""
    found = await db.execute(
        select(recovery.c.hash)
        .join(member, member.c.id == recovery.c.member)
        .where(member.c.user_id == user, member.c.left_at.is_(None))
    )
    return found.scalar_one_or_none()
