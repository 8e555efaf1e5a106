"""Give an office: the mandate, the neighbours' word for its holder, and the order that makes it felt in the rooms."""

from __future__ import annotations

from datetime import datetime

from kamar.ids import MemberId, NodePath
from kamar_store import mandate as mandates
from kamar_store import reconcile as changed
from kamar_store import vouch
from kamar_store.store import Db


async def appoint(db: Db, number: MemberId, node: NodePath, office: str, decree: str, now: datetime) -> None:
    """Write a mandate that begins now, with the order that makes it felt in the rooms."""
    await mandates.appoint(db, number, node, office, decree, now)
    await vouch.confirm(db, number, now)
    await changed.mark(db, [node], now)
