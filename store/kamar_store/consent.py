"""Consents after sign-up: what a member agreed to last, purpose by purpose; rows are only ever added."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.consent import VERSION, Answer
from kamar.ids import MemberId
from kamar_store.tables import consent


async def say(db: AsyncConnection, who: MemberId, answer: Answer, channel: str, now: datetime) -> None:
    """Write what a member says to one purpose, with the hash of the words that were shown."""
    await db.execute(
        insert(consent).values(
            member=who,
            purpose=answer.purpose.key,
            given=answer.given,
            version=VERSION,
            text_hash=answer.purpose.text_hash,
            channel=channel,
            at=now,
        )
    )


async def agreed(db: AsyncConnection, people: Collection[MemberId], purpose: str) -> set[MemberId]:
    """Return those of the members whose last word to a purpose is yes; silence is no."""
    last = (
        select(func.max(consent.c.id))
        .where(consent.c.member.in_(list(people)), consent.c.purpose == purpose)
        .group_by(consent.c.member)
    )
    found = await db.execute(select(consent.c.member).where(consent.c.id.in_(last), consent.c.given))
    return {MemberId(number) for (number,) in found}
