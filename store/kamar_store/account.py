"""Accounts that were closed in Matrix alone: whose they were has left, so the registry lets go of them.

Found by :mod:`kamar_provisioning.account`: when somebody leaves a room, and of everybody once a night.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath, UserId
from kamar.vacancy import OfferState
from kamar_store import mandate_clock, outbox, persona, reconcile, referral, session
from kamar_store.member import COLUMNS, Member, read
from kamar_store.tables import belonging, delegation, mandate_offer, member, seat
from kamar_store.vault_key import Keys

KIND = "account"


async def order(db: AsyncConnection, user: UserId, cause: str, now: datetime) -> None:
    """Order a look at one account, in the transaction of ``cause``, which makes it once."""
    known = await db.scalar(select(member.c.id).where(member.c.user_id == user, member.c.left_at.is_(None)))
    if known is not None:
        await outbox.put(db, KIND, f"{KIND}:{cause}", {"member": known}, now, lane=f"{KIND}:{known}")


async def order_all(db: AsyncConnection, night: str, after: int, now: datetime) -> None:
    """Order a look at the accounts of everybody numbered above ``after``, once in the ``night`` of this name."""
    await outbox.put(db, KIND, f"{KIND}:{night}:{after}", {"night": night, "after": after}, now, lane=KIND)


async def after(db: AsyncConnection, number: int, most: int) -> list[Member]:
    """Return the next members who have not left."""
    here = (member.c.id > number, member.c.left_at.is_(None))
    found = await db.execute(select(*COLUMNS).where(*here).order_by(member.c.id).limit(most))
    return [read(row) for row in found]


async def closed(db: AsyncConnection, keys: Keys | None, who: Member, now: datetime) -> None:
    """Let go of a member whose account is no more: offices, loans, seats, what he belonged to, his code.

    A second account goes altogether, with its link in the vault. Repeatable.
    """
    await mandate_clock.end_all(db, who.id, now)
    await session.end_all(db, who.user_id)
    if (code := await referral.own_code(db, who.id)) is not None:
        await referral.revoke(db, code, now)
    if who.persona and keys is not None:
        await persona.erase(db, keys, who)
        return
    for table in (seat, belonging):
        await db.execute(delete(table).where(table.c.member == who.id))
    ready = (mandate_offer.c.member == who.id, mandate_offer.c.state == OfferState.OPEN)
    await db.execute(update(mandate_offer).where(*ready).values(state=OfferState.WITHDRAWN))
    lent = (delegation.c.member == who.id, delegation.c.revoked_at.is_(None))
    freed = await db.execute(update(delegation).where(*lent).values(revoked_at=now).returning(delegation.c.node))
    await reconcile.mark(db, [NodePath(node) for node in freed.scalars()], now)
    await db.execute(update(member).where(member.c.id == who.id).values(left_at=now, admin=False))
