"""``kamar serve``: which parts run, how they end, and what the log looks like."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import serve, settings_file
from kamar_store.site import Site


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    settings_file.create(state)
    return state


@pytest.mark.parametrize(
    ("only", "chosen"),
    [("", ["bots", "jobs", "portal"]), ("portal", ["portal"]), ("jobs, bots", ["jobs", "bots"])],
)
def test_all_parts_run_unless_some_are_named(only: str, chosen: list[str]) -> None:
    assert serve._chosen(only, ["bots", "jobs", "portal"]) == chosen


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(KamarError) as refused:
        serve._chosen("potral", ["bots", "portal"])
    assert refused.value.detail == {"name": "potral", "known": "bots, portal"}


def test_every_part_of_the_server_is_found() -> None:
    assert {point.name for point in entry_points(group=serve.GROUP)} == {"bots", "direct", "portal", "jobs"}


async def test_sigterm_ends_every_part_in_good_order(state: State) -> None:
    ended: list[str] = []

    def part(name: str) -> serve.Part:
        async def run(site: Site) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(name)

        return run

    running = asyncio.create_task(serve.serve(state, {"portal": part("portal"), "jobs": part("jobs")}))
    await asyncio.sleep(0)
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        await asyncio.sleep(0.001)
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert sorted(ended) == ["jobs", "portal"]


@pytest.mark.parametrize("crash", [True, False], ids=["it raises", "it returns"])
async def test_the_end_of_one_part_ends_all(state: State, crash: bool) -> None:
    cancelled = asyncio.Event()

    async def ending(site: Site) -> None:
        if crash:
            raise ZeroDivisionError

    async def lasting(site: Site) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(ExceptionGroup):
        await serve.serve(state, {"bots": ending, "portal": lasting})
    assert cancelled.is_set()


def test_no_text_of_a_record_can_pass_for_a_record_of_its_own() -> None:
    record = logging.LogRecord("bots", logging.INFO, "", 0, "name %s", ("x\nERROR root: lie",), None)
    first, second = serve.OneLine("%(levelname)s %(name)s: %(message)s").format(record).split("\n")
    assert first == "INFO bots: name x"
    assert second.startswith("    ")
