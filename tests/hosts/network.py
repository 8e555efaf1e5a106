"""Two network namespaces and a wire between them: the seat of an administrator, and a host. No way out of either."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")

SEAT, HOST, PREFIX = "10.77.0.1", "10.77.0.11", 24  # exist in these namespaces only
NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000  # setns(2)

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Network:
    """The names of both namespaces."""

    seat: str
    host: str

    def from_seat(self, *argv: str) -> list[str]:
        """Return ``argv`` as it is started on the seat."""
        return ["ip", "netns", "exec", self.seat, *argv]

    def at_seat(self, work: Callable[[], Answer]) -> Answer:
        """Do ``work`` in a thread that sits on the seat: what it opens there reaches the host and nothing else."""
        with ThreadPoolExecutor(1, initializer=_enter, initargs=(NAMESPACES / self.seat,)) as thread:
            return thread.submit(work).result()

    def listens(self, port: int) -> bool:
        """Tell whether the host answers on a TCP port."""

        def ask() -> bool:
            with socket.socket() as wire:
                wire.settimeout(5)
                return wire.connect_ex((HOST, port)) == 0

        return self.at_seat(ask)


@contextmanager
def network() -> Iterator[Network]:
    """Make both, and take them away at the end."""
    made = Network(f"kamar{os.getpid()}s", f"kamar{os.getpid()}h")
    try:
        for name in (made.seat, made.host):
            _ip("netns", "add", name)
        _ip("-n", made.seat, "link", "add", "wire", "type", "veth", "peer", "name", "host0", "netns", made.host)
        for name, wire, address in ((made.seat, "wire", SEAT), (made.host, "host0", HOST)):
            _ip("-n", name, "address", "add", f"{address}/{PREFIX}", "dev", wire)
            for device in ("lo", wire):
                _ip("-n", name, "link", "set", device, "up")
        yield made
    finally:
        for name in (made.seat, made.host):
            if (NAMESPACES / name).exists():
                _ip("netns", "delete", name)


def _enter(namespace: Path) -> None:
    """Move the calling thread into a network namespace."""
    with namespace.open() as file:
        if _libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
