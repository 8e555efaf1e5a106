"""Uploaded tables that wait for their officer's word; each officer has one, and none grows old."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.officers_import import Line
from kamar_store.tables import officers_draft

LASTS = timedelta(hours=1)


async def keep(db: AsyncConnection, who: MemberId, lines: Sequence[Line], now: datetime) -> str:
    """Keep the rows of an officer, over what he uploaded before, and return the key; old drafts are forgotten."""
    await db.execute(
        delete(officers_draft).where(or_(officers_draft.c.member == who, officers_draft.c.at < now - LASTS))
    )
    key = secrets.token_hex(16)
    values = {"id": key, "member": who, "lines": [astuple(line) for line in lines], "at": now}
    await db.execute(insert(officers_draft).values(values))
    return key


async def read(db: AsyncConnection, who: MemberId, key: str, now: datetime) -> list[Line]:
    """Return the rows of an officer's own draft.

    Raises:
        KamarError: ``import_gone``.
    """
    asked = select(officers_draft.c.lines).where(
        officers_draft.c.id == key, officers_draft.c.member == who, officers_draft.c.at >= now - LASTS
    )
    lines = await db.scalar(asked)
    if lines is None:
        raise KamarError("import_gone")
    return [Line(*line) for line in lines]


async def forget(db: AsyncConnection, who: MemberId) -> None:
    """Forget an officer's draft."""
    await db.execute(delete(officers_draft).where(officers_draft.c.member == who))
