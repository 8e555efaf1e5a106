"""A whole server for tests: Synapse with our modules, and ``kamar serve`` with bots, portal and jobs."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from kamar.ids import NodePath
from kamar.referral import new_code
from kamar.settings import SQLITE, Settings
from kamar.state import write_secret
from kamar_bridges.push_crypto import new_vapid_key
from kamar_provisioning import links, settings_file
from kamar_provisioning.wilayah import import_official
from kamar_store import referral, vault_key
from kamar_store.migrate import migrate
from kamar_store.site import Site
from kamar_store.store import connect
from tests.servers.synapse import SynapseServer, synapse

Answer = TypeVar("Answer")

START_SECONDS = 120
STOP_SECONDS = 15
LOG_TAIL = 4000


@dataclass
class Branch:
    """One server; a test may kill and start its halves."""

    homeserver: SynapseServer
    serve: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        """Return its settings."""
        return self.homeserver.settings

    @property
    def portal_url(self) -> str:
        """Return the portal's address."""
        return self.settings.portal_url

    @property
    def log(self) -> Path:
        """Return the log of ``kamar serve``."""
        return self.homeserver.state.root / "serve.log"

    def site(self) -> Site:
        """Return the registry and settings, to look inside; close its store."""
        state = self.homeserver.state
        return Site(self.settings, state, connect(self.settings.database.url, state.registry))

    def invitation(self) -> str:
        """Return the server's own code."""

        async def ask() -> str:
            site = self.site()
            link = await links.invite_link(site)
            await site.store.close()
            assert link is not None
            return link.rpartition("/")[2]

        return apart(ask())

    def local_code(self, node: str) -> str:
        """Return a new code of the server's own for a place: who comes by it is no stranger there."""

        async def make() -> str:
            site = self.site()
            code = new_code(self.settings.server.code, SystemRandom())
            async with site.store.write() as db:
                await referral.create(db, code, None, NodePath(node), datetime.now(UTC))
            await site.store.close()
            return code

        return apart(make())

    def start_serve(self, *, wait: bool = True, only: str = "") -> None:
        """Start ``kamar serve``, or ``only`` some parts; with ``wait`` return when the portal answers."""
        command = (sys.executable, "-m", "kamar_provisioning.command", "serve")
        argv = (*command, "--state", str(self.homeserver.state.root), "--only", only)
        with self.log.open("ab") as log:
            self.serve = subprocess.Popen(argv, stdout=log, stderr=log, env={**os.environ})
        deadline = time.monotonic() + START_SECONDS
        while wait and not _answers(f"http://127.0.0.1:{self.settings.ports.portal}/healthz"):
            if self.serve.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"serve did not start: {self.log.read_text(errors='replace')[-LOG_TAIL:]}")
            time.sleep(0.05)

    def kill_serve(self) -> None:
        """End ``kamar serve`` at once, as a power cut would."""
        if self.serve is not None:
            self.serve.kill()
            self.serve.wait()
            self.serve = None

    def stop_serve(self) -> None:
        """End ``kamar serve`` in good order."""
        if self.serve is None:
            return
        self.serve.terminate()
        try:
            self.serve.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill_serve()
        self.serve = None


@contextmanager
def branch(
    directory: Path,
    *,
    database: str = SQLITE,
    redis_port: int = 0,
    settings: Settings | None = None,
    serve: bool = True,
    extra: str = "",
) -> Iterator[Branch]:
    """Run a server below ``directory`` with the whole official territory and an invitation."""
    with synapse(directory, database=database, redis_port=redis_port, settings=settings, extra=extra) as homeserver:
        write_settings(homeserver)
        write_secret(homeserver.state.secret("portal_key"), secrets.token_hex(32))
        write_secret(homeserver.state.secret("vapid_key"), new_vapid_key())
        vault_key.ensure(homeserver.state)
        made = Branch(homeserver)
        apart(_prepare(made.site()))
        try:
            if serve:
                made.start_serve()
            yield made
        finally:
            made.stop_serve()


def write_settings(homeserver: SynapseServer) -> None:
    """Write ``kamar.toml`` as the running homeserver was rendered from."""
    settings_file.create(homeserver.state)
    fresh = Settings()
    for section in dataclasses.fields(Settings):
        values, defaults = getattr(homeserver.settings, section.name), getattr(fresh, section.name)
        for item in dataclasses.fields(values):
            value = getattr(values, item.name)
            if value != getattr(defaults, item.name):
                settings_file.change(homeserver.state, section.name, item.name, value)


async def _prepare(site: Site) -> None:
    await migrate(site.store)
    await import_official(site.store, lambda done, total: None)
    await links.ensure_invitation(site, datetime.now(UTC))
    await site.store.close()


def apart(work: Coroutine[None, None, Answer]) -> Answer:
    """Run ``work`` in a thread with a loop of its own, also where a loop runs already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
