"""Chooses free TCP ports for a new server, and holds a server's ports until its children take them."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields

from kamar.errors import KamarError
from kamar.settings import Ports, Settings

PORTAL = 8080  # the portal's first choice: people type it
CHOICES = range(20_000, 32_000)  # below Linux's ports for outgoing connections, which may be in use at the next start
TRIES = 200
NOT_ALWAYS = {"worker", "replication"}  # used with [workers] only


@contextmanager
def held(settings: Settings) -> Iterator[dict[str, int]]:
    """Give every port of the server, chosen where the settings say 0, and keep others from taking it meanwhile.

    Raises:
        KamarError: ``port_taken`` with the port's name and number.
    """
    with ExitStack() as stack:
        taken: dict[str, int] = {}
        for item in fields(Ports):
            wanted = getattr(settings.ports, item.name)
            if wanted and item.name in NOT_ALWAYS and not settings.workers.enabled:
                taken[item.name] = wanted
                continue
            bind = settings.server.bind if item.name in ("portal", "synapse") else "127.0.0.1"
            holder = _hold(bind, item.name, wanted)
            stack.callback(holder.close)
            taken[item.name] = holder.getsockname()[1]
        yield taken


def changes(before: Ports, after: Mapping[str, int]) -> dict[str, int]:
    """Return the ports to write down: those that were 0."""
    return {name: after[name] for name, port in asdict(before).items() if port == 0}


def _hold(bind: str, name: str, wanted: int) -> socket.socket:
    if wanted:
        holder = _bound(bind, wanted)
        if holder is None:
            with _any(bind, PORTAL) as other:
                raise KamarError("port_taken", name=name, port=wanted, other=other.getsockname()[1])
        return holder
    return _any(bind, *([PORTAL] if name == "portal" else []))


def _any(bind: str, *first: int) -> socket.socket:
    for port in [*first, *random.SystemRandom().sample(CHOICES, TRIES)]:
        holder = _bound(bind, port)
        if holder is not None:
            return holder
    raise KamarError("no_free_port")


def _bound(bind: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((bind, port))
        holder.listen()  # only a listening socket keeps others away
    except PermissionError as error:
        holder.close()
        raise KamarError("port_forbidden", port=port) from error
    except OSError:
        holder.close()
        return None
    return holder
