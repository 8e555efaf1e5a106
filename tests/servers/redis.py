"""A throw-away Redis for tests: loopback, random port, nothing written."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.ports import free_ports

START_SECONDS = 60


@contextmanager
def redis() -> Iterator[int]:
    """Run a Redis and give its port.

    Raises:
        FileNotFoundError: no Redis is installed here.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise FileNotFoundError("no Redis here; install the package redis-server")
    (port,) = free_ports(1)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, cwd="/") as server:
        try:
            _wait(port, server)
            yield port
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Redis did not start") from error
            time.sleep(0.05)
