"""``wilayah``: bring the territory in, search it with typing mistakes, declare a million RT; against createRoom.

``python -m tests.bench.wilayah URL FILE`` is the import alone, in a process of its own whose memory can be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kamar.wilayah import rt_path, rw_path
from kamar_provisioning.wilayah import OFFICIAL, import_official
from kamar_store import wilayah
from kamar_store.migrate import migrate
from kamar_store.store import Store, connect
from kamar_store.wilayah_search import search
from tests.bench.measure import Cost
from tests.bench.plain import Plain, make_token, plain
from tests.bench.report import Result
from tests.servers.postgres import create_database, postgres
from tests.servers.registry import SQLITE

SEED = 2138
QUERIES = 400
DECLARED = 1_000_000
RT_OF_RW = 9
RW_OF_VILLAGE = 2
BATCH = 2_000  # villages in one transaction
ROOMS = 20
LETTERS = "abcdefghijklmnopqrstuvwxyz"

IMPORT_SECONDS, IMPORT_MB, SEARCH_MS, SHARE = 15, 250, 60, 1 / 100


async def run(options: argparse.Namespace) -> list[Result]:
    """Measure SQLite and PostgreSQL, then plain Synapse's createRoom."""
    del options
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        root = Path(directory)
        cluster = stack.enter_context(postgres(root / "pg"))
        for name, url in (("sqlite", SQLITE), ("postgresql", create_database(cluster, "registry"))):
            results += await _import(name, url, root / "kamar.db")
            store = connect(url, root / "kamar.db")
            results += await _again(name, store)
            results += await _search(name, store)
            if url == SQLITE:
                declared = await _declare(store)
            await store.close()
        server = stack.enter_context(plain(root / "plain", cluster, root / "pg"))
        results += await _against_rooms(declared, server)
    return results


async def _import(name: str, url: str, file: Path) -> list[Result]:
    argv = (sys.executable, "-m", "tests.bench.wilayah", url, str(file))
    child = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    measured = json.loads(output)
    seconds, memory = measured["seconds"], measured["rss_mb"]
    return [
        Result(f"wilayah import, {name}", seconds, "s", None, f"<= {IMPORT_SECONDS} s", seconds <= IMPORT_SECONDS),
        Result(f"wilayah import memory, {name}", memory, "MB", None, f"< {IMPORT_MB} MB", memory < IMPORT_MB),
    ]


async def _again(name: str, store: Store) -> list[Result]:
    began = time.perf_counter()
    new = await import_official(store, lambda done, total: None)
    seconds = time.perf_counter() - began
    async with store.read() as db:
        kept = new == 0 and await wilayah.count_official(db) == OFFICIAL
    return [Result(f"wilayah import again, {name}", seconds * 1000, "ms", None, "changes nothing", kept)]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody types, and the village meant."""

    typed: str
    path: str


async def _search(name: str, store: Store) -> list[Result]:
    questions = await _questions(store)
    times: list[float] = []
    first = among = 0
    cpu = time.process_time()
    for question in questions:
        began = time.perf_counter()
        async with store.read() as db:
            found = [place.path for place in (await search(db, question.typed)).places]
        times.append((time.perf_counter() - began) * 1000)
        first += found[:1] == [question.path]
        among += question.path in found
    each = (time.process_time() - cpu) * 1000 / len(questions)
    times.sort()
    p95 = times[int(len(times) * 0.95)]
    return [
        Result(f"wilayah search p50, {name}", times[len(times) // 2], "ms"),
        Result(f"wilayah search p95, {name}", p95, "ms", None, f"<= {SEARCH_MS} ms", p95 <= SEARCH_MS),
        Result(f"wilayah search CPU of our process, mean, {name}", each, "ms"),
        Result(f"wilayah search: village meant comes first, {name}", 100 * first / len(questions), "%"),
        Result(f"wilayah search: village meant among ten, {name}", 100 * among / len(questions), "%"),
    ]


async def _questions(store: Store) -> list[Question]:
    """Return searches for villages drawn by lot: one part clean, three with a mistake, one out of an address."""
    chance = random.Random(SEED)
    asked: list[Question] = []
    for place in chance.sample(await _villages(store), QUERIES):
        village, kecamatan, kota = (part.partition(" ")[2] for part in place.full_name.split(", ")[:3])
        village = place.name
        asked.append(
            Question(
                chance.choice(
                    [
                        f"{village} {kecamatan}",
                        f"{_mistyped(village, chance)} {kecamatan}",
                        f"{_mistyped(village, chance)} {kecamatan} {kota}".lower(),
                        f"{kota} {village} {_mistyped(kecamatan, chance)}",
                        f"jl melati {chance.randint(1, 99)} rt 3/5 {_mistyped(village, chance)} {kecamatan} {kota}",
                    ]
                ),
                place.path,
            )
        )
    return asked


def _mistyped(name: str, chance: random.Random) -> str:
    """Leave a letter out, double or exchange one, or swap two."""
    at = chance.randrange(1, max(2, len(name) - 1))
    return chance.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + name[at : at + 1] * 2 + name[at + 1 :],
            name[:at] + chance.choice(LETTERS) + name[at + 1 :],
            name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        ]
    )


async def _villages(store: Store) -> list[wilayah.Node]:
    async with store.read() as db:
        found = await wilayah.children(db, "ID")
        for _level in range(3):
            found = [child for place in found for child in await wilayah.children(db, place.path)]
    return [place for place in found if place.full_name.count(", ") == 3]


async def _declare(store: Store) -> Cost:
    """Declare a million RT, with the RW around them, without a room; return what one costs."""
    villages = [place.path for place in await _villages(store)]
    villages = villages[: DECLARED // (RT_OF_RW * RW_OF_VILLAGE) + 1]
    cost = Cost(times=DECLARED)
    began, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(villages), BATCH):
        async with store.write() as db:
            await wilayah.declare_many(db, _own_paths(villages[start : start + BATCH]))
    cost.serve = time.process_time() - cpu
    cost.wall.append(time.perf_counter() - began)
    return cost


def _own_paths(villages: Sequence[str]) -> Iterator[str]:
    for village in villages:
        for number in range(1, RW_OF_VILLAGE + 1):
            rw = rw_path(village, number)
            yield rw
            yield from (rt_path(rw, each) for each in range(1, RT_OF_RW + 1))


async def _against_rooms(declared: Cost, server: Plain) -> list[Result]:
    await make_token(server)
    rooms = Cost()
    await server.call("POST", "/_matrix/client/v3/createRoom", server.admin, {"name": "warm"})
    async with server.meter.around(rooms, ROOMS):
        began = time.perf_counter()
        for number in range(ROOMS):
            body = {"name": f"Kamar RT {number:03d}", "preset": "private_chat"}
            await server.call("POST", "/_matrix/client/v3/createRoom", server.admin, body)
        rooms.wall.append(time.perf_counter() - began)
    results = []
    for what, ours, theirs in (
        ("CPU", declared.each(declared.serve), rooms.each(rooms.cpu)),
        ("time", declared.each(declared.wall[0]), rooms.each(rooms.wall[0])),
    ):
        reached = ours <= theirs * SHARE
        goal = "<= 1/100 of createRoom"
        results.append(Result(f"wilayah declare one RT, {what}", ours * 1000, "ms", theirs * 1000, goal, reached))
    return results


async def _import_alone(url: str, file: Path) -> None:
    store = connect(url, file)
    await migrate(store)
    began = time.perf_counter()
    await import_official(store, lambda done, total: None)
    seconds = time.perf_counter() - began
    await store.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"seconds": seconds, "rss_mb": memory}))


if __name__ == "__main__":
    asyncio.run(_import_alone(sys.argv[1], Path(sys.argv[2])))
