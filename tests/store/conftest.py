"""Registries for the tests of the store: empty ones, and one with the whole official territory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kamar_provisioning.wilayah import import_official
from kamar_store.store import Store
from tests.servers.postgres import postgres
from tests.servers.registry import SQLITE, registry

DATABASES = [SQLITE, pytest.param("postgresql", marks=pytest.mark.integration)]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session", params=DATABASES)
async def indonesia(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    """Give a registry with all official nodes; tests leave them as they are."""
    url = SQLITE if request.param == SQLITE else request.getfixturevalue("cluster")
    async with registry(url, tmp_path_factory.mktemp("indonesia")) as made:
        await import_official(made, lambda done, total: None)
        yield made


@pytest.fixture(params=DATABASES)
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Give a registry without any node."""
    url = SQLITE if request.param == SQLITE else request.getfixturevalue("cluster")
    async with registry(url, tmp_path) as made:
        yield made
