"""The registry's database: one engine, two ways in (:meth:`Store.read`, :meth:`Store.write`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from kamar.errors import KamarError

BUSY_SECONDS = 30  # how long a SQLite writer waits for another one
POOL = 10
DISK_FULL = ("disk is full", "No space left on device")  # words of SQLite and of PostgreSQL

Db = AsyncConnection
"""What every query takes; programs name it without knowing SQLAlchemy."""


class Store:
    """Opens connections; holds no state of its own beyond the engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @property
    def postgresql(self) -> bool:
        """Tell whether the database is PostgreSQL (else SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read from; nothing is committed."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose work is committed whole, or not at all.

        SQLite takes its write lock at once, so that two writers wait for each other instead of failing in the middle.

        Raises:
            KamarError: ``disk_full``; nothing was written.
        """
        try:
            async with self.engine.connect() as connection:
                if not self.postgresql:
                    await connection.execute(text("BEGIN IMMEDIATE"))
                async with connection.begin() if self.postgresql else _committing(connection):
                    yield connection
        except DBAPIError as error:
            if any(word in str(error.orig) for word in DISK_FULL):
                raise KamarError("disk_full") from error
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def connect(url: str, registry: Path) -> Store:
    """Return the store at ``url``: ``sqlite`` means the file ``registry``, else a ``postgresql://`` address."""
    if url == "sqlite":
        engine = create_async_engine(f"sqlite+aiosqlite:///{registry}", pool_size=POOL)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return Store(engine)
    return Store(create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), pool_size=POOL))


@asynccontextmanager
async def _committing(connection: AsyncConnection) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await connection.rollback()
        raise
    await connection.commit()


def _prepare_sqlite(connection: Any, record: object) -> None:
    """Set one new SQLite connection up; ``connection`` is the driver's."""
    del record
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-500",  # KiB of each of the pool's connections; the system keeps the file's pages anyway
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
