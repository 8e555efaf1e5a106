"""The log of the vault: who looked at whose data, for what, when. Append-only, provable, and erasable.

Each row's hash covers the row before, so nothing can be changed or taken out of the middle unseen. People stand in it
under a pseudonym made with a key of their own; erasing a member throws that key away, and the row is nobody's.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId
from kamar_store.tables import vault_access, vault_person

SERVER = "server"  # the actor where no person asked
KEY = 32  # bytes
FIRST = "0" * 64  # what stands before the first row
PAGE = 1000  # rows of the log in memory at once
LOCK = 0x76617574  # of PostgreSQL: one writer at the end of the chain


@dataclass(frozen=True, slots=True)
class Access:
    """One row of the log."""

    actor: str
    purpose: str
    subject: str
    at: str


async def note(db: AsyncConnection, actor: MemberId | None, purpose: str, subject: MemberId, now: datetime) -> None:
    """Write that ``actor`` (none: the server itself) did something with the data of ``subject``."""
    if db.dialect.name == "postgresql":  # SQLite has one writer anyway
        await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    who = SERVER if actor is None else await pseudonym(db, actor)
    row = Access(who, purpose, await pseudonym(db, subject), now.isoformat())
    last = await db.execute(select(vault_access.c.hash).order_by(vault_access.c.id.desc()).limit(1))
    values = {"actor": row.actor, "purpose": row.purpose, "subject": row.subject, "at": row.at}
    await db.execute(insert(vault_access).values(**values, hash=_chained(last.scalar_one_or_none() or FIRST, row)))


async def pseudonym(db: AsyncConnection, member: MemberId) -> str:
    """Return a member's name in the log; a key is made for who has none yet."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(vault_person).values(member=member, key=os.urandom(KEY))
    await db.execute(fresh.on_conflict_do_nothing(index_elements=["member"]))
    key = (await db.execute(select(vault_person.c.key).where(vault_person.c.member == member))).scalar_one()
    return hmac.new(key, b"vault_access", hashlib.sha256).hexdigest()


async def about(db: AsyncConnection, member: MemberId) -> list[Access]:
    """Return what the log says about a member's data, oldest first: everybody may ask for the own."""
    columns = (vault_access.c.actor, vault_access.c.purpose, vault_access.c.subject, vault_access.c.at)
    mine = await pseudonym(db, member)
    found = await db.execute(select(*columns).where(vault_access.c.subject == mine).order_by(vault_access.c.id))
    return [Access(*row) for row in found]


async def first_broken(db: AsyncConnection) -> int | None:
    """Return the id of the first row that does not follow from the one before; none: the log is whole."""
    columns = (vault_access.c.actor, vault_access.c.purpose, vault_access.c.subject, vault_access.c.at)
    before, after = FIRST, 0
    while True:
        page = await db.execute(
            select(vault_access.c.id, vault_access.c.hash, *columns)
            .where(vault_access.c.id > after)
            .order_by(vault_access.c.id)
            .limit(PAGE)
        )
        rows = page.all()
        if not rows:
            return None
        for number, kept, *values in rows:
            if kept != _chained(before, Access(*values)):
                return int(number)
            before, after = kept, number


def _chained(before: str, row: Access) -> str:
    return hashlib.sha256("\0".join((before, row.actor, row.purpose, row.subject, row.at)).encode()).hexdigest()
