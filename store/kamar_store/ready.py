"""Whether the registry can be asked at all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from kamar_store.store import Store
from kamar_store.tables import invitation


async def is_ready(store: Store) -> bool:
    """Tell whether the database answers and has been made; a SQLite file that is missing is not made by asking."""
    if not store.postgresql and not _file_exists(store):
        return False
    try:
        async with store.read() as db:
            return await db.run_sync(lambda connection: inspect(connection).has_table(invitation.name))
    except (OSError, DBAPIError):
        return False


def _file_exists(store: Store) -> bool:
    return Path(store.engine.url.database or "").is_file()
