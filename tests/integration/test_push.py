"""Called back for real: members of a kamar, a real Synapse, the bot, the jobs; push service and gateway are ours.

Synapse refuses to call addresses in our own network. One of them, and only here, is let through.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from kamar.ids import NodePath, RoomId
from kamar.settings import Rooms, Server, Settings
from kamar.structure import RoomKind
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix, Session
from kamar_bridges.push import Push
from kamar_provisioning.jobs import Desk, drain
from kamar_store import member as members
from kamar_store import outbox, push, seating, session
from kamar_store.push_seal import Subscription, push_seal
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import PASSWORD, join, vouch_for_everybody
from tests.servers.ports import free_ports
from tests.servers.push_service import FakeBrowser, PushService, push_service

pytestmark = pytest.mark.integration

VILLAGE, RW, RT = "32.16.19.2005", 5, 3
ALLOWED, REFUSED = "127.0.0.1", "127.0.0.2"
PATIENCE = 60.0
SECRET = "Kunci cadangan ada di bawah pot"  # what nobody outside may read
SETTINGS = Settings(server=Server(name="kamar.test"), rooms=Rooms(open_at_rt=2, open_at_rw=9, open_at_kelurahan=2))
GATEWAY = "/_matrix/push/v1/notify"
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class TimedDesk(Desk):
    """A desk whose clock can be set forward: at night an announcement waits for the morning."""

    ahead: list[timedelta] = field(default_factory=lambda: [timedelta(0)])

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead[0]


@dataclass
class Village:
    """Two neighbours in one kamar, and what works for them."""

    server: Branch
    desk: TimedDesk
    pool: Homeserver
    fake: PushService
    siti: Session
    budi: Session
    rt: RoomId
    siaran: RoomId

    def says(self, who: Session) -> Matrix:
        return Matrix(self.pool, who.access_token)

    async def write(self, room: RoomId, who: Matrix, **content: Any) -> str:
        body = {"msgtype": "m.text", "body": SECRET, **content}
        return await who.send(room, "m.room.message", body, f"push{next(_numbers)}")

    async def browser(self, who: Session) -> FakeBrowser:
        """Switch calls on in a browser of a member."""
        made = self.fake.browser()
        now = datetime.now(UTC)
        async with self.desk.site.store.write() as db:
            member = await members.by_user(db, who.user_id)
            assert member is not None
            token = await session.begin(db, member.user_id, now, timedelta(days=1))
            subscription = Subscription(made.endpoint, made.p256dh, made.auth)
            await push.subscribe(db, push_seal(self.desk.site.state), subscription, member.id, token, now)
        return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    extra = f"ip_range_whitelist: ['{ALLOWED}']"
    with branch(tmp_path_factory.mktemp("branch"), settings=SETTINGS, serve=False, extra=extra) as made:
        made.start_serve(only="bots,portal")
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def village(server: Branch, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Village]:
    site = server.site()
    async with (
        Homeserver(server.homeserver.url) as pool,
        push_service(tmp_path_factory.mktemp("push")) as fake,
    ):
        token = server.homeserver.as_token
        desk = TimedDesk(site, Matrix(pool, token), KamarModule(pool, token), Push(fake.guard()))
        people = [
            await join(server.portal_url, server.local_code(VILLAGE), secrets.token_urlsafe(24), VILLAGE, RW, RT)
            for _ in range(2)
        ]
        await vouch_for_everybody(server)
        await until(desk, lambda: idle(desk))
        siti, budi = [await Matrix(pool).login_password(each["user_id"], PASSWORD, "HP") for each in people]
        async with site.store.read() as db:
            who = await members.by_user(db, siti.user_id)
            assert who is not None
            seats = await seating.seats_of(db, who.id)
        found = {(row.key.node, row.key.kind): row.room_id for row, _ in seats}
        rt = found[NodePath(f"{VILLAGE}/RW005/RT003"), RoomKind.OBROLAN]
        siaran = found[NodePath(VILLAGE), RoomKind.SIARAN]
        assert rt is not None
        assert siaran is not None
        yield Village(server, desk, pool, fake, siti, budi, rt, siaran)
    await site.store.close()


async def idle(desk: Desk) -> bool:
    async with desk.site.store.read() as db:
        return (await outbox.waiting(db))["ready"] == 0


async def until(desk: Desk, reached: Callable[[], Awaitable[bool]]) -> None:
    """Do the jobs until something is so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await drain(desk)
            if await reached():
                return
            await asyncio.sleep(0.1)


async def test_a_neighbour_who_is_named_is_called_and_nobody_else(village: Village) -> None:
    siti, _ = await village.browser(village.siti), await village.browser(village.budi)
    mention = {"m.mentions": {"user_ids": [village.siti.user_id]}}
    await village.write(village.rt, village.says(village.budi), **mention)

    async def rang() -> bool:
        return bool(village.fake.received)

    await until(village.desk, rang)
    [got] = village.fake.received
    assert siti.endpoint.endswith(got.path)
    assert got.said == {"kind": "mention"}
    assert village.fake.refused == []
    await village.write(village.rt, village.says(village.budi), **mention)
    await village.write(village.rt, village.says(village.siti), **mention)
    await until(village.desk, lambda: idle(village.desk))
    assert len(village.fake.received) == 1  # once in a quarter of an hour, and never by oneself


async def test_an_announcement_calls_everybody_by_day(village: Village) -> None:
    for who in (village.siti, village.budi):
        await village.browser(who)
    village.fake.received.clear()
    await village.write(village.siaran, village.desk.matrix)

    async def rang() -> bool:
        async with village.desk.site.store.read() as db:
            due = await outbox.next_due(db)
        if due is not None:
            village.desk.ahead[0] = max(timedelta(0), due - datetime.now(UTC))
        return len({got.path for got in village.fake.received}) >= 2

    await until(village.desk, rang)
    assert {got.said["kind"] for got in village.fake.received} == {"siaran"}
    local = (village.desk.now() + timedelta(hours=7)).hour
    assert 6 <= local < 21


@dataclass
class Gateway:
    """A push gateway of Matrix (sygnal, or a UnifiedPush distributor): notes what Synapse tells it."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    async def notify(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        return web.json_response({"rejected": []})


@pytest_asyncio.fixture(loop_scope="session")
async def gateways() -> AsyncIterator[dict[str, Gateway]]:
    """Run two gateways: at the address that Synapse may call here, and at one like any other of our network."""
    runners, found = [], {}
    for host in (ALLOWED, REFUSED):
        [port] = free_ports(1)
        found[host] = Gateway(address=f"http://{host}:{port}{GATEWAY}")
        app = web.Application()
        app.router.add_post(GATEWAY, found[host].notify)
        runners.append(web.AppRunner(app, access_log=None))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], host, port).start()
    yield found
    for runner in runners:
        await runner.cleanup()


async def set_pusher(village: Village, key: str, data: dict[str, str]) -> None:
    """Do what Element does on a telephone."""
    body = {
        "kind": "http", "app_id": "im.vector.app.android", "app_display_name": "Element", "device_display_name": "HP",
        "pushkey": key, "lang": "id", "append": True, "data": data,
    }  # fmt: skip
    token = village.siti.access_token
    await village.pool.request("POST", "/_matrix/client/v3/pushers/set", token=token, body=body)


async def test_element_is_told_that_something_came_and_nothing_of_what_it_says(
    village: Village, gateways: dict[str, Gateway]
) -> None:
    allowed, refused = gateways[ALLOWED], gateways[REFUSED]
    await set_pusher(village, "small", {"url": allowed.address, "format": "event_id_only"})
    await set_pusher(village, "large", {"url": allowed.address})
    await set_pusher(village, "inside", {"url": refused.address, "format": "event_id_only"})

    plain = await village.write(village.rt, village.says(village.budi))
    mention = {"m.mentions": {"user_ids": [village.siti.user_id]}}
    named = await village.write(village.rt, village.says(village.budi), **mention)
    await _until(lambda: len(_told(allowed, "small", plain) + _told(allowed, "small", named)) == 2)
    await _until(lambda: len(_told(allowed, "large", plain) + _told(allowed, "large", named)) == 2)

    for note in _told(allowed, "small", plain) + _told(allowed, "small", named):
        assert set(note) <= {"event_id", "room_id", "counts", "prio", "devices"}
        assert note["room_id"] == village.rt
    assert not any("content" in note for note in _told(allowed, "large", named))  # but it names sender and room
    assert SECRET not in json.dumps(allowed.heard)
    assert refused.heard == []  # Synapse's own list of addresses stays in force


def test_no_server_of_ours_lets_synapse_call_into_its_own_network(server: Branch) -> None:
    from kamar_provisioning.synapse import template_directory

    shipped = (template_directory() / "homeserver.yaml.j2").read_text()
    assert "ip_range" not in shipped
    assert "include_content: false" in shipped


def _told(gateway: Gateway, key: str, event: str) -> list[dict[str, Any]]:
    notes = [item["notification"] for item in gateway.heard]
    return [note for note in notes if note.get("event_id") == event and note["devices"][0]["pushkey"] == key]


async def _until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not reached():
            await asyncio.sleep(0.05)
