"""Making the two databases of a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from kamar.errors import KamarError
from kamar_store.postgresql import ensure, synapse_database
from tests.servers.postgres import create_database, postgres

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Give the address of a cluster without a final slash and database."""
    with TemporaryDirectory() as directory, postgres(Path(directory)) as url:
        yield url.rpartition("/")[0]


async def locales(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT datname, datcollate FROM pg_database")
    await connection.close()
    return {row["datname"]: row["datcollate"] for row in rows}


async def test_both_databases_are_made_and_made_only_once(cluster: str) -> None:
    for _ in range(2):
        await ensure(f"{cluster}/dua")
    found = await locales(f"{cluster}/dua")
    assert {"dua", synapse_database(f"{cluster}/dua")} <= set(found)
    assert found["dua_synapse"] == "C"


async def test_a_database_name_is_taken_as_it_is(cluster: str) -> None:
    await ensure(f"{cluster}/kamar%20%22kita%22")
    assert 'kamar "kita"' in await locales(f"{cluster}/kamar")


async def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(KamarError) as refused:
        await ensure("postgresql://kamar@127.0.0.1:1/kamar")
    assert (refused.value.code, refused.value.detail["port"]) == ("database_unreachable", 1)


async def test_a_user_who_may_not_make_databases_learns_the_statement(cluster: str) -> None:
    connection = await asyncpg.connect(f"{cluster}/kamar")
    await connection.execute("CREATE ROLE siti LOGIN")
    await connection.close()
    with pytest.raises(KamarError) as refused:
        await ensure(f"{cluster.replace('kamar@', 'siti@')}/milik_siti")
    assert refused.value.code == "database_cannot_create"
    assert 'CREATE DATABASE "milik_siti"' in str(refused.value.detail["statement"])


async def test_databases_that_somebody_made_before_are_enough(cluster: str) -> None:
    create_database(f"{cluster}/kamar", "siap")
    create_database(f"{cluster}/kamar", "siap_synapse")
    connection = await asyncpg.connect(f"{cluster}/kamar")
    await connection.execute("CREATE ROLE budi LOGIN")
    await connection.close()
    await ensure(f"{cluster.replace('kamar@', 'budi@')}/siap")
