"""One server for all tests of encrypted talk; each runs the parts it needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kamar_bridges.homeserver import Homeserver
from kamar_provisioning.jobs import Desk
from kamar_store.site import Site
from tests.bots.neighbours import desk
from tests.encrypted.member import Phone, phone
from tests.encrypted.people import person
from tests.servers.branch import Branch, branch


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    """Run a homeserver and prepare a registry; nothing of ``kamar serve`` runs."""
    with branch(tmp_path_factory.mktemp("encrypted"), serve=False) as made:
        yield made


@pytest.fixture
async def site(server: Branch) -> AsyncIterator[Site]:
    """Give the registry and settings."""
    found = server.site()
    yield found
    await found.store.close()


@pytest.fixture
async def at(server: Branch, site: Site) -> AsyncIterator[Desk]:
    """Give what the jobs work with."""
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk(site, homeserver, server.homeserver.as_token)


@pytest.fixture
async def siti(at: Desk, tmp_path: Path) -> AsyncIterator[Phone]:
    """Give a member with a telephone that encrypts."""
    async with phone(at.matrix.homeserver.url, await person(at, "Siti"), tmp_path / "siti") as found:
        yield found
