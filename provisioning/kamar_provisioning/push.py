"""The jobs that call members back: ``push``, one browser, and ``push_room``, a room's announcement, in chunks."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from kamar.errors import KamarError
from kamar.ids import EventId, MemberId, RoomId, UserId
from kamar.push import LATE, PushKind, due
from kamar.settings import Settings
from kamar.state import State, read_secret
from kamar_bridges.push import Delivered, Gone, Outcome, Refused, Wait
from kamar_bridges.push_crypto import Vapid, read_vapid
from kamar_provisioning.jobs import Desk, Later
from kamar_store import outbox
from kamar_store import push as store
from kamar_store.outbox import Row
from kamar_store.push import Browser
from kamar_store.push_seal import push_seal

logger = logging.getLogger(__name__)

VAPID_KEY = "vapid_key"  # the secret file
CHUNK = 200  # members of a room looked at in one job
BUSY = timedelta(seconds=1)
ATTEMPTS = 6  # about a minute; a call is not worth an administrator's time


async def push(desk: Desk, row: Row) -> None:
    """Call one browser: ``{browser, kind, since}``. Gone for good, it is forgotten; a call that is late is dropped."""
    kind = PushKind(row.payload["kind"])
    since = datetime.fromtimestamp(row.payload["since"], UTC)
    async with desk.site.store.read() as db:
        browser = await store.browser(db, row.payload["browser"])
        if browser is None or kind not in await store.wanted(db, browser.member):
            return
    _wait_for_morning(browser, kind, desk.now())
    if desk.now() > due(kind, browser.home, since) + LATE:
        logger.info("push row %s came too late", row.id)
        return
    if desk.push.busy:
        raise Later(BUSY)
    try:
        outcome = await _call(desk, browser, kind)
    except KamarError:
        if row.attempts < ATTEMPTS:
            raise
        logger.info("push row %s reached nobody", row.id)
        return
    await _note(desk, row, browser, outcome)


async def push_room(desk: Desk, row: Row) -> None:
    """Call a siaran room's members: ``{room_id, event_id, sender, after, done}``, a chunk, then the row of the next."""
    room, event = RoomId(row.payload["room_id"]), EventId(row.payload["event_id"])
    after, done = MemberId(row.payload["after"]), int(row.payload["done"])
    async with desk.site.store.write() as db:
        total = await store.reachable(db, room)
        reached = await store.call_room(db, room, event, UserId(row.payload["sender"]), after, CHUNK, desk.now())
        done += reached.called
        if reached.after is not None:
            payload = {**row.payload, "after": reached.after, "done": done}
            await outbox.put(db, "push_room", f"push_room:{event}:{reached.after}", payload, desk.now())
    if total:
        logger.info("announcement in %s: %d of %d members called", room, done, total)


def vapid(settings: Settings, state: State) -> Vapid:
    """Return the server's own key.

    Raises:
        KamarError: ``secret_missing`` or ``secret_open``.
    """
    contact = settings.server.public_url or f"mailto:kamar@{settings.server.name}"
    return read_vapid(read_secret(state.secret(VAPID_KEY)), contact)


def _wait_for_morning(browser: Browser, kind: PushKind, now: datetime) -> None:
    """Put a call off while its member is asleep.

    Raises:
        Later: until the morning there.
    """
    if (wait := due(kind, browser.home, now) - now) > timedelta(0):
        raise Later(wait)


async def _call(desk: Desk, browser: Browser, kind: PushKind) -> Outcome:
    subscription = push_seal(desk.site.state).open(browser.sealed, browser.member)
    if subscription is None:
        return Gone()
    key = vapid(desk.site.settings, desk.site.state)
    return await desk.push.call(subscription.endpoint, subscription.p256dh, subscription.auth, kind, key)


async def _note(desk: Desk, row: Row, browser: Browser, outcome: Outcome) -> None:
    match outcome:
        case Delivered():
            pass
        case Wait(time):
            raise Later(time)
        case Gone():
            async with desk.site.store.write() as db:
                await store.forget(db, browser.id)
            logger.info("browser %d is gone", browser.id)
        case Refused(status):
            logger.warning("push row %s: the push service refuses (%d)", row.id, status)
