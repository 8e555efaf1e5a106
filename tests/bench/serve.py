"""``serve``: pages of the portal against a bare aiohttp handler that sends as many bytes, by CPU of the server.

Requests per second of a busy server are one divided by its CPU per request; counting CPU leaves the load's cost out.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import psutil
from sqlalchemy import insert

from kamar.ids import UserId
from kamar_store import session, wilayah
from kamar_store.site import Site
from kamar_store.tables import member
from tests.bench.measure import Cost, Meter, memory_mb
from tests.bench.report import Result
from tests.servers.branch import Branch, branch

REQUESTS = 400
AT_ONCE = 8
MEMBERS = 50_000
GOAL = 0.25
RSS_GOAL = 150.0  # MB
SAME = {"display_name": "Warga", "level": "simpatisan", "admin": False, "demo": False, "data_saving": False}
BARE = """
import sys
from aiohttp import web
body = b"x" * int(sys.argv[2])
async def page(request): return web.Response(body=body, content_type="text/html")
app = web.Application(); app.router.add_get("/", page)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


async def run(options: argparse.Namespace) -> list[Result]:
    """Fill the registry, then ask for each page and for a bare one of its size in turn."""
    with tempfile.TemporaryDirectory() as directory, branch(Path(directory) / "branch") as server:
        site = server.site()
        try:
            await _fill(site, options.members or MEMBERS)
            cookie = await _log_in(site)
            return await _pages(server, site, cookie)
        finally:
            await site.store.close()


async def _pages(server: Branch, site: Site, cookie: str) -> list[Result]:
    assert server.serve is not None
    pages = {
        "landing": (f"/g/{server.invitation()}", GOAL),
        "directory page of a village": ("/wilayah/32.16.19.2005", GOAL),
        "search with a typo": ("/api/v1/wilayah?q=pondok+cna", None),
        "Komunitas Saya": ("/komunitas", None),
    }
    meter = Meter(server.homeserver.metrics_url, (server.homeserver.running["synapse"].pid,), None, (server.serve.pid,))
    results = []
    for name, (path, goal) in pages.items():
        cost = Cost()
        async with aiohttp.ClientSession(cookies={} if goal else {"kamar_sesi": cookie}) as client:
            size = await _get(client, f"{server.portal_url}{path}", 20)
            async with meter.around(cost, REQUESTS):
                await _get(client, f"{server.portal_url}{path}", REQUESTS)
        bare = await _bare(size)
        mine = 1 / cost.each(cost.serve)
        reached = None if goal is None else mine / bare >= goal
        results.append(
            Result(f"serve: {name}", mine, "requests per CPU second", bare, f">= {goal} x" if goal else "", reached)
        )
        if "directory" in name:
            queries = cost.each(cost.queries)
            results.append(Result("serve: Synapse SQL of a directory page", queries, "", None, "0", queries < 0.5))
    rss = memory_mb([server.serve.pid])
    results.append(Result("serve: memory with all members", rss, "MB", None, f"< {RSS_GOAL:.0f} MB", rss < RSS_GOAL))
    return results


async def _get(client: aiohttp.ClientSession, url: str, times: int) -> int:
    gate, size = asyncio.Semaphore(AT_ONCE), 0

    async def one() -> None:
        nonlocal size
        async with gate, client.get(url, allow_redirects=False) as answer:
            assert answer.status == 200, f"{url}: {answer.status}"
            size = len(await answer.read())

    await asyncio.gather(*(one() for _ in range(times)))
    return size


async def _bare(size: int) -> float:
    """Return requests per CPU second of a handler that only sends ``size`` bytes."""
    with _bare_server(size) as (url, process):
        async with aiohttp.ClientSession() as client:
            for _ in range(100):
                try:
                    await _get(client, url, 20)
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)
            before = process.cpu_times()
            await _get(client, url, REQUESTS * 4)
            after = process.cpu_times()
    return REQUESTS * 4 / (after.user + after.system - before.user - before.system)


@contextmanager
def _bare_server(size: int) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", BARE, str(port), str(size)])
    try:
        yield f"http://127.0.0.1:{port}/", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def _fill(site: Site, total: int) -> None:
    async with site.store.read() as db:
        districts = await wilayah.children(db, "32.16")
        villages = [village.path for district in districts for village in await wilayah.children(db, district.path)]
    rows = [
        {
            "user_id": f"@m{number}:kamar.test",
            "home": villages[number % len(villages)],
            **SAME,
            "joined_at": datetime.now(UTC),
        }
        for number in range(total)
    ]
    async with site.store.write() as db:
        await db.execute(insert(member), rows)


async def _log_in(site: Site) -> str:
    async with site.store.write() as db:
        return await session.begin(db, UserId("@m7:kamar.test"), datetime.now(UTC), timedelta(hours=1))
