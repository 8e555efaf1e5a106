"""Whether a server is healthy, honestly: every part is asked, and every door is tried.

The gate of the official rooms is a module inside Synapse. A module that is missing or not configured leaves the rooms
open to everybody, silently. So a probe account tries to enter a probe room through every client listener, and the
server is healthy only when each of them refuses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kamar.settings import Settings
from kamar.state import State, read_secret
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.probe import Probe
from kamar_store.site import Site

MODULES = frozenset({"registration", "structure"})
APPSERVICE = "kamar"  # its id in the registration
PATIENCE = 0.0  # seconds: whoever asks for health asks again


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer; ``problem`` is empty when all is well."""

    name: str
    problem: str = ""


async def check(site: Site) -> tuple[Check, ...]:
    """Ask every part of the server, all at once."""
    questions: dict[str, Callable[[], Awaitable[None]]] = {
        f"{kind} {name}": _question(ask, site, url)
        for name, url in client_listeners(site.settings).items()
        for kind, ask in (("klien", _versions), ("modul", _modules), ("pintu", _gate))
    }
    questions["appservice"] = _question(_appservice, site, site.settings.synapse_url)
    questions["portal"] = _question(_portal, site, portal_here(site.settings))
    problems = await asyncio.gather(*(_problem(ask) for ask in questions.values()))
    return tuple(Check(name, problem) for name, problem in zip(questions, problems, strict=True))


def client_listeners(settings: Settings) -> dict[str, str]:
    """Return the address of every listener that Matrix clients can reach, by the process's name."""
    listeners = {"synapse": settings.synapse_url}
    if settings.workers.enabled:
        listeners["worker"] = f"http://127.0.0.1:{settings.ports.worker}"
    return listeners


def portal_here(settings: Settings) -> str:
    """Return the portal's address on this machine, whatever its public one is."""
    return f"http://127.0.0.1:{settings.ports.portal}"


def _question(
    ask: Callable[[Site, Homeserver], Awaitable[None]], site: Site, url: str
) -> Callable[[], Awaitable[None]]:
    async def asked() -> None:
        async with Homeserver(url, patience=PATIENCE) as server:
            await ask(site, server)

    return asked


async def _problem(ask: Callable[[], Awaitable[None]]) -> str:
    try:
        await ask()
    except MatrixError as error:
        return f"{error.status} {error.errcode}" if error.status else error.errcode
    except UnhealthyError as error:
        return str(error)
    return ""


class UnhealthyError(Exception):
    """A part answered, but not as it must."""


async def _versions(site: Site, server: Homeserver) -> None:
    del site
    await Matrix(server).versions()


async def _modules(site: Site, server: Homeserver) -> None:
    missing = MODULES - set(await _module(site.state, server).health())
    if missing:
        raise UnhealthyError(f"modul tidak dimuat: {', '.join(sorted(missing))}")


async def _gate(site: Site, server: Homeserver) -> None:
    """Try to enter; being let in is the worst that can happen here."""
    async with Homeserver(site.settings.synapse_url, patience=PATIENCE) as main:
        probe = await Probe.ensure(site, main)
    if await probe.gets_in(server):
        raise UnhealthyError("kamar resmi terbuka untuk siapa saja: modul `structure` tidak menjaga pintu ini")


async def _appservice(site: Site, server: Homeserver) -> None:
    token = read_secret(site.state.secret("as_token"))
    await Matrix(server, token).ping_appservice(APPSERVICE)


async def _portal(site: Site, server: Homeserver) -> None:
    del site
    await server.request("GET", "/healthz")


def _module(state: State, server: Homeserver) -> KamarModule:
    return KamarModule(server, read_secret(state.secret("as_token")))
