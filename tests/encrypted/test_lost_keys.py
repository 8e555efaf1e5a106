"""A homeserver that takes messages and drops their keys: what nobody could read is not said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from kamar_bots import direct
from kamar_provisioning.jobs import Desk
from kamar_store.site import Site
from tests.bots.test_real_synapse import running
from tests.encrypted.member import phone
from tests.encrypted.people import BOT, person
from tests.servers.ports import free_ports

pytestmark = pytest.mark.integration

KEYS = "/sendToDevice/m.room.encrypted"


@dataclass
class Between:
    """Something between the bot and its homeserver."""

    port: int
    drops: int = 0
    dropped: int = 0


@asynccontextmanager
async def between(url: str) -> AsyncIterator[Between]:
    """Hand every request on; of those that carry keys, refuse as many as ``drops``."""
    made = Between(free_ports(1)[0])

    async def hand_on(request: web.Request) -> web.Response:
        if KEYS in request.path and made.dropped < made.drops:
            made.dropped += 1
            return web.json_response({"errcode": "M_UNKNOWN", "error": "lost"}, status=503)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        answer = await client.request(request.method, str(request.rel_url), content=body, headers=headers)
        return web.Response(body=answer.content, status=answer.status_code, content_type="application/json")

    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", hand_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=90) as client:
        await web.TCPSite(runner, "127.0.0.1", made.port).start()
        try:
            yield made
        finally:
            await runner.cleanup()


async def test_an_answer_waits_until_its_key_has_arrived(site: Site, at: Desk, tmp_path: Path) -> None:
    async with (
        phone(at.matrix.homeserver.url, await person(at, "Siti"), tmp_path / "siti") as siti,
        between(site.settings.synapse_url) as line,
    ):
        ports = replace(site.settings.ports, synapse=line.port)
        line.drops = 2
        async with running(direct.run(replace(site, settings=replace(site.settings, ports=ports)))):
            room = await siti.talk_to(BOT)
            assert (await siti.hears(room, BOT, "Halo! Saya Kamar")).encrypted
        assert line.dropped == 2
        assert [heard.type for place, sender, heard in siti.heard if sender == BOT and heard.type.endswith("ed")] == []
