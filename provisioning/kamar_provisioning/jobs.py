"""The jobs: carry out what the outbox holds, each row once, several at a time, across any number of processes.

A handler may be repeated at any point: whatever it does in Matrix carries a key of its own, so that doing it again
changes nothing. It raises :class:`Later` to be called again without counting a failure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kamar.errors import KamarError
from kamar.state import read_secret
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_bridges.push import Push
from kamar_store import (
    fold,
    gathering,
    greeter,
    mandate_clock,
    outbox,
    recovery,
    recovery_request,
    session,
    signup,
    treaty,
    wave,
)
from kamar_store.outbox import Row
from kamar_store.site import Site

logger = logging.getLogger(__name__)

AT_ONCE = 8  # rows in work in one process
LOOK = 0.2  # seconds between two looks at an idle outbox: one small SELECT
TIDY = timedelta(hours=1)
KEPT = timedelta(days=30)  # rows of the outbox carried out
PAUSE = 2.0  # seconds until a homeserver that does not answer is asked again


class Later(Exception):  # noqa: N818  # it is no error
    """Not yet: something this row needs is still being made."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"in {wait}")
        self.wait = wait


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a handler works with: the server, and Matrix as ``@kamar``."""

    site: Site
    matrix: Matrix
    module: KamarModule
    push: Push = field(default_factory=Push)
    clock: Callable[[], datetime] = utc_now

    def now(self) -> datetime:
        """Return the time."""
        return self.clock()


Handler = Callable[[Desk, Row], Awaitable[None]]


async def run(site: Site) -> None:
    """Carry out rows until cancelled; what is in work then is given back by its claim running out."""
    token = read_secret(site.state.secret("as_token"))
    async with Homeserver(site.settings.synapse_url) as homeserver:
        desk = Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
        if not site.store.postgresql:  # one process only: a claim found now belonged to one that died
            async with site.store.write() as db:
                await outbox.release(db)
        async with asyncio.TaskGroup() as group:
            group.create_task(_tidy(desk))
            await _introduce(desk)
            await _work(desk, group)


async def drain(desk: Desk, kinds: Collection[str] = ()) -> None:
    """Carry out what is due, of some ``kinds`` or all, one row after the other. For tests and commands."""
    while rows := await _claim(desk, 1, kinds):
        await _carry_out(desk, rows[0])


def handlers() -> dict[str, Handler]:
    """Return what to do for each kind of row."""
    from kamar_provisioning import (
        audit,
        direct,
        gathering,
        mandate,
        opening,
        peace,
        push,
        reconcile,
        recovery,
        restructure,
        seating,
        sending,
        siaran,
        unname,
    )
    from kamar_provisioning import fold as folding
    from kamar_provisioning import greeter as greeters

    return {
        "seat": seating.seat,
        "open": opening.open_room,
        "shut": opening.shut_room,
        "reconcile": reconcile.reconcile,
        "audit": audit.audit,
        "code": sending.code,
        "send": sending.send,
        "join": sending.join,
        "image": sending.image,
        "ask": sending.ask,
        "login": sending.login,
        "unname": unname.unname,
        "remind": greeters.remind,
        "silence": folding.silence,
        "fold": folding.fold_room,
        "talk": direct.talk,
        "push": push.push,
        "push_room": push.push_room,
        "mail": recovery.mail,
        "warn": recovery.warn,
        "measure": peace.measure,
        "peace": peace.rules,
        "block": peace.block,
        "tell": peace.tell,
        "take_back": peace.take_back,
        "gather": gathering.gather,
        "restructure": restructure.restructure,
        "alias": restructure.alias,
        "archive": restructure.archive,
        "unarchive": restructure.unarchive,
        "siaran": siaran.siaran,
        "siaran_ask": siaran.ask_second,
        "siaran_kit": siaran.kit,
        "vote": mandate.vote,
    }


async def _work(desk: Desk, group: asyncio.TaskGroup) -> None:
    running: set[asyncio.Task[None]] = set()
    while True:
        rows = await _claim(desk, AT_ONCE - len(running)) if len(running) < AT_ONCE else []
        for row in rows:
            task = group.create_task(_carry_out(desk, row))
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            await asyncio.wait(running, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(LOOK)


async def _introduce(desk: Desk) -> None:
    """Let the bot take its name; a homeserver that is still starting is asked again."""
    from kamar_provisioning.avatar import introduce

    while True:
        try:
            return await introduce(desk)
        except KamarError as refused:
            logger.warning("the bot has no name yet: %s", refused)
            await asyncio.sleep(PAUSE)


async def _claim(desk: Desk, most: int, kinds: Collection[str] = ()) -> list[Row]:
    now = desk.now()
    async with desk.site.store.read() as db:
        due = await outbox.next_due(db)
    if due is None or due > now:
        return []
    async with desk.site.store.write() as db:
        return await outbox.claim(db, now, most, kinds)


async def _carry_out(desk: Desk, row: Row) -> None:
    """Carry one row out; a failure of the world outside is tried again later, a bug as well, with its traceback."""
    wait: timedelta | None = None
    error = ""
    try:
        await handlers()[row.kind](desk, row)
    except Later as later:
        wait, error = later.wait, "later"
    except KamarError as refused:
        error = str(refused.detail.get("errcode") or refused.code)
        logger.warning("%s row %s: %s, attempt %d", row.kind, row.id, error, row.attempts)
    except Exception as bug:
        error = type(bug).__name__
        logger.exception("%s row %s failed, attempt %d", row.kind, row.id, row.attempts)
    async with desk.site.store.write() as db:
        if error:
            await outbox.later(db, row, desk.now(), error, wait)
        else:
            await outbox.done(db, row)


async def by_the_clock(desk: Desk) -> None:
    """Order what nobody asks for, only time: held newcomers asked for again, greeters reminded, silent kamar."""
    from kamar_provisioning import audit

    async with desk.site.store.write() as db:
        await wave.try_again(db, desk.now())
        await greeter.look_after(db, desk.now())
        await fold.look(db, desk.now())
        await audit.by_night(db, desk.now())
        await treaty.by_the_clock(db, desk.now())
        await gathering.order_all(db, desk.now())
        await mandate_clock.look(db, desk.site.organisation, desk.now())


async def _tidy(desk: Desk) -> None:
    """Delete what has run out."""
    while True:
        async with desk.site.store.write() as db:
            await signup.forget_expired(db, desk.now())
            await session.forget_expired(db, desk.now())
            await outbox.forget_done(db, desk.now() - KEPT)
            await recovery.forget_expired(db, desk.now())
            await recovery_request.forget_expired(db, desk.now())
        await by_the_clock(desk)
        await asyncio.sleep(TIDY.total_seconds())
