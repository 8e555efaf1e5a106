"""The homeservers that tests share: Synapse on SQLite, on PostgreSQL, and on PostgreSQL with Redis and a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from kamar.settings import SQLITE
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.servers.postgres import postgres
from tests.servers.redis import redis
from tests.servers.synapse import SynapseServer, synapse

SETUPS = ("sqlite", "postgresql", "workers")


@pytest.fixture(scope="session", params=SETUPS)
def homeserver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseServer]:
    """Run one homeserver for all tests that ask for it, then the next kind."""
    directory: Path = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        database, port = SQLITE, 0
        if request.param != "sqlite":
            # Not below pytest's directory: every run of pytest closes that to other users, PostgreSQL's among them.
            database = stack.enter_context(postgres(Path(stack.enter_context(TemporaryDirectory()))))
        if request.param == "workers":
            port = stack.enter_context(redis())
        yield stack.enter_context(synapse(directory / "state", database=database, redis_port=port))


@pytest_asyncio.fixture(loop_scope="session")
async def pool(homeserver: SynapseServer) -> AsyncIterator[Homeserver]:
    """Give connections to the main process."""
    async with Homeserver(homeserver.url) as connections:
        yield connections


@pytest_asyncio.fixture(loop_scope="session")
async def worker_pool(homeserver: SynapseServer) -> AsyncIterator[Homeserver]:
    """Give connections to the worker; to the main process where there is none."""
    async with Homeserver(homeserver.worker_url) as connections:
        yield connections


@pytest.fixture
def module(homeserver: SynapseServer, pool: Homeserver) -> KamarModule:
    """Speak to our endpoints as ``@kamar``."""
    return KamarModule(pool, homeserver.as_token)


@pytest.fixture
def kamar(homeserver: SynapseServer, pool: Homeserver) -> Matrix:
    """Speak Matrix as ``@kamar``."""
    return Matrix(pool, homeserver.as_token)
