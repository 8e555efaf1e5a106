"""A real Synapse with our modules, from the configuration we ship, in a directory of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2

from kamar.settings import SQLITE, Database, Ports, Rooms, Server, Settings, Workers
from kamar.state import State, read_secret
from kamar_provisioning.synapse import processes, render
from kamar_store.postgresql import synapse_database
from tests.servers.ports import free_ports
from tests.servers.postgres import create_database

START_SECONDS = 300  # a starved machine needs minutes
STOP_SECONDS = 30
POLL_SECONDS = 0.05
LOG_TAIL = 4000  # characters shown when it does not start


@dataclass
class SynapseServer:
    """One homeserver of one or two processes, which a test may kill and start again."""

    settings: Settings
    state: State
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the address of the main process."""
        return self.settings.synapse_url

    @property
    def worker_url(self) -> str:
        """Return the address of the worker, or of the main process where there is none."""
        return f"http://127.0.0.1:{self.settings.ports.worker}" if self.settings.workers.enabled else self.url

    @property
    def metrics_url(self) -> str:
        """Return where the main process tells its counters."""
        return f"http://127.0.0.1:{self.settings.ports.metrics}/_synapse/metrics"

    @property
    def as_token(self) -> str:
        """Return the token of ``@kamar``."""
        return read_secret(self.state.secret("as_token"))

    @property
    def log(self) -> Path:
        """Return the file that every process writes to."""
        return self.state.root / "synapse.log"

    def start(self) -> None:
        """Start what is not running, and return when all of it answers."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        urls = {"synapse": self.url, "worker": self.worker_url}
        self.running = {name: process for name, process in self.running.items() if process.poll() is None}
        for process in processes(self.settings, self.state):
            if process.name not in self.running:
                with self.log.open("ab") as log:
                    self.running[process.name] = subprocess.Popen(
                        process.argv, stdout=log, stderr=log, env={**environment, **process.env}
                    )
            self._wait(urls[process.name])  # a worker does not start before the main process has made the tables

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        for process in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()

    def stop(self) -> None:
        """End every process in good order."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement in Synapse's own database and return its rows; ``?`` stands for a parameter."""
        if self.settings.database.url == SQLITE:
            connection: Any = sqlite3.connect(self.state.synapse / "homeserver.db", timeout=30)
        else:
            name = synapse_database(self.settings.database.url)
            connection = psycopg2.connect(f"{self.settings.database.url.rpartition('/')[0]}/{name}")
            statement = statement.replace("?", "%s")
        try:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return list(rows)
        finally:
            connection.close()

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _healthy(url):
            dead = [name for name, process in self.running.items() if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise RuntimeError(f"{dead or url} did not start: {self.log.read_text(errors='replace')[-LOG_TAIL:]}")
            time.sleep(POLL_SECONDS)


@contextmanager
def synapse(
    directory: Path, *, database: str = SQLITE, redis_port: int = 0, settings: Settings | None = None, extra: str = ""
) -> Iterator[SynapseServer]:
    """Run a homeserver below ``directory``; with ``redis_port`` it has a worker.

    ``extra`` is YAML added to what we ship, for what no real server may be told (``kamar.toml`` has no word for it).

    ``database`` is ``sqlite`` or an address as in ``kamar.toml``; Synapse's own database is made beside it.
    """
    server = SynapseServer(_settings(database, redis_port, settings), State(directory))
    if database != SQLITE:
        create_database(database, synapse_database(database))
    render(server.settings, server.state)
    if extra:
        with (server.state.synapse / "homeserver.yaml").open("a") as file:
            file.write(f"\n{extra}\n")
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _settings(database: str, redis_port: int, settings: Settings | None) -> Settings:
    portal, client, appservice, metrics, worker, replication = free_ports(6)
    base = settings or Settings(server=Server(name="kamar.test"), rooms=Rooms(version="12"))
    return replace(
        base,
        ports=Ports(portal, client, appservice, metrics, worker, replication),
        database=Database(database),
        workers=Workers(enabled=bool(redis_port), redis_port=redis_port or 6379),
    )


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
