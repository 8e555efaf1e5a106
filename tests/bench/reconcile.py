"""``reconcile``: what a change at n of N nodes costs, a second look, the plan of a province, and how soon it is felt.

The N are rows of the registry (rooms, mandates, seats); the touched ones are real rooms of a real Synapse.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from sqlalchemy import event, insert, select, update

from kamar.account import new_localpart
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.reconcile import Found, Here, plan, want
from kamar.structure import RoomKind, RoomState
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from kamar_store import member as members
from kamar_store import reconcile as changed
from kamar_store import reconcile_registry as registry
from kamar_store.store import Store
from kamar_store.tables import mandate, member, node, room, seat
from tests.bench.measure import Cost, Meter
from tests.bench.report import Result
from tests.servers.branch import Branch, branch
from tests.servers.postgres import postgres

SIZES = (1_000, 10_000, 100_000)
TOUCHED = 8  # nodes of one change
FIRST = 1_000_000  # number of the rows that are filled in
ROUNDS = 3  # of each size
PROVINCE = 8_000  # nodes
FELT = 20  # appointments timed
OFFICES = ("ketua", "sekretaris", "bendahara")
RATIO_GOAL, PLAN_GOAL, FELT_GOAL = 1.3, 10.0, 60.0
PLACE = "32.16"  # the kabupaten whose kecamatan are touched


@dataclass
class Counted:
    """One size: registry statements, requests, and the homeserver's cost."""

    size: int
    sql: int = 0
    requests: int = 0
    again: int = 0  # requests of a second look that change something
    cpu: float = 0.0  # of this process, which carries the jobs out
    synapse: Cost = field(default_factory=Cost)


async def run(options: argparse.Namespace) -> list[Result]:
    """Grow one registry from size to size; touch the same nodes each time."""
    sizes = (options.members,) if options.members else SIZES
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        root = Path(directory)
        root.chmod(0o755)
        url = stack.enter_context(postgres(root / "pg"))
        server = stack.enter_context(branch(root / "branch", database=url, serve=False))
        site = server.site()
        pids = tuple(process.pid for process in server.homeserver.running.values())
        meter = Meter(server.homeserver.metrics_url, pids, root / "pg")
        async with Homeserver(site.settings.synapse_url) as homeserver:
            token = server.homeserver.as_token
            desk = Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
            nodes = await _places(site.store)
            people = [await _newcomer(desk, nodes[0]) for _ in range(TOUCHED)]
            await _touch(desk, people, nodes, "bendahara")  # opens the rooms
            found = [await _size(desk, meter, size, people, nodes) for size in sizes]
            seconds = await _province(desk)
            felt = await _felt(server, desk, people, nodes)
        await site.store.close()
        return _results(found, seconds, felt)


async def _size(desk: Desk, meter: Meter, size: int, people: list[MemberId], nodes: list[NodePath]) -> Counted:
    await _fill(desk.site.store, size)
    counted = Counted(size)
    await _touch(desk, people, nodes, "ketua")  # warms the caches
    await _dismiss(desk, nodes)
    for order in range(ROUNDS):
        with _statements(desk.site.store) as sql, _requests(desk) as calls:
            began = time.process_time()
            async with meter.around(counted.synapse):
                await _touch(desk, people, nodes, OFFICES[order % 2])
            counted.cpu += time.process_time() - began
            counted.sql += len(sql)
            counted.requests += len(calls)
        with _requests(desk) as calls:
            async with desk.site.store.write() as db:
                await changed.mark(db, nodes, datetime.now(UTC))
            await drain(desk)
            counted.again += sum(not path.endswith("/have") for _method, path in calls)
        await _dismiss(desk, nodes)
    print(
        f"N {size:>7,}: {counted.sql / ROUNDS / TOUCHED:.1f} statements, {counted.requests / ROUNDS / TOUCHED:.1f}"
        f" requests, {counted.cpu * 1000 / ROUNDS / TOUCHED:.1f} ms a node; a second look changes {counted.again}",
        flush=True,
    )
    return counted


async def _touch(desk: Desk, people: list[MemberId], nodes: list[NodePath], office: str) -> None:
    now = datetime.now(UTC)
    async with desk.site.store.write() as db:
        for who, path in zip(people, nodes, strict=True):
            await appoint(db, who, path, office, "SK", now)
    await drain(desk)


async def _dismiss(desk: Desk, nodes: list[NodePath]) -> None:
    now = datetime.now(UTC)
    async with desk.site.store.write() as db:
        held = (mandate.c.node.in_(nodes), mandate.c.office != "bendahara", mandate.c.revoked_at.is_(None))
        await db.execute(update(mandate).where(*held).values(revoked_at=now))
        await changed.mark(db, nodes, now)
    await drain(desk)


async def _places(store: Store) -> list[NodePath]:
    async with store.read() as db:
        found = await db.execute(select(node.c.path).where(node.c.parent == PLACE).order_by(node.c.path).limit(TOUCHED))
        return [NodePath(path) for (path,) in found]


async def _newcomer(desk: Desk, home: NodePath) -> MemberId:
    localpart = new_localpart(SystemRandom())
    session = await desk.module.register(localpart, None, "Warga", f"key-{localpart}")
    async with desk.site.store.write() as db:
        now = datetime.now(UTC)
        return await members.create(db, session.user_id, "Warga", home, None, None, now, vouched=True)


async def _fill(store: Store, size: int) -> None:
    """Let the registry hold ``size`` rooms with a seat and a mandate each, in villages far from the touched nodes."""
    now = datetime.now(UTC)
    async with store.write() as db:
        last = int((await db.execute(select(room.c.id).order_by(room.c.id.desc()).limit(1))).scalar_one())
        have = max(0, last - FIRST)
        found = await db.execute(
            select(node.c.path)
            .where(node.c.level == "kelurahan", ~node.c.path.like(f"{PLACE}.%"))
            .order_by(node.c.path.desc())
        )
        villages = [path for (path,) in found]
        who = (await db.execute(select(member.c.id).limit(1))).scalar_one()
        wanted = range(have + 1, size + 1)
        rooms = [
            {
                "id": number + FIRST,
                "key": f"bench{number}",
                "node": villages[number % len(villages)],
                "kind": RoomKind.OBROLAN,
                "number": 1 + number // len(villages),
                "room_id": f"!bench{number}",
                "state": RoomState.OPEN,
                "created_at": now,
            }
            for number in wanted
        ]
        for start in range(0, len(rooms), 5_000):
            part = rooms[start : start + 5_000]
            await db.execute(insert(room), part)
            await db.execute(
                insert(seat), [{"member": who, "room": each["id"], "state": "seated", "at": now} for each in part]
            )
            held = {"member": who, "office": "koordinator", "decree": "", "starts_at": now}
            await db.execute(insert(mandate), [{**held, "node": each["node"]} for each in part])


async def _province(desk: Desk) -> float:
    """Return the seconds to read what the registry wants of ``PROVINCE`` rooms, and to plan them all from nothing."""
    settings = desk.site.settings
    here = Here(UserId(settings.bot), settings.server.name, 50, desk.site.organisation)
    after, planned, began = FIRST, 0, time.perf_counter()
    async with desk.site.store.read() as db:
        while planned < PROVINCE:
            rooms = await registry.rooms_after(db, after, 100)
            if not rooms:
                break
            after = rooms[-1].id
            found = await registry.read(db, desk.site.organisation, rooms, datetime.now(UTC))
            wanted = want(found.rooms, found.holders, found.places, found.open_rooms, here)
            actions = plan(wanted, {each.room: Found(held=True) for each in found.rooms})
            assert len(actions) > len(rooms)
            planned += len(rooms)
    took = time.perf_counter() - began
    print(f"plan of {planned:,} rooms: {took:.2f} s", flush=True)
    return took * PROVINCE / max(1, planned)


async def _felt(server: Branch, desk: Desk, people: list[MemberId], nodes: list[NodePath]) -> list[float]:
    """Return the seconds from each appointment until its power stands in Matrix, with a running server's jobs."""
    async with desk.site.store.read() as db:
        found = await db.execute(select(room.c.node, room.c.room_id).where(room.c.kind == RoomKind.PENGURUS))
        rooms = {NodePath(path): RoomId(room_id) for path, room_id in found if room_id}
        users = dict((await db.execute(select(member.c.id, member.c.user_id))).all())
    argv = (sys.executable, "-m", "kamar_provisioning.command", "serve", "--only", "jobs")
    process = await asyncio.create_subprocess_exec(
        *argv, "--state", str(server.homeserver.state.root), env={**os.environ}
    )
    took = []
    try:
        for order in range(FELT + 1):
            who, path = people[order % TOUCHED], nodes[order % TOUCHED]
            began = time.perf_counter()
            async with desk.site.store.write() as db:
                await appoint(db, who, path, "sekretaris" if order % 2 else "ketua", "SK", datetime.now(UTC))
            while (await _power(desk, rooms[path])).get(users[who], 0) < (50 if order % 2 else 100):
                await asyncio.sleep(0.05)
            took.append(time.perf_counter() - began)
            now = datetime.now(UTC)
            async with desk.site.store.write() as db:
                await db.execute(update(mandate).where(mandate.c.node == path).values(revoked_at=now))
                await changed.mark(db, [path], now)
            while (await _power(desk, rooms[path])).get(users[who], 0) > 0:
                await asyncio.sleep(0.05)
    finally:
        process.terminate()
        await process.wait()
    return sorted(took[1:])  # the first waits for the jobs to start


async def _power(desk: Desk, room_id: RoomId) -> dict[str, int]:
    levels: dict[str, int] = (await desk.matrix.get_state(room_id, "m.room.power_levels")).get("users", {})
    return levels


class _statements:  # noqa: N801 - used as a verb
    """Counts what the registry is asked."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine.sync_engine
        self._seen: list[str] = []

    def _note(self, *arguments: Any) -> None:
        self._seen.append(str(arguments[2])[:40])

    def __enter__(self) -> list[str]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self._seen

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)


class _requests:  # noqa: N801 - used as a verb
    """Counts what the homeserver is asked."""

    def __init__(self, desk: Desk) -> None:
        self._homeserver = desk.matrix.homeserver
        self._seen: list[tuple[str, str]] = []

    def __enter__(self) -> list[tuple[str, str]]:
        request = self._homeserver.request

        async def noted(method: str, path: str, **more: Any) -> dict[str, Any]:
            self._seen.append((method, path))
            return await request(method, path, **more)

        self._homeserver.request = noted  # type: ignore[method-assign]
        return self._seen

    def __exit__(self, *_: object) -> None:
        del self._homeserver.request


def _results(found: list[Counted], seconds: float, felt: list[float]) -> list[Result]:
    results: list[Result] = []
    first = found[0]
    each = ROUNDS * TOUCHED
    for item in found:
        name = f"reconcile: N {item.size:,}, a node"
        for what, unit, value, base in (
            ("statements to the registry", "", item.sql / each, first.sql / each),
            ("requests to Synapse", "", item.requests / each, first.requests / each),
            ("SQL of Synapse", "", item.synapse.queries / each, first.synapse.queries / each),
            ("CPU of the job", "ms", item.cpu * 1000 / each, first.cpu * 1000 / each),
            ("CPU of Synapse and PostgreSQL", "ms", item.synapse.cpu * 1000 / each, first.synapse.cpu * 1000 / each),
        ):
            last = item is found[-1] and item is not first
            goal = f"<= {RATIO_GOAL} x" if last else ""
            results.append(
                Result(f"{name}, {what}", value, unit, base, goal, value / base <= RATIO_GOAL if last else None)
            )
        results.append(
            Result(f"{name}, a second look changes", float(item.again), "requests", None, "0", item.again == 0)
        )
    results.append(
        Result(
            f"reconcile: plan of {PROVINCE:,} nodes", seconds, "s", None, f"<= {PLAN_GOAL:.0f}", seconds <= PLAN_GOAL
        )
    )
    if felt:
        p95 = felt[min(len(felt) - 1, int(len(felt) * 0.95))]
        results.append(Result("reconcile: appointed, felt in Matrix, p50", felt[len(felt) // 2], "s"))
        results.append(
            Result("reconcile: appointed, felt in Matrix, p95", p95, "s", None, f"<= {FELT_GOAL:.0f}", p95 <= FELT_GOAL)
        )
    return results
