"""The log of mandates: who gave which office to whom, when, and who took it. Append-only, provable, erasable.

Each row's hash is SHA-256 over canonical JSON of the row and of the hash before it, so nothing can be changed or taken
out of the middle unseen. People stand in it under a pseudonym made with a key of their own; erasing a member throws
that key away, and the row is nobody's while the chain still proves itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId
from kamar_store.tables import mandate_log, mandate_person

SERVER = "server"  # the actor where no person asked
KEY = 32  # bytes
FIRST = "0" * 64  # what stands before the first row
PAGE = 1000  # rows in memory at once
LOCK = 0x6D616E64  # of PostgreSQL: one writer at the end of the chain


class Action(StrEnum):
    """What the log can say."""

    PROPOSED = "proposed"
    APPOINTED = "appointed"
    CONFIRMED = "confirmed"
    REVOKED = "revoked"
    LAPSED = "lapsed"  # one administrator wanted its end, and no second one agreed in time
    GAVE_WAY = "gave_way"  # an acting mandate, to whoever was appointed
    DISPUTED = "disputed"
    DECIDED = "decided"
    LENT = "lent"
    TAKEN_BACK = "taken_back"
    SCANNED = "scanned"  # the scan of its decree was kept
    VOTED = "voted"  # a vote was opened or closed


@dataclass(frozen=True, slots=True)
class Entry:
    """One row."""

    seq: int
    at: datetime
    action: str
    payload: str  # canonical JSON
    prev: str
    hash: str


COLUMNS = (
    mandate_log.c.seq,
    mandate_log.c.at,
    mandate_log.c.action,
    mandate_log.c.payload,
    mandate_log.c.prev,
    mandate_log.c.hash,
)


async def alone(db: AsyncConnection) -> None:
    """Let nobody else decide about mandates until this transaction ends; SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        await db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def note(
    db: AsyncConnection, actor: MemberId | None, action: Action, payload: Mapping[str, Any], now: datetime
) -> None:
    """Write one row; ``payload`` holds plain values, and people as :func:`pseudonym` names them."""
    await alone(db)
    last = (await db.execute(select(*COLUMNS).order_by(mandate_log.c.seq.desc()).limit(1))).one_or_none()
    seq, prev = (1, FIRST) if last is None else (last.seq + 1, last.hash)
    who = SERVER if actor is None else await pseudonym(db, actor)
    body = canonical({"actor": who, **payload})
    at = now.astimezone(UTC)
    values = {"seq": seq, "at": at, "action": action.value, "payload": body, "prev": prev}
    await db.execute(insert(mandate_log).values(**values, hash=chained(seq, at, action.value, body, prev)))


async def pseudonym(db: AsyncConnection, member: MemberId) -> str:
    """Return a member's name in the log; a key is made for who has none yet."""
    return hmac.new(await _key(db, member), b"member", hashlib.sha256).hexdigest()[:32]


async def sealed(db: AsyncConnection, member: MemberId, words: str) -> str:
    """Return what proves words about a member without saying them, and nothing once the key is gone."""
    return hmac.new(await _key(db, member), b"words\0" + words.encode(), hashlib.sha256).hexdigest()


async def forget(db: AsyncConnection, member: MemberId) -> None:
    """Throw a member's key away: from now on the log doesn't say who this was."""
    await db.execute(delete(mandate_person).where(mandate_person.c.member == member))


async def entries(db: AsyncConnection) -> AsyncIterator[Entry]:
    """Give every row, oldest first."""
    after = 0
    while True:
        page = select(*COLUMNS).where(mandate_log.c.seq > after).order_by(mandate_log.c.seq).limit(PAGE)
        rows = (await db.execute(page)).all()
        for row in rows:
            yield Entry(*row)
        if len(rows) < PAGE:
            return
        after = rows[-1].seq


async def first_broken(db: AsyncConnection) -> int | None:
    """Return the number of the first row that doesn't follow from the one before; none: the log is whole.

    Rows cut off at the end can't be noticed from inside: compare with the newest hash of an earlier export.
    """
    seq, prev = 0, FIRST
    async for entry in entries(db):
        whole = entry.prev == prev and entry.seq == seq + 1
        if not whole or entry.hash != chained(entry.seq, entry.at, entry.action, entry.payload, entry.prev):
            return entry.seq
        seq, prev = entry.seq, entry.hash
    return None


def canonical(value: Mapping[str, Any]) -> str:
    """Return JSON that is the same for the same content: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(seq: int, at: datetime, action: str, payload: str, prev: str) -> str:
    """Return the hash of a row."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = {"seq": seq, "at": moment, "action": action, "payload": payload, "prev": prev}
    return hashlib.sha256(canonical(row).encode()).hexdigest()


async def _key(db: AsyncConnection, member: MemberId) -> bytes:
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(mandate_person).values(member=member, key=os.urandom(KEY))
    await db.execute(fresh.on_conflict_do_nothing(index_elements=["member"]))
    found = await db.execute(select(mandate_person.c.key).where(mandate_person.c.member == member))
    key: bytes = found.scalar_one()
    return key
