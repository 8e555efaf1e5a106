"""Small values that programs remember: a position in a stream, the address of an uploaded picture."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar_store.tables import cursor


async def get(db: AsyncConnection, name: str) -> str | None:
    """Return the value of ``name``, if there is one."""
    found = await db.execute(select(cursor.c.value).where(cursor.c.name == name))
    return found.scalar_one_or_none()


async def put(db: AsyncConnection, name: str, value: str) -> None:
    """Set the value of ``name``."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(cursor).values(name=name, value=value)
    await db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


async def marked(db: AsyncConnection, name: str) -> datetime | None:
    """Return when ``name`` was last marked."""
    value = await get(db, name)
    return None if value is None else datetime.fromisoformat(value)


async def mark(db: AsyncConnection, name: str, now: datetime) -> None:
    """Remember that something happened now."""
    await put(db, name, now.isoformat())
