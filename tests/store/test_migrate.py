"""Migrations make the database that the tables describe, whoever starts first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import make_url, text

from kamar.errors import KamarError
from kamar_store.migrate import configuration, migrate
from kamar_store.store import Store, connect
from tests.servers.postgres import create_database
from tests.servers.registry import SQLITE


async def test_migrations_and_tables_agree(empty: Store) -> None:
    async with empty.write() as db:
        await db.run_sync(lambda connection: command.check(configuration(connection)))


async def test_migrating_again_changes_nothing(empty: Store) -> None:
    await migrate(empty)
    async with empty.read() as db:
        assert list(await db.scalars(text("SELECT version_num FROM alembic_version"))) == ["0001"]


async def test_a_migration_can_be_taken_back(empty: Store) -> None:
    async with empty.write() as db:
        await db.run_sync(lambda connection: command.downgrade(configuration(connection), "base"))
    await migrate(empty)
    async with empty.read() as db:
        assert (await db.execute(text("SELECT count(*) FROM node"))).scalar_one() == 0


@pytest.mark.parametrize("kind", [SQLITE, pytest.param("postgresql", marks=pytest.mark.integration)])
async def test_several_programs_may_start_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = SQLITE if kind == SQLITE else create_database(request.getfixturevalue("cluster"), "at_once")
    stores = [connect(url, tmp_path / "kamar.db") for _ in range(5)]
    try:
        await asyncio.gather(*(migrate(store) for store in stores))
    finally:
        for store in stores:
            await store.close()


async def test_a_database_of_a_later_release_is_refused(empty: Store) -> None:
    async with empty.write() as db:
        await db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(KamarError, match="database_newer"):
        await migrate(empty)


@pytest.mark.integration
async def test_a_missing_extension_that_we_may_not_create_is_named(cluster: str, tmp_path: Path) -> None:
    url = create_database(cluster, "no_extension")
    owner = connect(url, tmp_path)
    async with owner.write() as db:
        await db.execute(text("CREATE ROLE poor LOGIN"))
    await owner.close()
    poor = connect(make_url(url).set(username="poor").render_as_string(), tmp_path)
    try:
        with pytest.raises(KamarError) as refused:
            await migrate(poor)
    finally:
        await poor.close()
    assert refused.value.code == "database_extension"
    assert refused.value.detail["command"] == "CREATE EXTENSION IF NOT EXISTS pg_trgm"
