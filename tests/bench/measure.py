"""What an operation costs a homeserver: SQL queries and transactions by its own counters, CPU by the system's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

QUERIES = re.compile(r"^synapse_storage_query_time_count\{[^}]*\} ([0-9.e+]+)", re.MULTILINE)
TRANSACTIONS = re.compile(r"^synapse_storage_transaction_time_count(?:_total)?\{[^}]*\} ([0-9.e+]+)", re.MULTILINE)


@dataclass
class Cost:
    """A sum of costs; CPU in seconds."""

    queries: float = 0
    transactions: float = 0
    synapse: float = 0
    database: float = 0
    serve: float = 0
    times: int = 0
    wall: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """Return the CPU of Synapse and its database."""
        return self.synapse + self.database

    def each(self, total: float) -> float:
        """Return ``total`` for one operation."""
        return total / max(1, self.times)


@dataclass(frozen=True)
class Meter:
    """Reads the counters of one homeserver and of the processes around it."""

    metrics_url: str
    synapse: tuple[int, ...]
    cluster: Path | None  # PostgreSQL's directory, as tests.servers.postgres makes it
    serve: tuple[int, ...] = ()

    @asynccontextmanager
    async def around(self, cost: Cost, times: int = 1) -> AsyncIterator[None]:
        """Add what happens inside to ``cost``, as ``times`` operations."""
        async with httpx.AsyncClient(trust_env=False) as client:
            sql = await self._sql(client)
            before = self._cpu()
            yield
            after = self._cpu()
            now = await self._sql(client)
        cost.queries += now[0] - sql[0]
        cost.transactions += now[1] - sql[1]
        cost.synapse += after[0] - before[0]
        cost.database += after[1] - before[1]
        cost.serve += after[2] - before[2]
        cost.times += times

    async def _sql(self, client: httpx.AsyncClient) -> tuple[float, float]:
        text = (await client.get(self.metrics_url)).text
        return _sum(QUERIES, text), _sum(TRANSACTIONS, text)

    def _cpu(self) -> tuple[float, float, float]:
        return _seconds(self.synapse), _family(self.cluster), _seconds(self.serve)


def memory_mb(pids: Iterable[int]) -> float:
    """Return the resident memory of processes, in megabytes (10^6 bytes)."""
    return sum(psutil.Process(pid).memory_info().rss for pid in pids) / 1e6


def _seconds(pids: Iterable[int]) -> float:
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(each.user + each.system for each in times)


def _family(cluster: Path | None) -> float:
    """Return the CPU of a PostgreSQL server and all it ever started."""
    if cluster is None:
        return 0.0
    server = psutil.Process(int((cluster / "data" / "postmaster.pid").read_text().split()[0]))
    own = server.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    return total + _seconds(child.pid for child in server.children() if child.is_running())


def _sum(pattern: re.Pattern[str], text: str) -> float:
    return sum(float(number) for number in pattern.findall(text))
