"""``modules``: what our modules cost an ordinary createRoom, join and send: the same Synapse with and without them."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from kamar.ids import RoomId
from kamar.peace_message import Flood, RoomRules, rules_to_json
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from tests.bench.measure import Cost, Meter
from tests.bench.plain import Plain, make_user
from tests.bench.report import Result
from tests.servers.postgres import postgres
from tests.servers.synapse import synapse

ROUNDS = 40
WARM = 5
SHARED_SECRET = "shared"
SQL_GOAL, CPU_GOAL = 1.10, 1.15
CHATTY = rules_to_json(RoomRules(flood=Flood(100_000, 1)))
FAST = {"per_second": 100_000, "burst_count": 100_000}


async def run(options: argparse.Namespace) -> list[Result]:
    """Do each operation on both, in turn."""
    del options
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        root = Path(directory)
        root.chmod(0o755)
        with_them = stack.enter_context(_server(root, "with", keep=True))
        without = stack.enter_context(_server(root, "without", keep=False))
        return await _compare(with_them, without)


@contextmanager
def _server(root: Path, name: str, *, keep: bool) -> Iterator[tuple[Plain, str]]:
    """Run Synapse as we ship it, with or without its modules; limits are off, or they would be what is measured.

    The token is ``@kamar``'s, empty where the modules are not.
    """
    with postgres(root / f"pg-{name}") as url, synapse(root / name, database=url) as server:
        config = server.state.synapse / "homeserver.yaml"
        values = yaml.safe_load(config.read_text())
        values |= {"registration_shared_secret": SHARED_SECRET, "rc_message": FAST, "rc_room_creation": FAST}
        values |= {"rc_joins": {"local": FAST, "remote": FAST}, "rc_joins_per_room": FAST}
        if not keep:
            del values["modules"]
        config.write_text(yaml.safe_dump(values))
        server.stop()
        server.start()
        pids = tuple(process.pid for process in server.running.values())
        yield Plain(server.url, Meter(server.metrics_url, pids, root / f"pg-{name}")), server.as_token if keep else ""


class Side:
    """One Synapse with two people on it."""

    def __init__(self, server: Plain, token: str) -> None:
        self.server = server
        self.token = token
        self.owner = self.guest = ""
        self.rooms: list[str] = []
        self.order = 0

    async def prepare(self) -> None:
        """Make the two."""
        self.owner = await make_user(self.server, "owner")
        self.guest = await make_user(self.server, "guest")

    async def create(self) -> None:
        """Make a room anybody may join."""
        body = {"preset": "public_chat", "name": "Kamar", "topic": "Obrolan"}
        made = await self.server.call("POST", "/_matrix/client/v3/createRoom", self.owner, body)
        self.rooms.append(made["room_id"])

    async def join(self) -> None:
        """Join the next room that was made."""
        await self.server.join(self.rooms[self.order], self.guest)
        self.order += 1

    async def allow_talk(self) -> None:
        """Lift the flood limit of the room that is talked in; everything else is judged as always."""
        if self.token:
            async with Homeserver(self.server.url) as pool:
                await KamarModule(pool, self.token).set_rules(RoomId(self.rooms[0]), CHATTY)

    async def send(self) -> None:
        """Say a word in the first room."""
        self.order += 1
        path = f"/_matrix/client/v3/rooms/{self.rooms[0]}/send/m.room.message/t{self.order}"
        await self.server.call("PUT", path, self.owner, {"msgtype": "m.text", "body": "Halo tetangga"})


async def _compare(with_them: tuple[Plain, str], without: tuple[Plain, str]) -> list[Result]:
    mine, other = Side(*with_them), Side(*without)
    await mine.prepare()
    await other.prepare()
    results: list[Result] = []
    for name in ("create", "join", "send"):
        if name == "send":
            await mine.allow_talk()
        costs = Cost(), Cost()
        for number in range(WARM + ROUNDS):
            for side, cost in zip((mine, other), costs, strict=True):
                await _once(side.server.meter, getattr(side, name), cost if number >= WARM else Cost())
        results += _rows(name, *costs)
    return results


async def _once(meter: Meter, work: Callable[[], Awaitable[Any]], cost: Cost) -> None:
    async with meter.around(cost):
        await work()


def _rows(name: str, mine: Cost, other: Cost) -> list[Result]:
    found = []
    for what, unit, value, base, goal in (
        ("SQL transactions", "", mine.each(mine.transactions), other.each(other.transactions), SQL_GOAL),
        ("CPU of Synapse and PostgreSQL", "ms", mine.each(mine.cpu) * 1000, other.each(other.cpu) * 1000, CPU_GOAL),
    ):
        found.append(Result(f"modules: {name}, {what}", value, unit, base, f"<= {goal} x", value / base <= goal))
    return found
