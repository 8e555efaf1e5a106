"""The bot of a server: the endpoint that Synapse pushes to, and the loops behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import UserId
from kamar.state import read_secret
from kamar_bots import push, welcome
from kamar_bots.courtesy import ASKED_WITHIN
from kamar_bots.door import Known, arrivals, named
from kamar_bots.endpoint import application
from kamar_bots.handler import Handler
from kamar_bots.healing import Healer
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Event, Matrix
from kamar_store import appservice
from kamar_store.site import Site

logger = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks for events that another process stored
HEAL = 120.0  # seconds between two looks for events that Synapse lost
GREET = 10.0  # seconds between two looks for newcomers to greet
AGAIN = 2.0  # seconds to wait when Synapse or the database does not answer


class Bot:
    """The parts of one running bot, and the bells with which they wake each other."""

    def __init__(self, site: Site, matrix: Matrix, module: KamarModule) -> None:
        self.site = site
        self.stored = asyncio.Event()  # something to handle
        self.lost = asyncio.Event()  # something may be missing
        self.handler = Handler(site, matrix)
        self.healer = Healer(site, matrix, module, self.store)

    async def push(self, txn: str, events: list[Event]) -> None:
        """Store a transaction of Synapse; returning means that it is on disk."""
        if not await self.store(events, txn):
            self.lost.set()

    async def store(self, events: list[Event], txn: str | None = None) -> bool:
        """Store what concerns the bot, each event once; False when the transaction's id is not new."""
        now = datetime.now(UTC)
        rooms, questions = named(events)
        async with self.site.store.write() as db:
            fresh = txn is None or await appservice.note_transaction(db, txn, now)
            asked = await appservice.questions(db, questions, rooms, now - ASKED_WITHIN)
            known = Known(await appservice.official(db, rooms), {item.event_id: item for item in asked})
            bot = UserId(self.site.settings.bot)
            kept = await appservice.keep(db, arrivals(events, bot, known), now)
            await push.write(db, push.calls(events, bot, known.official, now), now)
        if kept:
            self.stored.set()
        return fresh

    async def greet(self) -> None:
        """Greet the newcomers whose time has come."""
        now = datetime.now(UTC)
        async with self.site.store.read() as db:
            due = await welcome.is_due(db, now)
        if due:
            async with self.site.store.write() as db:
                await welcome.greet(db, now)

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Serve until cancelled; ``ready`` is set once the endpoint listens."""
        token = read_secret(self.site.state.secret("hs_token"))
        runner = web.AppRunner(application(token, self.push), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.site.settings.ports.appservice).start()
            if ready is not None:
                ready.set()
            self.lost.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(_repeat(self.handler.drain, self.stored, LOOK))
                group.create_task(_repeat(self.healer.heal, self.lost, HEAL))
                group.create_task(_repeat(self.greet, asyncio.Event(), GREET))
        finally:
            await runner.cleanup()


async def run(site: Site) -> None:
    """Run the bot until cancelled."""
    token = read_secret(site.state.secret("as_token"))
    async with Homeserver(site.settings.synapse_url) as homeserver:
        await Bot(site, Matrix(homeserver, token), KamarModule(homeserver, token)).run()


async def _repeat(work: Callable[[], Awaitable[None]], bell: asyncio.Event, pause: float) -> None:
    """Do ``work`` when the bell rings, and every ``pause`` seconds; while Synapse is away, try again soon."""
    while True:
        bell.clear()
        try:
            await work()
        except KamarError as error:
            logger.info("waiting: %s", error.code)
            await asyncio.sleep(AGAIN)
            bell.set()
        try:
            async with asyncio.timeout(pause):
                await bell.wait()
        except TimeoutError:
            continue
