"""Bring the registry's database to the newest shape; every start calls it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from kamar.errors import KamarError
from kamar_store.store import Store

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x6B616D6172  # "kamar" as a number: one migration at a time per PostgreSQL database
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
SEARCH = "wilayah_"  # tables of the search; they differ by dialect and are in no metadata


async def migrate(store: Store) -> None:
    """Upgrade the database to the newest version, whole or not at all; of two at once one waits.

    Raises:
        KamarError: ``database_extension`` when PostgreSQL lacks pg_trgm and we may not create it,
            ``database_newer`` when a later release has changed the database.
    """
    async with store.write() as connection:
        if store.postgresql:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            try:
                await connection.execute(text(EXTENSION))
            except DBAPIError as error:
                raise KamarError("database_extension", extension="pg_trgm", command=EXTENSION) from error
        await connection.run_sync(upgrade)


def upgrade(connection: Connection) -> None:
    """Run Alembic within the transaction that ``connection`` is in."""
    try:
        command.upgrade(configuration(connection), "head")
    except CommandError as error:
        raise KamarError("database_newer", reason=str(error)) from error


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Tell Alembic's comparison which objects of the database the metadata describes."""
    del parents
    return not (kind == "table" and name is not None and name.startswith(SEARCH)) and name != "ix_node_postcode"
