"""Empty registries for tests, on SQLite and on PostgreSQL, with the tables as migrations make them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kamar_store.migrate import migrate
from kamar_store.store import Store, connect
from tests.servers.postgres import create_database

SQLITE = "sqlite"


@asynccontextmanager
async def registry(url: str, directory: Path) -> AsyncIterator[Store]:
    """Give an empty registry: a file below ``directory``, or a fresh database beside the one at ``url``."""
    if url != SQLITE:
        url = create_database(url, f"registry_{secrets.token_hex(6)}")
    store = connect(url, directory / "kamar.db")
    try:
        await migrate(store)
        yield store
    finally:
        await store.close()
