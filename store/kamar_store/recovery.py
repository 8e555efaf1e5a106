"""Getting back in: recovery words, letters with a code, and whom to warn. Only hashes of secrets are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, RoomId
from kamar.recovery import LETTER_LASTS, LETTER_TRIES
from kamar_store import outbox
from kamar_store.tables import event, member, recovery, recovery_letter, room
from kamar_store.vault_key import Keys

VERIFY = "verify"  # purpose of a letter that proves an address; the other is "recover"
ROOMS = 3  # the newest talks with the bot; the others are old telephones'


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter with a code. ``member`` none: nobody has the address, and no letter was sent."""

    id: str
    member: MemberId | None


def hash_of_token(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def hash_of(db: AsyncConnection, user: str) -> str | None:
    """Return the hash of a living member's recovery words."""
    found = await db.execute(
        select(recovery.c.hash)
        .join(member, member.c.id == recovery.c.member)
        .where(member.c.user_id == user, member.c.left_at.is_(None))
    )
    return found.scalar_one_or_none()


async def renew(db: AsyncConnection, number: MemberId, hashed: str, now: datetime) -> None:
    """Keep the hash of new recovery words; the old ones are worth nothing from now on."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(recovery).values(member=number, hash=hashed, at=now)
    await db.execute(statement.on_conflict_do_update(index_elements=["member"], set_={"hash": hashed, "at": now}))


async def post_letter(db: AsyncConnection, token: str, number: MemberId | None, purpose: str, now: datetime) -> None:
    """Order a letter with a code for the browser that holds ``token``.

    The same rows are written whether or not somebody has the address; the outbox holds neither address nor code. Of
    two letters that prove an address only the newest counts: the older one went to another mailbox.
    """
    letter = hash_of_token(token)
    if purpose == VERIFY:
        older = (recovery_letter.c.member == number, recovery_letter.c.purpose == VERIFY)
        await db.execute(delete(recovery_letter).where(*older))
    values = {
        "id": letter,
        "purpose": purpose,
        "member": number,
        "tries": 0,
        "created_at": now,
        "expires_at": now + LETTER_LASTS,
    }
    await db.execute(insert(recovery_letter).values(values))
    payload = {"member": number, "template": purpose, "letter": letter}
    await outbox.put(db, "mail", f"mail:{letter}", payload, now)


async def is_open(db: AsyncConnection, letter: str, now: datetime) -> bool:
    """Tell whether the code of a letter may still be of use: an hour-old row of the outbox sends nothing."""
    found = await db.execute(
        select(recovery_letter.c.id).where(
            recovery_letter.c.id == letter,
            recovery_letter.c.used_at.is_(None),
            recovery_letter.c.expires_at > now,
        )
    )
    return found.one_or_none() is not None


async def try_letter(db: AsyncConnection, token: str, purpose: str, now: datetime) -> Letter | None:
    """Count one try of a code and return its letter; none when it ran out, was used, or had its five tries.

    The try must be committed whatever comes of it.
    """
    found = await db.execute(
        update(recovery_letter)
        .where(
            recovery_letter.c.id == hash_of_token(token),
            recovery_letter.c.purpose == purpose,
            recovery_letter.c.used_at.is_(None),
            recovery_letter.c.expires_at > now,
            recovery_letter.c.tries < LETTER_TRIES,
        )
        .values(tries=recovery_letter.c.tries + 1)
        .returning(recovery_letter.c.id, recovery_letter.c.member)
    )
    row = found.one_or_none()
    return None if row is None else Letter(row.id, row.member)


async def use_letter(db: AsyncConnection, letter: Letter, now: datetime) -> bool:
    """Use a letter up; False when somebody else was faster."""
    found = await db.execute(
        update(recovery_letter)
        .where(recovery_letter.c.id == letter.id, recovery_letter.c.used_at.is_(None))
        .values(used_at=now)
        .returning(recovery_letter.c.id)
    )
    return found.one_or_none() is not None


async def reuse_letter(db: AsyncConnection, letter: Letter) -> None:
    """Make a letter good again, when what it was used for failed."""
    await db.execute(update(recovery_letter).where(recovery_letter.c.id == letter.id).values(used_at=None))


def code_of(keys: Keys, letter: str) -> str:
    """Return the code that a letter carries."""
    return keys.code(f"letter\0{letter}")


def is_code(keys: Keys, letter: str, typed: str) -> bool:
    """Tell whether this is the code that a letter carries."""
    return keys.is_code(typed, f"letter\0{letter}")


async def warn(db: AsyncConnection, number: MemberId, what: str, key: str, now: datetime) -> None:
    """Order a notice for the old devices: ``asked``, ``officer``, ``done``."""
    await outbox.put(db, "warn", f"warn:{what}:{key}", {"member": number, "what": what}, now, lane=f"warn:{number}")


async def talks(db: AsyncConnection, user: str) -> list[RoomId]:
    """Return the rooms, newest first, where somebody talked with the bot outside official rooms."""
    official = select(room.c.room_id).where(room.c.room_id.is_not(None))
    found = await db.execute(
        select(event.c.room_id)
        .where(event.c.sender == user, event.c.room_id.not_in(official))
        .order_by(event.c.at.desc())
    )
    return [RoomId(name) for name in list(dict.fromkeys(found.scalars()))[:ROOMS]]


async def forget_expired(db: AsyncConnection, now: datetime) -> None:
    """Delete the letters that have run out."""
    await db.execute(delete(recovery_letter).where(recovery_letter.c.expires_at < now))
