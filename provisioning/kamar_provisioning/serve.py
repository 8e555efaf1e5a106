"""``kamar serve``: runs the parts of a server (portal, bots, jobs) in one process, until SIGTERM.

A part is found by the entry point group ``kamar.serve``, because programs never import each other. When one fails, the
process ends with exit code 1 and the supervisor starts it again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import EntryPoint, entry_points

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning.command import add_state
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_store.site import Site

logger = logging.getLogger(__name__)

GROUP = "kamar.serve"
M_ARENA_MAX = -8  # mallopt(3)
STOPPING = (signal.SIGTERM, signal.SIGINT)
QUIET = ("aiohttp.access", "aiosqlite", "httpx", "httpcore")  # they log addresses, which may hold codes

Part = Callable[[Site], Awaitable[None]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--only", default="", metavar="BAGIAN,...", help="hanya bagian ini: bots, direct, portal, jobs")


def run(arguments: argparse.Namespace) -> int:
    """Run the parts until SIGTERM; the failure of one ends all and is the command's own."""
    log_to_stderr()
    share_heap()
    state = State(arguments.state.resolve())
    parts = {point.name: point for point in entry_points(group=GROUP)}
    names = _chosen(arguments.only, sorted(parts))
    asyncio.run(serve(state, {name: _load(parts[name]) for name in names}))
    return 0


def share_heap() -> None:
    """Let all threads share one heap: glibc gives each database thread its own, and those grow and hardly shrink."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # another C library has none
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)


async def serve(state: State, parts: dict[str, Part]) -> None:
    """Run ``parts`` side by side; SIGTERM and Ctrl-C cancel them.

    Raises:
        BaseExceptionGroup: a part failed; the others were cancelled.
    """
    settings = load(state)
    site = open_site(state, settings)
    running = asyncio.create_task(_together(site, parts))
    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, running.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        for number in STOPPING:
            loop.remove_signal_handler(number)
        await site.store.close()


async def _together(site: Site, parts: dict[str, Part]) -> None:
    async with asyncio.TaskGroup() as group:
        for name, part in parts.items():
            group.create_task(_one(name, part, site))


async def _one(name: str, part: Part, site: Site) -> None:
    logger.info("%s starts", name)
    await part(site)
    raise RuntimeError(f"{name} ended by itself")


def _chosen(only: str, known: Sequence[str]) -> list[str]:
    """Return the parts to run: all, or those of ``--only bots,portal``."""
    names = [name.strip() for name in only.split(",") if name.strip()] or list(known)
    for name in names:
        if name not in known:
            raise KamarError("unknown_part", name=name, known=", ".join(known))
    return names


def _load(point: EntryPoint) -> Part:
    part: Part = point.load()
    return part


class OneLine(logging.Formatter):
    """One line per record; a traceback follows indented, so that no text can pass for a record of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record without line breaks in its message."""
        first, *rest = super().format(record).split("\n")
        return "\n".join([first, *("    " + line for line in rest)])


def log_to_stderr() -> None:
    """Log to stderr; the supervisor adds the time and our name."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
