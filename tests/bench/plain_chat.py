"""``plain-chat``: the plain page of a kamar with a thousand messages, against the calls of a client that shows it.

Both read the last forty messages, the names, and mark the room as read; the portal's page is HTML in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import aiohttp

from kamar.ids import RoomId
from kamar.peace_message import Flood, RoomRules, rules_to_json
from kamar.settings import Rooms, Server, Settings
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.bench.measure import Cost, Meter
from tests.bench.report import Result
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import PASSWORD, join, truth, until_idle

MESSAGES = 1000
PEOPLE = 20
VIEWS = 120
AT_ONCE = 8  # messages written at once while the room is filled
SETTINGS = Settings(
    server=Server(name="kamar.test"),
    rooms=Rooms(open_at_rt=1, open_at_rw=50, open_at_kelurahan=50, open_at_perintis=50),
)
CHATTY = rules_to_json(RoomRules(flood=Flood(MESSAGES, 1)))  # nobody is held up while the room is filled
REQUESTS = re.compile(r"^synapse_http_server_requests_received(?:_total)?\{[^}]*\} ([0-9.e+]+)", re.MULTILINE)


async def run(options: argparse.Namespace) -> list[Result]:
    """Fill a kamar, then open it both ways in turn."""
    del options
    with tempfile.TemporaryDirectory() as directory, branch(Path(directory) / "b", settings=SETTINGS) as server:
        assert server.serve is not None
        async with Homeserver(server.settings.synapse_url) as pool:
            people, room = await _fill(server, pool)
            return await _compare(server, pool, people[0], room)


async def _compare(server: Branch, pool: Homeserver, account: str, room: RoomId) -> list[Result]:
    assert server.serve is not None
    meter = Meter(server.homeserver.metrics_url, (server.homeserver.running["synapse"].pid,), None, (server.serve.pid,))
    ours, theirs = Cost(), Cost()
    token = (await Matrix(pool).login_password(account, PASSWORD, "plain")).access_token
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        address = await _log_in(client, server, account)
        last = ""

        async def page() -> None:
            async with client.get(address) as answer:
                assert answer.status == 200, answer.status
                text = await answer.text()
                assert text.count("<li id=") == 40

        async def calls() -> None:
            nonlocal last
            path = f"/_matrix/client/v3/rooms/{quote(room, safe='')}"
            found = await pool.request("GET", f"{path}/messages", token=token, params={"dir": "b", "limit": "40"})
            await pool.request("GET", f"{path}/joined_members", token=token)
            newest = str(found["chunk"][0]["event_id"])
            if newest != last:
                await pool.request("POST", f"{path}/read_markers", token=token, body={"m.read": newest})
            last = newest

        for act in (page, calls):  # the first of each warms the caches
            await act()
        before = await _requests(client, server)
        await page()
        asked = await _requests(client, server) - before
        for _ in range(4):
            await _measure(meter, ours, page)
            await _measure(meter, theirs, calls)
    return _results(ours, theirs, asked)


async def _measure(meter: Meter, cost: Cost, act: Callable[[], Awaitable[None]]) -> None:
    async with meter.around(cost, VIEWS // 4):
        for _ in range(VIEWS // 4):
            began = time.perf_counter()
            await act()
            cost.wall.append(time.perf_counter() - began)


def _results(ours: Cost, theirs: Cost, asked: float) -> list[Result]:
    def row(name: str, unit: str, value: float, baseline: float | None, goal: float | None = None) -> Result:
        reached = None if goal is None or baseline is None else value <= goal * baseline
        return Result(f"plain-chat: {name}", value, unit, baseline, "" if goal is None else f"<= {goal:g} x", reached)

    return [
        row("p95 of a page", "ms", _p95(ours.wall), _p95(theirs.wall)),
        row("p50 of a page", "ms", statistics.median(ours.wall) * 1000, statistics.median(theirs.wall) * 1000),
        row("Synapse SQL queries", "", ours.each(ours.queries), theirs.each(theirs.queries), 1.0),
        row("Synapse CPU", "ms", ours.each(ours.synapse) * 1000, theirs.each(theirs.synapse) * 1000),
        row("CPU of the portal", "ms", ours.each(ours.serve) * 1000, None),
        Result("plain-chat: requests to Synapse", asked, "", None, "<= 3", asked <= 3),
    ]


def _p95(wall: Sequence[float]) -> float:
    return statistics.quantiles(wall, n=20)[-1] * 1000


async def _fill(server: Branch, pool: Homeserver) -> tuple[list[str], RoomId]:
    people, code = [], server.local_code("32.16.19.2005")  # with any other, the wave brake closes a kamar of fifteen
    for number in range(PEOPLE):
        key = f"bench-plain-chat-{number:04d}-{'x' * 8}"
        people.append((await join(server.portal_url, code, key, "32.16.19.2005", 5, 3))["user_id"])
    await until_idle(server)
    (room,) = {room for room, (_, kind, _) in truth(server).rooms().items() if kind == "obrolan"}
    for person in people:  # nobody waits a second between two messages
        server.homeserver.sql("INSERT INTO ratelimit_override VALUES (?, 0, 0)", person)
    await KamarModule(pool, server.homeserver.as_token).set_rules(RoomId(room), CHATTY)
    gate = asyncio.Semaphore(AT_ONCE)

    async def talk(person: str) -> None:
        matrix = Matrix(pool, (await Matrix(pool).login_password(person, PASSWORD, "talk")).access_token)
        for number in range(MESSAGES // PEOPLE):
            async with gate:
                text = f"Pesan nomor {number} tentang iuran, ronda dan got di depan musala."
                await matrix.send(RoomId(room), "m.room.message", {"msgtype": "m.text", "body": text}, f"b{number}")

    await asyncio.gather(*(talk(person) for person in people))
    return people, RoomId(room)


async def _log_in(client: aiohttp.ClientSession, server: Branch, account: str) -> str:
    """Log in as a browser does; return the address of the kamar's page."""
    async with client.get(f"{server.portal_url}/masuk") as answer:
        found = re.search(r'name="formulir" value="([^"]+)"', await answer.text())
    assert found is not None
    form = {"formulir": found[1], "akun": account, "sandi": PASSWORD}
    async with client.post(f"{server.portal_url}/masuk", data=form) as answer:
        way = re.search(r'href="(/kamar/\d+)#akhir"', await answer.text())
    assert way is not None
    return f"{server.portal_url}{way[1]}"


async def _requests(client: aiohttp.ClientSession, server: Branch) -> float:
    """Return how many requests Synapse has got."""
    async with client.get(server.homeserver.metrics_url) as answer:
        return sum(float(number) for number in REQUESTS.findall(await answer.text()))
