"""Sessions of the portal, one-time links, and the counting of guesses. Only hashes of tokens are kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import UserId
from kamar_store.tables import attempt, login_link, session

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, and the token that their forms carry."""

    user_id: UserId
    csrf: str


async def begin(db: AsyncConnection, user: UserId, now: datetime, lasts: timedelta) -> str:
    """Write a session and return the token for its cookie."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "id": _hash(token),
        "user_id": user,
        "csrf": secrets.token_urlsafe(TOKEN_BYTES),
        "created_at": now,
        "expires_at": now + lasts,
    }
    await db.execute(insert(session).values(values))
    return token


async def find(db: AsyncConnection, token: str, now: datetime) -> Session | None:
    """Return the session of a cookie, if it is still good."""
    found = await db.execute(
        select(session.c.user_id, session.c.csrf).where(session.c.id == _hash(token), session.c.expires_at > now)
    )
    row = found.one_or_none()
    return None if row is None else Session(*row)


async def end(db: AsyncConnection, token: str) -> None:
    """Log out."""
    await db.execute(delete(session).where(session.c.id == _hash(token)))


async def end_all(db: AsyncConnection, user: UserId) -> None:
    """Log somebody out everywhere; one-time links that wait for him are worth nothing either."""
    await db.execute(delete(session).where(session.c.user_id == user))
    await db.execute(delete(login_link).where(login_link.c.user_id == user))


async def forget_expired(db: AsyncConnection, now: datetime) -> None:
    """Delete what has run out."""
    await db.execute(delete(session).where(session.c.expires_at < now))
    await db.execute(delete(login_link).where(login_link.c.expires_at < now))
    await db.execute(delete(attempt).where(attempt.c.window < int(now.timestamp())))


async def new_link(db: AsyncConnection, purpose: str, user: UserId | None, now: datetime, lasts: timedelta) -> str:
    """Write a one-time link (``login``, ``admin``) and return its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "id": _hash(token),
        "purpose": purpose,
        "user_id": user,
        "created_at": now,
        "expires_at": now + lasts,
    }
    await db.execute(insert(login_link).values(values))
    return token


async def open_link(db: AsyncConnection, token: str, now: datetime) -> tuple[str, UserId | None]:
    """Return purpose and user of an unused link, without using it up.

    Raises:
        KamarError: ``link_used``.
    """
    found = await db.execute(
        select(login_link.c.purpose, login_link.c.user_id).where(
            login_link.c.id == _hash(token), login_link.c.used_at.is_(None), login_link.c.expires_at > now
        )
    )
    row = found.one_or_none()
    if row is None:
        raise KamarError("link_used")
    return row[0], row[1]


async def use_link(db: AsyncConnection, token: str, now: datetime) -> tuple[str, UserId | None]:
    """Use a link up and return its purpose and user.

    Raises:
        KamarError: ``link_used``.
    """
    found = await db.execute(
        update(login_link)
        .where(login_link.c.id == _hash(token), login_link.c.used_at.is_(None), login_link.c.expires_at > now)
        .values(used_at=now)
        .returning(login_link.c.purpose, login_link.c.user_id)
    )
    row = found.one_or_none()
    if row is None:
        raise KamarError("link_used")
    return row[0], row[1]


async def count_attempt(db: AsyncConnection, key: str, now: datetime, window: timedelta, most: int) -> None:
    """Count one try under ``key`` (a kind and a hash of who tries, never an address in clear).

    Raises:
        KamarError: ``too_many_tries`` (``minutes``) once more than ``most`` were made within ``window``.
    """
    end = _window_end(now, window)
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(attempt).values(key=key, window=end, count=1)
    found = await db.execute(
        statement.on_conflict_do_update(
            index_elements=["key", "window"], set_={"count": attempt.c.count + 1}
        ).returning(attempt.c.count)
    )
    if found.scalar_one() > most:
        raise KamarError("too_many_tries", minutes=_minutes_until(end, now))


async def refuse_beyond(db: AsyncConnection, key: str, now: datetime, window: timedelta, most: int) -> None:
    """Refuse as :func:`count_attempt` would after ``most`` tries under ``key``, without counting.

    Raises:
        KamarError: ``too_many_tries`` (``minutes``).
    """
    end = _window_end(now, window)
    found = await db.execute(select(attempt.c.count).where(attempt.c.key == key, attempt.c.window == end))
    if (found.scalar_one_or_none() or 0) >= most:
        raise KamarError("too_many_tries", minutes=_minutes_until(end, now))


async def forget_attempts(db: AsyncConnection, key: str) -> None:
    """Forget the tries under a key, after a success."""
    await db.execute(delete(attempt).where(attempt.c.key == key))


def _window_end(now: datetime, window: timedelta) -> int:
    seconds = int(window.total_seconds())
    return (int(now.timestamp()) // seconds + 1) * seconds


def _minutes_until(end: int, now: datetime) -> int:
    return max(1, round((end - now.timestamp()) / 60))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
