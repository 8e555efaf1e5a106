"""``kamar serve`` dies between hearing a word and having answered it: exactly one answer all the same."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from kamar_bots import direct
from kamar_provisioning.jobs import Desk
from kamar_store.site import Site
from tests.bots.test_real_synapse import running
from tests.encrypted.member import phone
from tests.encrypted.people import BOT, person, until_said
from tests.servers.branch import Branch

pytestmark = pytest.mark.integration

STEPS = {
    "heard": "kamar_bots.direct:Direct.take:before",
    "answers written": "kamar_bots.direct:Direct.take:after",
    "about to send": "kamar_bots.direct_sending:Sender._carry_out:before",
    "sent": "kamar_bots.direct_sending:Sender._carry_out:after",
}


async def test_a_power_cut_at_any_step_leaves_exactly_one_answer(
    server: Branch, site: Site, at: Desk, tmp_path: Path
) -> None:
    async with phone(at.matrix.homeserver.url, await person(at, "Siti"), tmp_path / "siti") as siti:
        async with running(direct.run(site)):
            room = await siti.talk_to(BOT)
            await siti.hears(room, BOT, "Halo! Saya Kamar")
        for number, step in enumerate(STEPS.values(), 1):
            await siti.say(room, "kamar")
            assert await _dies(server, step) == -signal.SIGKILL
            async with running(direct.run(site)):
                await siti.hears(room, BOT, "Anda tinggal di", after=number - 1)
                await siti.say(room, "makasih")  # answers keep their order, so one to a last word ends them
                await siti.hears(room, BOT, "Sama-sama!", after=number - 1)
                await until_said(site)
        assert len(siti.said(room, BOT, "Anda tinggal di")) == len(STEPS)
        assert all(heard.encrypted for heard in siti.said(room, BOT))


async def _dies(server: Branch, step: str) -> int:
    argv = (sys.executable, "-m", "tests.servers.crashing", step, "0", str(server.homeserver.state.root))
    with server.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(*argv, stdout=log, stderr=log)
    async with asyncio.timeout(60):
        return await process.wait()
