"""Counts what a browser really loads: every byte on the way to a server and back, whoever in the browser asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

CHUNK = 64 * 1024


@dataclass
class Counter:
    """Bytes as sent, with their headers."""

    up: int = 0
    down: int = 0

    @property
    def total(self) -> int:
        """Return what a member pays for."""
        return self.up + self.down


@asynccontextmanager
async def counting(ports: Sequence[int]) -> AsyncIterator[tuple[Counter, str]]:
    """Relay to local ``ports``; yield the counter and the browser's argument that leads it through the relay."""
    counter = Counter()
    servers, rules = [], []
    for port in ports:
        server = await asyncio.start_server(_relay(port, counter), "127.0.0.1", 0)
        servers.append(server)
        rules.append(f"MAP localhost:{port} 127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield counter, f"--host-resolver-rules={','.join(rules)}"
    finally:
        for server in servers:
            server.close()


def _relay(port: int, counter: Counter):  # type: ignore[no-untyped-def]
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, ours, counter, "up"), _pump(theirs, writer, counter, "down"))

    return relay


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counter: Counter, way: str) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(CHUNK):
            setattr(counter, way, getattr(counter, way) + len(chunk))
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(ConnectionError, OSError):
        writer.close()
