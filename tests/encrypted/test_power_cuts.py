"""``kamar serve`` dies between hearing a word and having answered it: exactly one answer all the same."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from kamar_provisioning.jobs import Desk
from tests.encrypted.member import Phone, phone
from tests.encrypted.people import BOT, person, until_said
from tests.servers.branch import Branch

pytestmark = pytest.mark.integration

STEPS = {
    "heard": "kamar_bots.direct:Direct.take:before",
    "answers written": "kamar_bots.direct:Direct.take:after",
    "about to send": "kamar_bots.direct_sending:Sender._carry_out:before",
    "sent": "kamar_bots.direct_sending:Sender._carry_out:after",
}


async def test_a_power_cut_at_any_step_leaves_exactly_one_answer(server: Branch, at: Desk, tmp_path: Path) -> None:
    server.start_serve()
    async with phone(at.matrix.homeserver.url, await person(at, "Siti"), tmp_path / "siti") as siti:
        room = await siti.talk_to(BOT)
        await siti.hears(room, BOT, "Halo! Saya Kamar")
        for number, step in enumerate(STEPS.values(), 1):
            server.kill_serve()
            await siti.say(room, "kamar")
            assert await _dies(server, step) == -signal.SIGKILL
            server.start_serve()
            await siti.hears(room, BOT, "Anda tinggal di", after=number - 1)
            await _all_said(server, siti, room, number)
        server.stop_serve()
        assert len(siti.said(room, BOT, "Anda tinggal di")) == len(STEPS)
        assert all(heard.encrypted for heard in siti.said(room, BOT))


async def _dies(server: Branch, step: str) -> int:
    argv = (sys.executable, "-m", "tests.servers.crashing", step, "0", str(server.homeserver.state.root))
    with server.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(*argv, stdout=log, stderr=log)
    async with asyncio.timeout(60):
        return await process.wait()


async def _all_said(server: Branch, siti: Phone, room: str, number: int) -> None:
    """Wait until nothing is left to say, and until a last word is answered: answers keep their order."""
    await siti.say(room, "makasih")
    await siti.hears(room, BOT, "Sama-sama!", after=number - 1)
    site = server.site()
    await until_said(site)
    await site.store.close()
