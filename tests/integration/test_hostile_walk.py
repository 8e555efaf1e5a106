"""Twenty hostile accounts walk through the villages for a week and try every door: how many names do they learn?

Meanwhile neighbours move into the very kamar where they sit.
Everything is real but the time: the portal and the jobs run here with a clock that the test turns.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from kamar.account import new_localpart
from kamar.ids import NodePath, RoomId, UserId
from kamar.settings import Portal as PortalSettings
from kamar.settings import Rooms, Server, Settings
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_portal.portal import Portal
from kamar_portal.seal import Seal
from kamar_portal.serve import application
from kamar_provisioning.jobs import Desk, by_the_clock, drain
from kamar_store import member as members
from kamar_store import outbox, seating, wave, wilayah
from kamar_store.site import Site
from kamar_store.tables import member
from kamar_store.tables import room as room_table
from kamar_store.tables import seat as seat_table
from tests.portal.browser import Browser
from tests.servers.branch import Branch, branch

pytestmark = [pytest.mark.integration, pytest.mark.slow]

HOSTILE = 20
DAYS = 7
MOST = 50  # names that they may learn together
MOVING_IN = 5  # neighbours a day, where hostile accounts sit if they do anywhere
PASSWORD = "becak-langit-7-sungai"
NAME = re.compile(r"Tetangga \d{3}")
# Villages of four kecamatan, and how many people live in the RT there.
VILLAGES = {
    "32.16.19.2005": (8, 14),
    "32.16.19.2001": (12, 36),
    "32.16.18.2001": (15, 20),
    "31.71.06.1001": (10,),
    "33.74.01.1001": (9,),
}


@dataclass
class Clock:
    """A clock that the test turns."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@dataclass
class World:
    """The server, its people, and what the hostile accounts know of them."""

    desk: Desk
    portal: TestServer
    url: str
    clock: Clock
    victims: list[UserId] = field(default_factory=list)
    rooms: list[RoomId] = field(default_factory=list)
    homes: list[NodePath] = field(default_factory=list)
    learned: set[str] = field(default_factory=set)
    joined: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(20261121))

    async def neighbours_join(self, codes: Mapping[str, str]) -> None:
        """Let neighbours sign up, with the code of their village, for the RT in whose kamar hostile accounts sit."""
        async with self.desk.site.store.read() as db:
            found = await db.execute(
                select(room_table.c.node)
                .join(seat_table, seat_table.c.room == room_table.c.id)
                .join(member, member.c.id == seat_table.c.member)
                .where(
                    seat_table.c.state == "seated", room_table.c.kind == "obrolan", member.c.display_name.like("Musuh%")
                )
                .group_by(room_table.c.node)
                .order_by(func.count().desc(), room_table.c.node)
            )
            nodes = list(found.scalars()) or self.dice.sample(self.homes, MOVING_IN)
        async with httpx.AsyncClient(base_url=str(self.portal.make_url("/")), trust_env=False, timeout=60) as client:
            for turn in range(MOVING_IN):
                village, _, rt = nodes[turn % len(nodes)].split("/")
                number = len(self.victims)
                body = {"code": codes[village], "village": village, "rw": 1, "rt": int(rt[2:]), "adult": True}
                body |= {"display_name": f"Tetangga {number:03d}", "password": PASSWORD}
                body |= {"consent": ["account", "messages"]}
                address = {"X-Forwarded-For": f"172.16.{number}.1"}
                answer = await client.post("/api/v1/join", json=body, headers=address)
                assert answer.status_code == 201, answer.text
                self.victims.append(UserId(answer.json()["user_id"]))
                self.joined += 1
                await self.settle()

    async def settle(self) -> None:
        """Let the jobs do what is due, several at once."""
        await asyncio.gather(*(drain(self.desk) for _ in range(6)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    # RW and village rooms would only make the test slower: the village's space names everybody anyway.
    settings = Settings(server=Server(name="kamar.test"), rooms=Rooms(open_at_rw=900, open_at_kelurahan=900))
    with branch(tmp_path_factory.mktemp("branch"), serve=False, settings=settings) as made:
        yield made


@pytest.fixture
async def world(server: Branch) -> AsyncIterator[World]:
    site = server.site()
    believed = replace(site.settings, portal=PortalSettings(proxies=("127.0.0.1",)))
    site, clock = Site(believed, site.state, site.store), Clock()
    async with Homeserver(site.settings.synapse_url) as homeserver:
        token = server.homeserver.as_token
        module = KamarModule(homeserver, token)
        desk = Desk(site, Matrix(homeserver, token), module, clock=clock)
        portal = Portal(site, homeserver, module, Seal(b"k" * 32), clock, seating_patience=timedelta(0))
        serving = TestServer(application(portal))
        await serving.start_server()
        made = World(desk, serving, site.settings.synapse_url, clock)
        await populate(made)
        yield made
        await serving.close()
    await site.store.close()


async def populate(world: World) -> None:
    """Let neighbours who know each other live in the villages."""
    gate, homes = asyncio.Semaphore(8), []
    for village, sizes in VILLAGES.items():
        for rt, people in enumerate(sizes, 1):
            homes += [NodePath(f"{village}/RW001/RT{rt:03d}")] * people

    async def move_in(number: int, home: NodePath) -> None:
        async with gate:
            localpart = new_localpart(random.Random(number))
            name = f"Tetangga {number:03d}"
            user = await world.desk.module.make_account(localpart, None, name, f"seed{number}")
        async with world.desk.site.store.write() as db:
            await wilayah.declare(db, home)
            who = await members.create(db, user, name, home, None, None, world.clock(), vouched=True)
            await outbox.put(db, "seat", f"seat:{who}:join", {"member": who}, world.clock(), lane=f"member:{who}")
        world.victims.append(user)
        world.homes.append(home)

    await asyncio.gather(*(move_in(number, home) for number, home in enumerate(homes)))
    await world.settle()
    async with world.desk.site.store.read() as db:
        for village in VILLAGES:
            rooms = await seating.rooms_below(db, NodePath(village))
            world.rooms += [room.room_id for room in rooms if room.room_id]
    assert len(world.rooms) == len(VILLAGES) + sum(len(sizes) for sizes in VILLAGES.values())


@dataclass
class Account:
    """One hostile account, at an address of its own."""

    world: World
    number: int
    client: TestClient = field(repr=False)
    matrix: httpx.AsyncClient = field(repr=False)
    user: str = ""

    @property
    def address(self) -> dict[str, str]:
        """Return the header that says where it sits."""
        return {"X-Forwarded-For": f"10.{self.number}.7.1"}

    async def sign_up(self, code: str, home: tuple[str, int]) -> None:
        """Join with a code, and log in at Matrix."""
        village, rt = home
        body = {"code": code, "village": village, "rw": 1, "rt": rt, "adult": True, "consent": ["account", "messages"]}
        body |= {"display_name": f"Musuh {self.number}", "password": PASSWORD}
        answer = await self.client.post("/api/v1/join", json=body, headers=self.address)
        assert answer.status == 201, await answer.text()
        self.user = (await answer.json())["user_id"]
        await self.world.settle()
        login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": self.user}}
        told = await self.matrix.post("/_matrix/client/v3/login", json={**login, "password": PASSWORD})
        self.matrix.headers["Authorization"] = f"Bearer {told.json()['access_token']}"
        browser = Browser(self.client)
        await browser.visit("/masuk", **self.address)
        await browser.send("/masuk", {"akun": self.user, "sandi": PASSWORD}, **self.address)

    async def own_code(self) -> str:
        """Return its own invitation, as the portal shows it."""
        page = await Browser(self.client).visit("/ajak", **self.address)
        return page.text.split("/g/")[1][:10]

    async def relocate(self, home: tuple[str, int]) -> None:
        """Move by the portal."""
        browser = Browser(self.client)
        await browser.visit("/pindah", **self.address)
        await browser.send("/pindah", {"desa": home[0], "rw": "1", "rt": str(home[1])}, **self.address)
        await self.world.settle()

    async def look_around(self) -> None:
        """Read everything in the rooms it sits in."""
        await self.ask("GET", "/sync?timeout=0&full_state=true")
        told = await self.ask("GET", "/joined_rooms")
        for room in told.get("joined_rooms", []):
            for what in ("members", "joined_members", "state", "messages?dir=b&limit=100"):
                await self.ask("GET", f"/rooms/{room}/{what}")

    async def try_every_door(self) -> None:
        """Try rooms it does not sit in, people it does not know, and the portal's pages."""
        for room in self.world.rooms:
            await self.ask("POST", f"/join/{room}")
            await self.ask("POST", f"/knock/{room}")
            for what in ("members", "state"):
                await self.ask("GET", f"/rooms/{room}/{what}")
            for newer in (f"v1/rooms/{room}/hierarchy", f"v1/room_summary/{room}"):
                await self.ask("GET", newer, base="/_matrix/client/")
        victims = self.world.dice.sample(self.world.victims, 12)
        for victim in victims:
            known = "errcode" not in await self.ask("GET", f"/profile/{victim}")
            if not known and victim in victims[:2]:
                answer = await self.ask("POST", "/createRoom", {"invite": [victim], "is_direct": True})
                assert answer.get("errcode") == "M_FORBIDDEN", answer
            await self.ask("GET", f"/presence/{victim}/status")
            await self.ask("GET", victim.replace("/", "%2F"), base="/_synapse/client/kamar/v1/seats/")
        await self.ask("POST", "/user_directory/search", {"search_term": "Tetangga", "limit": 50})
        await self.ask("POST", "/search", {"search_categories": {"room_events": {"search_term": "Tetangga"}}})
        await self.ask("GET", "/publicRooms")
        for village in VILLAGES:
            await self.ask("GET", village, base="/_synapse/client/kamar/v1/nodes/")
            self.hear((await Browser(self.client).visit(f"/wilayah/{village}", **self.address)).text)
        for page in ("/komunitas", "/jamin", "/ajak", "/saya", "/kelola"):
            self.hear((await Browser(self.client).visit(page, **self.address)).text)

    async def leave_and_come_back(self) -> None:
        """Leave a room and try to get in again."""
        for room in (await self.ask("GET", "/joined_rooms")).get("joined_rooms", [])[:1]:
            await self.ask("POST", f"/rooms/{room}/leave")
            await self.ask("POST", f"/join/{room}")

    async def ask(self, method: str, path: str, body: Any = None, base: str = "/_matrix/client/v3") -> dict[str, Any]:
        """Ask Matrix, and remember every name in the answer."""
        answer = await self.matrix.request(method, base + path.replace("!", "%21"), json=body or {})
        self.hear(answer.text)
        try:
            told: dict[str, Any] = answer.json()
        except ValueError:
            return {}
        return told

    def hear(self, text: str) -> None:
        """Remember the names in a text."""
        self.world.learned |= set(NAME.findall(text))


@asynccontextmanager
async def hostile(world: World, number: int) -> AsyncIterator[Account]:
    """Give a hostile account its browser and its Matrix client."""
    async with (
        TestClient(world.portal) as client,
        httpx.AsyncClient(base_url=world.url, trust_env=False, timeout=60) as matrix,
    ):
        yield Account(world, number, client, matrix)


async def test_twenty_hostile_accounts_learn_few_names_in_a_week(world: World, server: Branch) -> None:
    homes = [(village, rt) for village, sizes in VILLAGES.items() for rt in range(1, len(sizes) + 1)]
    world.dice.shuffle(homes)
    code, accounts = server.invitation(), list[Account]()
    codes = {village: server.local_code(village) for village in VILLAGES}
    async with AsyncExitStack() as stack:
        for day in range(DAYS):
            for number in range(day * 3, min(HOSTILE, day * 3 + 3)):
                account = await stack.enter_async_context(hostile(world, number))
                brought_by = world.dice.choice(accounts) if accounts and world.dice.random() < 0.6 else None
                brought = await brought_by.own_code() if brought_by else code
                await account.sign_up(brought, homes[number % len(homes)])
                accounts.append(account)
                await account.look_around()
            for account in accounts[max(0, day * 3 - 3) : day * 3]:  # yesterday's
                if account.number % 3 == 0:
                    continue  # sits where it is, and waits who comes
                await account.relocate(world.dice.choice(homes))
                await account.look_around()
                await account.relocate(world.dice.choice(homes))
                await account.leave_and_come_back()
            await accounts[day * 2].try_every_door()
            await world.neighbours_join(codes)
            for account in accounts:
                await account.ask("GET", "/sync?timeout=0&full_state=true")
            world.clock.now += timedelta(days=1) - timedelta(minutes=1)
            await by_the_clock(world.desk)
            await world.settle()
        for account in accounts:
            await account.look_around()
    print(f"{len(world.learned)} names of {len(world.victims)} learned, {world.joined} came meanwhile")
    assert world.joined == MOVING_IN * DAYS
    assert 0 < len(world.learned) <= MOST
    async with world.desk.site.store.read() as db:
        people = [await members.by_user(db, account.user) for account in accounts]
        assert await wave.held(db)
    assert [who.vouched for who in people if who] == [False] * HOSTILE
