"""What follows from a change of mandates outside the registry: looks at rooms ordered, people told."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.mandate import Appointment, MandateId
from kamar.mandate_words import APPOINTED
from kamar.organisation import Office
from kamar_store import cover, outbox, vouch, wilayah
from kamar_store import reconcile as changed

AHEAD = timedelta(days=1)  # a start or an end further away is ordered by the hourly clock


async def felt(
    db: AsyncConnection, office: Office, number: MandateId, wanted: Appointment, now: datetime, *, told: bool = True
) -> None:
    """Let a new mandate be felt: its holder counts as vouched for, is told, and let into the rooms."""
    await vouch.confirm(db, wanted.member, now)
    await changed.mark(db, [wanted.node], now)
    await order(db, wanted.node, [wanted.starts_at, wanted.ends_at], now)
    if told:
        await tell(db, wanted.member, APPOINTED, number, office, wanted.node, now)


async def order(db: AsyncConnection, node: NodePath, moments: list[datetime | None], now: datetime) -> None:
    """Order a look at the rooms of a node at these moments; what lies far ahead is left to the hourly clock.

    No lane: an order that lies ahead must hold nobody up.
    """
    for at in moments:
        if at is not None and now < at <= now + AHEAD:
            await outbox.put(db, "reconcile", f"reconcile:{node}:{at.isoformat()}", {"node": node}, at)


async def tell(
    db: AsyncConnection, who: MemberId, words: str, number: int, office: Office, node: NodePath, now: datetime
) -> None:
    """Tell a member something about a mandate, alone, once."""
    covered, place = await cover.instead(db, node), await wilayah.get(db, node)
    text = words.format(office=office.title, place=covered or (place.full_name if place else node))
    key = hashlib.sha256(words.encode()).hexdigest()[:12]
    payload = {"member": who, "text": text, "always": True}
    await outbox.put(db, "tell", f"tell:mandate:{number}:{key}:{who}", payload, now, lane=f"tell:{who}")
