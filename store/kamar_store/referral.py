"""Invitation codes in the registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.referral import Dice, new_code
from kamar_store import outbox
from kamar_store.tables import invitation


@dataclass(frozen=True, slots=True)
class Invitation:
    """One code: whose it is (``None``: the server's own) and which node it carries."""

    code: str
    owner: MemberId | None
    node: NodePath | None
    revoked_at: datetime | None


async def create(
    db: AsyncConnection,
    code: str,
    owner: MemberId | None,
    node: NodePath | None,
    now: datetime,
    *,
    demo: bool = False,
) -> None:
    """Write a new code and tell Synapse of it, for newcomers with a stock client."""
    await db.execute(insert(invitation).values(code=code, owner=owner, node=node, created_at=now, demo=demo))
    await outbox.put(db, "code", f"code:{code}:new", {"code": code, "revoked": False}, now, lane=f"code:{code}")


async def find(db: AsyncConnection, code: str) -> Invitation:
    """Return the invitation.

    Raises:
        KamarError: ``code_unknown``.
    """
    found = await db.execute(
        select(invitation.c.code, invitation.c.owner, invitation.c.node, invitation.c.revoked_at).where(
            invitation.c.code == code
        )
    )
    row = found.one_or_none()
    if row is None:
        raise KamarError("code_unknown")
    return Invitation(*row)


async def own_code(db: AsyncConnection, owner: MemberId) -> str | None:
    """Return the member's own code in force, if there is one."""
    return await _in_force(db, owner)


async def ensure_own(
    db: AsyncConnection, owner: MemberId, server: str, dice: Dice, now: datetime, *, demo: bool = False
) -> str:
    """Return the member's own code in force, made here and now if there is none. ``server`` begins every code."""
    code = await own_code(db, owner)
    if code is None:
        code = new_code(server, dice)
        await create(db, code, owner, None, now, demo=demo)
    return code


async def server_code(db: AsyncConnection) -> str | None:
    """Return the server's own code in force, the one on the terminal and on the first poster."""
    return await _in_force(db, None)


async def _in_force(db: AsyncConnection, owner: MemberId | None) -> str | None:
    found = await db.execute(
        select(invitation.c.code)
        .where(
            invitation.c.owner.is_(None) if owner is None else invitation.c.owner == owner,
            invitation.c.revoked_at.is_(None),
            or_(invitation.c.node.is_(None), invitation.c.owner.is_not(None)),
        )
        .order_by(invitation.c.created_at)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def revoke(db: AsyncConnection, code: str, now: datetime) -> None:
    """Take a code back, here and at Synapse. Sign-ups begun with it cannot be finished."""
    await db.execute(update(invitation).where(invitation.c.code == code).values(revoked_at=now))
    await outbox.put(db, "code", f"code:{code}:revoked", {"code": code, "revoked": True}, now, lane=f"code:{code}")
