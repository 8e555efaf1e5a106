"""Two villages that are restructured at random, and what registry and Synapse must say of them afterwards."""

from __future__ import annotations

import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from kamar.account import new_localpart
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.membership import SeatState
from kamar.node import chain_of
from kamar.restructure import PlanError, PlanState, child, last_part
from kamar.structure import OpenRules, RoomKind, RoomState, placement
from kamar.wilayah import Level, parse
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import node, outbox, restructure, seating, wilayah
from kamar_store.site import Site
from kamar_store.store import Db
from kamar_store.tables import member, plan, room, seat
from tests.servers.branch import Branch

KECAMATAN = NodePath("32.16.19")
VILLAGES = (f"{KECAMATAN}.2005", f"{KECAMATAN}.2006")
FRESH_CODES = tuple(f"{KECAMATAN}.{number}" for number in range(2090, 2096))
HOUSES = ("RW001/RT001", "RW001/RT002", "RW002/RT001")
NUMBERS = range(1, 6)
PATIENCE = 300.0
RULES = OpenRules(1, 1, 1, 1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Town:
    """The villages, the server they are on, and the process that is killed again and again."""

    server: Branch
    site: Site
    dice: random.Random
    rate: float = 0.0
    people: dict[str, MemberId] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    closed: set[UserId] = field(default_factory=set)  # accounts that an administrator of Synapse closed
    deaths: int = 0
    jobs: subprocess.Popen[bytes] | None = None

    async def settle(self, each: int = 2) -> None:
        """Let people live in every house, seated by the jobs."""
        async with Homeserver(self.server.homeserver.url) as homeserver:
            module = KamarModule(homeserver, self.server.homeserver.as_token)
            for village in VILLAGES:
                for house in HOUSES:
                    for _ in range(each):
                        await self._move_in(module, NodePath(f"{village}/{house}"))

    async def _move_in(self, module: KamarModule, home: NodePath) -> None:
        name = new_localpart(self.dice)  # type: ignore[arg-type]  # seeded, so that a run can be repeated
        session = await module.register(name, None, f"Warga {name}", secrets.token_hex(8))
        async with self.site.store.write() as db:
            await wilayah.declare(db, home)
            number = await members.create(db, session.user_id, f"Warga {name}", home, None, None, now(), vouched=True)
            key, lane = f"seat:{number}:town", f"member:{number}"
            await outbox.put(db, "seat", key, {"member": number}, now(), lane=lane)
        self.people[name] = number
        self.tokens[name] = session.access_token

    def start_jobs(self) -> None:
        """Start the process that may die at any request."""
        argv = (sys.executable, "-m", "tests.servers.dying", str(self.dice.randrange(10**9)), str(self.rate))
        with self.server.log.open("ab") as log:
            self.jobs = subprocess.Popen((*argv, str(self.server.homeserver.state.root)), stdout=log, stderr=log)

    def stop_jobs(self) -> None:
        """End it in good order."""
        if self.jobs is not None:
            self.jobs.terminate()
            self.jobs.wait()
            self.jobs = None

    def raise_the_dead(self) -> None:
        """Start the process again if it died."""
        if self.jobs is None or self.jobs.poll() is not None:
            self.deaths += self.jobs is not None
            self.start_jobs()

    async def until_over(self, number: int) -> PlanState:
        """Wait until the steps of a plan are carried out or undone."""
        import asyncio

        deadline = time.monotonic() + PATIENCE
        while True:
            async with self.site.store.read() as db:
                state = PlanState(await db.scalar(select(plan.c.state).where(plan.c.id == number)))
            if state in (PlanState.APPLIED, PlanState.UNDONE):
                return state
            assert time.monotonic() < deadline, f"plan {number} is {state}"
            self.raise_the_dead()
            await asyncio.sleep(0.05)

    async def until_idle(self) -> None:
        """Wait until every effect is carried out; a parked one is a failure."""
        import asyncio

        deadline = time.monotonic() + PATIENCE
        while True:
            async with self.site.store.read() as db:
                waiting = await outbox.waiting(db)
            assert waiting["parked"] == 0, await self.errors()
            if waiting["ready"] == 0:
                return
            assert time.monotonic() < deadline, (waiting, await self.errors())
            self.raise_the_dead()
            await asyncio.sleep(0.1)

    async def errors(self) -> list[tuple[Any, ...]]:
        """Return what is wrong with rows of the outbox that are not done."""
        from kamar_store.tables import outbox as rows

        async with self.site.store.read() as db:
            asked = select(rows.c.kind, rows.c.key, rows.c.state, rows.c.attempts, rows.c.error, rows.c.payload)
            return [tuple(row) for row in await db.execute(asked.where(rows.c.state != "done").limit(20))]

    async def restructure(self, text: str) -> int:
        """Propose, approve and order a plan; return its number.

        Raises:
            KamarError: it can't be done.
        """
        organisation = self.site.organisation
        async with self.site.store.write() as db:
            number = await restructure.propose(db, organisation, RULES, None, text, now())
            kept = await restructure.get(db, number)
            await restructure.approve(db, organisation, RULES, None, number, kept.hash, now(), alone=True)
            await restructure.begin(db, organisation, RULES, None, number, now())
        return number

    async def at_random(self) -> str:
        """Restructure something; return what was done, or undone."""
        while True:
            async with self.site.store.read() as db:
                text = await self._any_plan(db)
                last = (await restructure.latest(db, PlanState.APPLIED))[:1]
            try:
                if last and self.dice.random() < 0.15:
                    async with self.site.store.write() as db:
                        await restructure.undo(db, self.site.organisation, None, last[0].id, now())
                    await self.until_over(last[0].id)
                    return f"batal {last[0].text}"
                if text:
                    await self.until_over(await self.restructure(text))
                    return text
            except (PlanError, KamarError):
                continue

    async def _any_plan(self, db: Db) -> str:
        villages = [each.path for each in await node.children(db, KECAMATAN) if each.path in {*VILLAGES, *FRESH_CODES}]
        village = self.dice.choice(villages)
        units = [each.path for each in await node.subtree(db, village)][1:]
        rw = [path for path in units if parse(path).level is Level.RW]
        rt = [path for path in units if parse(path).level is Level.RT]
        free_rw = child(village, f"RW{self.dice.choice(NUMBERS):03d}")
        free_rt = f"RT{self.dice.choice(NUMBERS):03d}"
        any_rw = self.dice.choice(rw or [village])
        any_rt = self.dice.choice(rt or [village])
        other = await node.children(db, self.dice.choice(villages))
        any_other = self.dice.choice([each.path for each in other] or [village])
        user = self.dice.choice(sorted(self.people))
        children = [last_part(each.path) for each in await node.children(db, any_rw)]
        return self.dice.choice(
            [
                f"pindah {any_rt} -> {any_other}/{free_rt}",
                f"gabung {any_rt} -> {self.dice.choice(rt or [village])}",
                f"gabung {any_rw} -> {any_other}",
                f"pecah {any_rw} -> {free_rw} : {self.dice.choice(children or ['RT001'])}",
                f"tutup {any_rt}",
                f"buat {any_rw}/{free_rt}",
                f"buat {free_rw}",
                f"nama {village} Desa {self.dice.choice(['Mawar', 'Melati', 'Kenanga', 'Dahlia'])}",
                f"pengurus {self.dice.choice(units or [village])} koordinator {user} SK {now().date()}",
                f"pengurus {self.dice.choice(units or [village])} kosong",
                f"kode {village} -> {self.dice.choice(FRESH_CODES)}",
                f"pindah {any_rw} -> {free_rw}",
            ]
        )

    async def differences(self) -> list[str]:
        """Return whatever differs: seats from the rules, Synapse's memberships and power from the registry."""
        async with self.site.store.read() as db:
            return [*[each async for each in self._wrong_seats(db)], *await self._wrong_rooms(db)]

    async def _wrong_seats(self, db: Db) -> Any:
        """Every member sits where the rules say, by the registry."""
        for name, number in self.people.items():
            who = await members.by_id(db, number)
            assert who is not None, name
            if who.user_id in self.closed:
                continue
            place = parse(who.home)
            nodes = {place.path, *(item.path for item in place.ancestors())}
            opened = {each.key for each in await seating.rooms_at(db, nodes)}
            counts = dict.fromkeys(nodes, 1)
            wanted = set(placement(who.home, counts, opened, RULES).rooms)
            held = {
                found.key: state
                for found, state in await seating.seats_of(db, number)
                if found.key.kind is not RoomKind.PENGURUS
            }
            sits = {key for key, state in held.items() if state in (SeatState.SEATED, SeatState.LEFT)}
            if sits != wanted or set(held) != wanted:
                yield f"{name} of {who.home}: {sorted(map(str, held.items()))} instead of {sorted(map(str, wanted))}"

    async def _wrong_rooms(self, db: Db) -> list[str]:
        """Every open room has the members that sit there and the officers in force; archives have neither power."""
        wrong: list[str] = []
        bot = self.server.settings.bot
        rows = (await db.execute(select(room.c.id, room.c.node, room.c.kind, room.c.room_id, room.c.state))).all()
        for row, path, kind, room_id, state in rows:
            if room_id is None:
                continue
            joined = {user for user in self.joined(room_id) if user != bot}
            power = self.state(room_id, "m.room.power_levels")
            if state == RoomState.SHUT:
                if power["users"] or power["events_default"] < 100:
                    wrong.append(f"archive {path} {kind} {room_id}: {power['users']}")
                continue
            asked = select(member.c.user_id).join(seat, seat.c.member == member.c.id)
            seats = set(await db.scalars(asked.where(seat.c.room == row, seat.c.state == SeatState.SEATED)))
            seats -= self.closed
            if joined != seats:
                wrong.append(f"{path} {kind}: in the room {sorted(joined)}, seated {sorted(seats)}")
            around = [each for each in chain_of(NodePath(path)) if parse(each).village == parse(path).village]
            if parse(path).village is None:
                around = [NodePath(path)]
            officers = await mandates.officers(db, around, now())
            left = set(await db.scalars(asked.where(seat.c.room == row, seat.c.state == SeatState.LEFT)))
            wanted = {holder.user_id for _node, office, holder in officers if office == "koordinator"}
            wanted -= left | self.closed
            if kind != RoomKind.PENGURUS and set(power["users"]) != wanted:
                wrong.append(f"{path} {kind}: power {sorted(power['users'])}, officers {sorted(wanted)}")
            node_state = self.state(room_id, "id.sosialkamar.node")
            if node_state["path"] != path:
                wrong.append(f"{room_id} says {node_state['path']} instead of {path}")
        return wrong

    async def room_of(self, path: str, kind: RoomKind = RoomKind.OBROLAN) -> str:
        """Return the Matrix id of the open room of a node."""
        async with self.site.store.read() as db:
            here = (room.c.node == path, room.c.kind == kind, room.c.state == RoomState.OPEN)
            return str((await db.execute(select(room.c.room_id).where(*here))).scalar_one())

    async def move_home(self, name: str, home: str) -> None:
        """Let a member move, as he does in the portal."""
        number = self.people[name]
        async with self.site.store.write() as db:
            await db.execute(update(member).where(member.c.id == number).values(home=home))
            key, lane = f"seat:{number}:{home}", f"member:{number}"
            await outbox.put(db, "seat", key, {"member": number}, now(), lane=lane)

    async def living(self, path: str) -> list[str]:
        """Return the account names of those who live at exactly a node."""
        async with self.site.store.read() as db:
            numbers = set(await db.scalars(select(member.c.id).where(member.c.home == path)))
        return [name for name, number in self.people.items() if number in numbers]

    def joined(self, room_id: str) -> set[UserId]:
        query = "SELECT user_id FROM local_current_membership WHERE room_id = ? AND membership = 'join'"
        return {UserId(user) for (user,) in self.server.homeserver.sql(query, room_id)}

    def state(self, room_id: str, kind: str) -> dict[str, Any]:
        import json

        query = (
            "SELECT json FROM current_state_events JOIN event_json USING (event_id)"
            " WHERE current_state_events.room_id = ? AND type = ? AND state_key = ''"
        )
        ((text,),) = self.server.homeserver.sql(query, room_id, kind)
        content: dict[str, Any] = json.loads(text)["content"]
        return content


def seeds(count: int, seed: int) -> Iterator[int]:
    dice = random.Random(seed)
    return (dice.randrange(10**9) for _ in range(count))
