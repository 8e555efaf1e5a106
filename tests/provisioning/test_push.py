"""The jobs that call members back, with a push service that checks who calls and a browser that reads what comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from kamar.ids import EventId, MemberId, NodePath, RoomId, UserId
from kamar.push import LATE, PushKind
from kamar.settings import Server, Settings
from kamar.state import State, write_secret
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_bridges.push import Push
from kamar_bridges.push_crypto import new_vapid_key
from kamar_provisioning import push as jobs_push
from kamar_provisioning.jobs import Desk, drain
from kamar_store import member as members
from kamar_store import outbox, push, seating, session
from kamar_store.push_seal import Subscription, push_seal
from kamar_store.site import Site
from kamar_store.store import Db
from kamar_store.tables import outbox as outbox_table
from tests.servers.push_service import FakeBrowser, PushService, push_service
from tests.servers.registry import SQLITE, registry

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)  # 12.00 WIB
NIGHT = datetime(2026, 11, 21, 16, tzinfo=UTC)  # 23.00 WIB
VILLAGE = NodePath("32.16.19.2005")
NEWS = RoomId("!news")
WRITER = UserId("@writer:kamar.test")


@dataclass
class Clock:
    now: datetime = NOON


@dataclass(frozen=True, slots=True)
class TimedDesk(Desk):
    """A desk whose clock the test moves."""

    clock: Clock = field(default_factory=Clock)

    def now(self) -> datetime:
        return self.clock.now


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[PushService]:
    async with push_service(tmp_path) as running:
        yield running


@pytest.fixture
async def desk(tmp_path: Path, fake: PushService) -> AsyncIterator[TimedDesk]:
    state = State(tmp_path)
    write_secret(state.secret("portal_key"), "6b" * 32)
    write_secret(state.secret("vapid_key"), new_vapid_key())
    async with registry(SQLITE, tmp_path) as store, Homeserver("http://synapse.test") as homeserver:
        site = Site(Settings(server=Server(name="kamar.test")), state, store)
        matrix, module = Matrix(homeserver, "as"), KamarModule(homeserver, "as")
        yield TimedDesk(site, matrix, module, Push(fake.guard()), Clock())


async def member(db: Db, desk: Desk, browser: FakeBrowser, name: str = "siti") -> MemberId:
    """Write a member with a browser, who sits in the village's siaran room."""
    user = UserId(f"@{name}:kamar.test")
    number = await members.create(db, user, name, VILLAGE, None, None, NOON)
    token = await session.begin(db, user, NOON, timedelta(days=30))
    subscription = Subscription(browser.endpoint, browser.p256dh, browser.auth)
    await push.subscribe(db, push_seal(desk.site.state), subscription, number, token, NOON)
    await seating.want_rooms(db, [RoomKey(VILLAGE, RoomKind.SIARAN)], NOON)
    [row] = await seating.rooms_at(db, [VILLAGE])
    if row.room_id is None:
        await seating.opened(db, row, NEWS, NOON)
        await db.execute(outbox_table.update().values(state="done"))  # nobody opens it here
    await seating.want_seats(db, number, [row.id], NOON)
    await seating.seated(db, number, [row.id], NOON)
    return number


async def call(desk: TimedDesk, kind: PushKind = PushKind.MENTION, event: str = "$1") -> None:
    async with desk.site.store.write() as db:
        await push.call(db, [UserId("@siti:kamar.test")], NEWS, EventId(event), kind, desk.now())


async def waiting(desk: Desk) -> dict[str, int]:
    async with desk.site.store.read() as db:
        return await outbox.waiting(db)


async def due(desk: Desk) -> datetime | None:
    async with desk.site.store.read() as db:
        return await outbox.next_due(db)


async def subscriptions(desk: Desk, number: MemberId) -> int:
    async with desk.site.store.read() as db:
        return (await push.subscribed(db, number, ""))[0]


@pytest.fixture
async def siti(desk: TimedDesk, fake: PushService) -> MemberId:
    async with desk.site.store.write() as db:
        return await member(db, desk, fake.browser())


async def test_a_mention_rings_at_once_and_says_nothing_of_it(
    desk: TimedDesk, fake: PushService, siti: MemberId
) -> None:
    await call(desk)
    await drain(desk)
    [got] = fake.received
    assert (got.said, fake.refused) == ({"kind": "mention"}, [])
    assert await waiting(desk) == {"ready": 0, "parked": 0}


async def test_an_announcement_at_night_rings_at_six(desk: TimedDesk, fake: PushService, siti: MemberId) -> None:
    desk.clock.now = NIGHT
    await call(desk, PushKind.SIARAN)
    await drain(desk)
    assert fake.received == []
    assert await due(desk) == NIGHT + timedelta(hours=7)
    desk.clock.now = NIGHT + timedelta(hours=7)
    await drain(desk)
    assert [got.said for got in fake.received] == [{"kind": "siaran"}]


async def test_a_member_who_changes_the_mind_at_night_is_not_called(
    desk: TimedDesk, fake: PushService, siti: MemberId
) -> None:
    desk.clock.now = NIGHT
    await call(desk, PushKind.SIARAN)
    await drain(desk)
    async with desk.site.store.write() as db:
        await push.choose(db, siti, {PushKind.MENTION})
    desk.clock.now = NIGHT + timedelta(hours=8)
    await drain(desk)
    assert (fake.received, await waiting(desk)) == ([], {"ready": 0, "parked": 0})


@pytest.mark.parametrize(("status", "left"), [(404, 0), (410, 0), (403, 1), (201, 1)])
async def test_a_browser_that_is_gone_is_forgotten_and_no_other(
    desk: TimedDesk, fake: PushService, siti: MemberId, status: int, left: int
) -> None:
    fake.answers.append(web.Response(status=status))
    await call(desk)
    await drain(desk)
    assert await subscriptions(desk, siti) == left
    assert await waiting(desk) == {"ready": 0, "parked": 0}


async def test_a_push_service_that_asks_for_patience_gets_it(
    desk: TimedDesk, fake: PushService, siti: MemberId
) -> None:
    fake.answers.append(web.Response(status=429, headers={"Retry-After": "90"}))
    await call(desk)
    await drain(desk)
    assert await due(desk) == NOON + timedelta(seconds=90)
    desk.clock.now += timedelta(seconds=90)
    await drain(desk)
    assert len(fake.received) == 1


async def test_a_call_that_stays_undelivered_is_dropped_and_troubles_no_administrator(
    desk: TimedDesk, fake: PushService, siti: MemberId
) -> None:
    await call(desk)
    deaf = TimedDesk(desk.site, desk.matrix, desk.module, Push(), desk.clock)  # the strict guard reaches nothing here
    async with desk.site.store.write() as db:
        await push.forget(db, 1)
        browser = FakeBrowser("https://no-such-name.invalid/x")
        await member(db, desk, browser, "budi")
        await push.call(db, [UserId("@budi:kamar.test")], NEWS, EventId("$2"), PushKind.MENTION, NOON)
    for _ in range(jobs_push.ATTEMPTS):
        await drain(deaf)
        deaf.clock.now += timedelta(minutes=10)
    assert await waiting(desk) == {"ready": 0, "parked": 0}


async def test_a_call_that_comes_half_a_day_late_is_dropped(desk: TimedDesk, fake: PushService, siti: MemberId) -> None:
    await call(desk)
    desk.clock.now += LATE + timedelta(seconds=1)
    await drain(desk)
    assert (fake.received, await waiting(desk)) == ([], {"ready": 0, "parked": 0})


async def test_a_browser_sealed_with_a_lost_key_is_forgotten(
    desk: TimedDesk, fake: PushService, siti: MemberId
) -> None:
    write_secret(desk.site.state.secret("portal_key"), "00" * 32)
    await call(desk)
    await drain(desk)
    assert (fake.received, await subscriptions(desk, siti)) == ([], 0)


async def test_slow_push_services_leave_room_for_other_jobs(
    desk: TimedDesk, fake: PushService, siti: MemberId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kamar_bridges.push.AT_ONCE", 0)
    await call(desk)
    await drain(desk)
    assert (fake.received, await due(desk)) == ([], NOON + jobs_push.BUSY)


async def test_an_announcement_reaches_every_member_once_in_chunks(
    desk: TimedDesk, fake: PushService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_push, "CHUNK", 2)
    caplog.set_level("INFO")
    payload: dict[str, Any] = {"room_id": NEWS, "event_id": "$1", "sender": WRITER, "after": 0, "done": 0}
    async with desk.site.store.write() as db:
        for count in range(5):
            await member(db, desk, fake.browser(), f"warga{count}")
        await outbox.put(db, "push_room", "push_room:$1:0", payload, NOON)
    await drain(desk)
    assert len({got.path for got in fake.received}) == len(fake.received) == 5
    assert {got.said["kind"] for got in fake.received} == {"siaran"}
    assert "4 of 5 members called" in caplog.text
    async with desk.site.store.read() as db:
        rows = (await db.execute(select(outbox_table.c.key).where(outbox_table.c.kind == "push_room"))).scalars()
        assert len(list(rows)) == 3


async def test_no_log_line_names_where_a_browser_is(
    desk: TimedDesk, fake: PushService, siti: MemberId, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "kamar_provisioning")
    for event, status in (("$1", 500), ("$2", 403), ("$3", 410)):
        fake.answers.append(web.Response(status=status))
        desk.clock.now += timedelta(minutes=20)
        await call(desk, event=event)
        await drain(desk)
    assert "push" in caplog.text
    assert "/send/" not in caplog.text
