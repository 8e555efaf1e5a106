"""``onboarding``: one newcomer, account, device and five rooms: through our portal, and by a client on plain Synapse.

Ours is the whole of it: the portal's sign-up, the registry on the same PostgreSQL, the job that seats. What
``kamar serve`` itself burns stands in a row of its own and in the total.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, insert, select, text

from kamar.ids import UserId
from kamar_store import member as members
from kamar_store import seating, vouch, wilayah
from kamar_store.site import Site
from kamar_store.tables import member
from tests.bench.measure import Cost, Meter
from tests.bench.plain import Plain, make_token, plain
from tests.bench.report import Result
from tests.servers.branch import Branch, branch
from tests.servers.postgres import postgres

WARM = 10
LONE = 12
BURST = 200
AT_ONCE = 8
VILLAGE = "32.16.19.2005"
HOME = f"{VILLAGE}/RW005/RT003"
CURVE = (1_000, 10_000, 50_000)
CURVE_GOAL = 1.2
CURVE_COLUMNS = (
    ("Synapse's SQL transactions", ""),
    ("Synapse's SQL queries", ""),
    ("CPU of everything", "ms"),
)
SEATS = 5
PASSWORD = "becak-langit-7-sungai"
PATIENCE = 300.0
NOW = datetime.now(UTC)
SAME = {"display_name": "Pengisi", "level": "simpatisan", "admin": False, "demo": False, "data_saving": False}


async def run(options: argparse.Namespace) -> list[Result]:
    """Measure the lone newcomer, the crowd, and the lone newcomer among ever more members."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        root = Path(directory)
        root.chmod(0o755)
        ours_pg = stack.enter_context(postgres(root / "pg-ours"))
        plain_pg = stack.enter_context(postgres(root / "pg-plain"))
        server = stack.enter_context(plain(root / "plain", plain_pg, root / "pg-plain"))
        branched = stack.enter_context(branch(root / "branch", database=ours_pg))
        return await _all(server, Ours(branched, root / "pg-ours"), options.members or CURVE[1])


class Ours:
    """Our side: signs people up and waits until they sit."""

    def __init__(self, branched: Branch, cluster: Path) -> None:
        assert branched.serve is not None
        pids = tuple(process.pid for process in branched.homeserver.running.values())
        self.meter = Meter(branched.homeserver.metrics_url, pids, cluster, (branched.serve.pid,))
        self.site: Site = branched.site()
        self.code = branched.local_code(VILLAGE)
        self.portal = httpx.AsyncClient(base_url=branched.portal_url, trust_env=False, timeout=120)
        self.order = 0

    async def newcomer(self, rooms: int = SEATS) -> None:
        """Sign one newcomer up, and return when Matrix has him in all his rooms."""
        self.order += 1
        body: dict[str, Any] = {"code": self.code, "village": VILLAGE, "rw": 5, "rt": 3, "adult": True}
        body |= {"consent": ["account", "messages"], "display_name": f"Warga {self.order}", "password": PASSWORD}
        answer = await self.portal.post("/api/v1/join", json=body)
        answer.raise_for_status()
        user = UserId(answer.json()["user_id"])
        async with self.site.store.write() as db:  # a coordinator who stands beside him
            who = await members.by_user(db, user)
            assert who is not None
            await vouch.confirm(db, who.id, datetime.now(UTC))
        await self._seated(user, rooms)

    async def _seated(self, user: UserId, rooms: int) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            async with self.site.store.read() as db:
                who = await members.by_user(db, user)
                assert who is not None
                seats = await seating.seats_of(db, who.id)
            if sum(state == "seated" for _room, state in seats) >= rooms:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{user} never sat")

    async def grow(self, total: int) -> None:
        """Fill the registry up to ``total`` members, spread over the villages of the regency."""
        async with self.site.store.write() as db:
            villages = [
                village.path
                for district in await wilayah.children(db, "32.16")
                for village in await wilayah.children(db, district.path)
            ]
            rows = [
                {"user_id": f"@filler{number}:x", "home": villages[number % len(villages)], **SAME, "joined_at": NOW}
                for number in range(await _count(db), total)
            ]
            await db.execute(insert(member), rows)
        async with self.site.store.write() as db:
            await db.execute(text("ANALYZE member"))  # as PostgreSQL's autovacuum does by itself


async def _count(db: Any) -> int:
    return int((await db.execute(select(func.count()).select_from(member))).scalar_one())


class Theirs:
    """The other side: an ordinary client registers with a token and joins the same five rooms."""

    def __init__(self, server: Plain) -> None:
        self.server = server
        self.rooms: list[str] = []
        self.order = 0

    async def make_rooms(self) -> None:
        """Make five public rooms."""
        for _ in range(SEATS):
            body = {"preset": "public_chat", "name": "Kamar"}
            made = await self.server.call("POST", "/_matrix/client/v3/createRoom", self.server.admin, body)
            self.rooms.append(made["room_id"])

    async def newcomer(self) -> None:
        """Register and join, one request after the other."""
        self.order += 1
        token = await self.server.register(f"warga{self.order}", PASSWORD)
        for room in self.rooms:
            await self.server.join(room, token)


async def _all(server: Plain, ours: Ours, grown: int) -> list[Result]:
    await make_token(server)
    theirs = Theirs(server)
    await theirs.make_rooms()
    for _ in range(WARM):
        await ours.newcomer(rooms=1)
        await theirs.newcomer()
    await asyncio.sleep(5)  # the last ones move into the rooms that they opened
    lone, plain_lone = await _lone(ours, theirs)
    results = _rows("lone", lone, plain_lone, cpu_goal=0.75, sql_goal=0.85)
    crowd, plain_crowd = Cost(), Cost()
    async with ours.meter.around(crowd, BURST):
        await _crowd(ours.newcomer)
    async with server.meter.around(plain_crowd, BURST):
        await _crowd(theirs.newcomer)
    results += _rows(f"burst of {BURST}", crowd, plain_crowd, cpu_goal=0.65, sql_goal=None)
    results += await _curve(ours, [size for size in CURVE if size <= grown])
    await ours.portal.aclose()
    await ours.site.store.close()
    return results


async def _lone(ours: Ours, theirs: Theirs) -> tuple[Cost, Cost]:
    mine, other = Cost(), Cost()
    for _ in range(LONE):
        async with ours.meter.around(mine):
            await ours.newcomer()
        async with theirs.server.meter.around(other):
            await theirs.newcomer()
    return mine, other


async def _crowd(newcomer: Any) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await newcomer()

    await asyncio.gather(*(one() for _ in range(BURST)))


async def _curve(ours: Ours, sizes: list[int]) -> list[Result]:
    """Measure lone newcomers among ever more members; the registry's work is part of the CPU."""
    found: list[Result] = []
    first: tuple[float, ...] = ()
    for size in sizes:
        await ours.grow(size)
        cost = Cost()
        for _ in range(LONE):
            async with ours.meter.around(cost):
                await ours.newcomer()
        values = (
            cost.each(cost.transactions),
            cost.each(cost.queries),
            cost.each(cost.cpu + cost.serve) * 1000,
        )
        first = first or values
        for (what, unit), value, base in zip(CURVE_COLUMNS, values, first, strict=True):
            found.append(_curve_row(f"{what} among {size:,} members", unit, value, None if size == sizes[0] else base))
    return found


def _curve_row(name: str, unit: str, value: float, base: float | None) -> Result:
    if base is None:
        return Result(f"onboarding: {name}", value, unit, base)
    return Result(f"onboarding: {name}", value, unit, base, f"<= {CURVE_GOAL} x", value / base <= CURVE_GOAL)


def _rows(name: str, ours: Cost, plain_cost: Cost, cpu_goal: float, sql_goal: float | None) -> list[Result]:
    def row(what: str, unit: str, value: float, base: float, goal: float | None) -> Result:
        reached = None if goal is None else value / base <= goal
        return Result(f"onboarding: {name}, {what}", value, unit, base, "" if goal is None else f"<= {goal} x", reached)

    ms = 1000
    whole = ours.each(ours.cpu + ours.serve) * ms
    base = plain_cost.each(plain_cost.cpu) * ms
    return [
        row("SQL transactions", "", ours.each(ours.transactions), plain_cost.each(plain_cost.transactions), sql_goal),
        row("SQL queries", "", ours.each(ours.queries), plain_cost.each(plain_cost.queries), None),
        row("CPU of Synapse and PostgreSQL", "ms", ours.each(ours.cpu) * ms, base, cpu_goal),
        row("CPU with kamar serve", "ms", whole, base, None),
    ]
