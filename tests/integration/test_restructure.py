"""Restructurings at random on a real server whose jobs are killed at random requests: nobody and no power is lost."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterator

import pytest

from kamar.settings import Rooms, Server, Settings
from tests.integration.town import Town
from tests.servers.branch import Branch, branch

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SEED = 20261121
PLANS = int(os.environ.get("KAMAR_RESTRUCTURINGS", "40"))  # a thousand take an hour: docs/restructure.md
LOOK_EVERY = 20  # plans, after which everything is compared
RATE = 0.004  # of requests that kill


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    rooms = Rooms(version="12", open_at_rt=1, open_at_rw=1, open_at_kelurahan=1, open_at_perintis=1)
    settings = Settings(server=Server(name="kamar.test"), rooms=rooms)
    with branch(tmp_path_factory.mktemp("branch"), serve=False, settings=settings) as made:
        yield made


@pytest.fixture
async def town(server: Branch) -> AsyncIterator[Town]:
    made = Town(server, server.site(), random.Random(SEED))
    await made.settle()
    made.start_jobs()
    await made.until_idle()
    yield made
    made.stop_jobs()
    await made.site.store.close()


async def test_random_restructurings_with_power_cuts_end_as_the_rules_say(town: Town) -> None:
    assert await town.differences() == []
    town.stop_jobs()
    town.rate = RATE
    done: list[str] = []
    for number in range(PLANS):
        done.append(await town.at_random())
        if number % LOOK_EVERY == LOOK_EVERY - 1 or number == PLANS - 1:
            await town.until_idle()
            assert await town.differences() == [], "\n".join(done[-LOOK_EVERY:])
            print(f"{number + 1} restructurings, {town.deaths} deaths", flush=True)
    assert town.deaths > 0
