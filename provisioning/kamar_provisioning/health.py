"""Whether a server is healthy, honestly: every part is asked, and every door is tried.

The gate of the official rooms is a module inside Synapse. A module that is missing or not configured leaves the rooms
open to everybody, silently. So a probe account tries to enter a probe room through every client listener, and the
server is healthy only when each of them refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from kamar.settings import Settings
from kamar.state import State, read_secret
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import probe, sentences

MODULES = frozenset({"peace", "registration", "structure"})
APPSERVICE = "kamar"  # its id in the registration
PATIENCE = 0.0  # seconds: whoever asks for health asks again
HEALTHY_SECONDS = 180.0  # a first start on a slow machine, many times over
ASK_SECONDS = 0.5
SECONDS = 20.0  # for one answer; a server that needs longer is not well
REFUSED, LIMITED = "M_FORBIDDEN", "M_LIMIT_EXCEEDED"
GONE = ("M_UNKNOWN_TOKEN", "M_NOT_FOUND")  # the probe of a database that was replaced


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer; ``problem`` is empty when all is well."""

    name: str
    problem: str = ""


class UnhealthyError(Exception):
    """A part answered, but not as it must."""


async def check(settings: Settings, state: State, *, starting: bool = False) -> tuple[Check, ...]:
    """Ask every part of the server, all at once.

    While ``starting``, the doors are tried only when everything else answers, and must be seen to refuse: an answer
    that the homeserver is too busy (429) will do afterwards, when somebody asks often, but not then.
    """
    listeners = client_listeners(settings)
    parts = {
        **{f"klien {name}": _ask(_versions, url) for name, url in listeners.items()},
        **{f"modul {name}": _ask(partial(_modules, state), url) for name, url in listeners.items()},
        **{f"damai {name}": _ask(partial(_peace, state), url) for name, url in listeners.items()},
        "appservice": _ask(partial(_appservice, state), settings.synapse_url),
        "portal": _ask(_portal, portal_here(settings)),
    }
    checks = await _checks(parts)
    if starting and any(each.problem for each in checks):
        return checks
    gate = partial(_gate, state, limit_will_do=not starting)
    return (*checks, *await _checks({f"pintu {name}": _ask(gate, url) for name, url in listeners.items()}))


async def _checks(questions: Mapping[str, Awaitable[str]]) -> tuple[Check, ...]:
    problems = await asyncio.gather(*questions.values())
    return tuple(Check(name, problem) for name, problem in zip(questions, problems, strict=True))


async def until_healthy(
    settings: Settings, state: State, hopeless: Callable[[], bool] = lambda: False
) -> tuple[str, ...]:
    """Ask until nothing is wrong; return what still is when the time is over or it is ``hopeless``, one line each."""
    checks: tuple[Check, ...] = ()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEALTHY_SECONDS):
            while True:
                await make_probe(settings, state)
                checks = await check(settings, state, starting=True)
                if not any(each.problem for each in checks):
                    return ()
                if hopeless():
                    break
                await asyncio.sleep(ASK_SECONDS)
    return tuple(f"  {each.name}: {each.problem}" for each in checks if each.problem) or (f"  {sentences.SILENT}",)


async def make_probe(settings: Settings, state: State) -> None:
    """Make what the gates are tried with, unless it is there; a homeserver that is not up yet is left for later."""
    if probe.load(state) is not None:
        return
    async with Homeserver(settings.synapse_url, patience=PATIENCE) as server:
        try:
            await probe.make(state, server)
        except MatrixError:
            return  # the questions will say what is wrong


def client_listeners(settings: Settings) -> dict[str, str]:
    """Return the address of every listener that Matrix clients can reach, by the process's name."""
    listeners = {"synapse": settings.synapse_url}
    if settings.workers.enabled:
        listeners["worker"] = f"http://127.0.0.1:{settings.ports.worker}"
    return listeners


def portal_here(settings: Settings) -> str:
    """Return the portal's address on this machine, whatever its public one is."""
    return f"http://127.0.0.1:{settings.ports.portal}"


async def _ask(question: Callable[[Homeserver], Awaitable[None]], url: str) -> str:
    """Return what is wrong, empty when all is well."""
    try:
        async with asyncio.timeout(SECONDS), Homeserver(url, patience=PATIENCE) as server:
            await question(server)
    except MatrixError as error:
        return f"{error.status} {error.errcode}" if error.status else sentences.SILENT
    except TimeoutError:
        return sentences.SILENT
    except UnhealthyError as error:
        return str(error)
    return ""


async def _versions(server: Homeserver) -> None:
    await Matrix(server).versions()


async def _modules(state: State, server: Homeserver) -> None:
    missing = MODULES - set(await KamarModule(server, _as_token(state)).health())
    if missing:
        raise UnhealthyError(sentences.MODULES_MISSING.format(names=", ".join(sorted(missing))))


async def _peace(state: State, server: Homeserver) -> None:
    """Ask whether messages can be judged: where the rules can't be read, they pass."""
    found = await KamarModule(server, _as_token(state)).peace()
    if not found.readable:
        raise UnhealthyError(sentences.PEACE_UNREADABLE)
    if found.clamd is False:
        raise UnhealthyError(sentences.CLAMD_SILENT)


async def _gate(state: State, server: Homeserver, *, limit_will_do: bool) -> None:
    """Try to enter; being let in is the worst that can happen here."""
    known = probe.load(state)
    if known is None:
        raise UnhealthyError(sentences.GATE_UNTRIED)
    try:
        await known.enter(server)
    except MatrixError as error:
        if error.errcode in GONE:
            state.secret(probe.FILE).unlink(missing_ok=True)  # `up` makes another
        if error.errcode == REFUSED or (error.errcode == LIMITED and limit_will_do):
            return
        raise
    raise UnhealthyError(sentences.GATE_OPEN)


async def _appservice(state: State, server: Homeserver) -> None:
    await Matrix(server, _as_token(state)).ping_appservice(APPSERVICE)


async def _portal(server: Homeserver) -> None:
    await server.request("GET", "/healthz")


def _as_token(state: State) -> str:
    return read_secret(state.secret("as_token"))
