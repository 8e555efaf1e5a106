"""A portal with a real registry in front of a homeserver that behaves."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from kamar.ids import NodePath
from kamar.referral import new_code
from kamar.settings import Ports, Server, Settings
from kamar.state import State
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_portal.portal import Portal
from kamar_portal.seal import Seal
from kamar_portal.serve import application
from kamar_store import referral
from kamar_store.site import Site
from kamar_store.store import Store
from tests.portal.browser import Browser, Client
from tests.portal.fake_synapse import AS_TOKEN, FakeSynapse
from tests.portal.village import plant
from tests.servers.registry import SQLITE, registry

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time


@dataclass
class House:
    """Everything a test of the portal works with."""

    portal: Portal
    synapse: FakeSynapse
    clock: Clock
    open_browser: Callable[[], Awaitable[Browser]]
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    @property
    def store(self) -> Store:
        """Return the registry."""
        return self.portal.store

    async def code(self, node: NodePath | None = None) -> str:
        """Return a new code of the server's own."""
        code = new_code("K2", self.dice)
        async with self.store.write() as db:
            await referral.create(db, code, None, node, self.clock())
        return code

    def unused_code(self) -> str:
        """Return a code that nobody made."""
        return new_code("K2", self.dice)

    async def revoke(self, code: str) -> None:
        """Take a code back."""
        async with self.store.write() as db:
            await referral.revoke(db, code, self.clock())

    async def revoked_code(self) -> str:
        """Return a code that was taken back."""
        code = await self.code()
        await self.revoke(code)
        return code


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with registry(SQLITE, tmp_path) as made:
        await plant(made)
        yield made


@pytest.fixture
def settings() -> Settings:
    return Settings(server=Server(name="kamar.test"), ports=Ports(portal=8080, synapse=8008))


@pytest.fixture
async def house(store: Store, settings: Settings, tmp_path: Path) -> AsyncIterator[House]:
    synapse, clock = FakeSynapse(), Clock()
    async with Homeserver("http://synapse.test", transport=synapse.transport(), patience=0) as homeserver:
        site = Site(settings, State(tmp_path), store)
        module = KamarModule(homeserver, AS_TOKEN)
        # No job seats anybody here, so nobody waits for it.
        portal = Portal(site, homeserver, module, Seal(b"k" * 32), clock, random.Random(1), timedelta(0))
        server = TestServer(application(portal))
        await server.start_server()
        browsers: list[Client] = []

        async def open_browser() -> Browser:
            browsers.append(TestClient(server))
            return Browser(browsers[-1])

        yield House(portal, synapse, clock, open_browser)
        for browser in browsers:
            await browser.close()
        await server.close()


@pytest.fixture
async def browser(house: House) -> Browser:
    return await house.open_browser()


@pytest.fixture
def public(settings: Settings) -> Settings:
    """Give the settings of a server with a public address."""
    return dataclasses.replace(settings, server=Server(name="kamar.test", public_url="https://kamar.test"))
