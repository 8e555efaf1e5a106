"""The supervisor with real little children."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kamar_provisioning import supervisor as supervising
from kamar_provisioning.log_file import LogFile
from kamar_provisioning.process import Process
from kamar_provisioning.supervisor import Child, Supervisor

FOR_EVER = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def python(name: str, program: str, **env: str) -> Process:
    return Process(name, (sys.executable, "-c", program), env)


async def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    return LogFile(tmp_path / "kamar.log")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "BACKOFF_FIRST", 0.02)
    monkeypatch.setattr(supervising, "STOP_SECONDS", 0.5)


async def test_what_children_say_is_logged_with_time_and_name(log: LogFile, tmp_path: Path) -> None:
    keeper = Supervisor([python("portal", f"print('halo'); {FOR_EVER}", PYTHONUNBUFFERED="1")], log)
    running = asyncio.create_task(keeper.run())
    await until(lambda: "halo" in (tmp_path / "kamar.log").read_text())
    keeper.stop()
    await running
    line = next(line for line in (tmp_path / "kamar.log").read_text().splitlines() if "halo" in line)
    stamp, name, text = line.split(maxsplit=2)
    assert (stamp[10], stamp[-1], name, text) == ("T", "Z", "portal", "halo")


async def test_a_crashed_child_is_started_again_and_counted(log: LogFile) -> None:
    keeper = Supervisor([python("crashing", "raise SystemExit(3)"), python("steady", FOR_EVER)], log)
    running = asyncio.create_task(keeper.run())
    await until(lambda: keeper.children[0].restarts >= 2)
    crashing, steady = keeper.children
    keeper.stop()
    await running
    assert crashing.last_exit == 3
    assert steady.restarts == 0


async def test_a_killed_child_is_started_again(log: LogFile) -> None:
    keeper = Supervisor([python("steady", FOR_EVER)], log)
    running = asyncio.create_task(keeper.run())
    await until(lambda: keeper.children[0].pid is not None)
    first = keeper.children[0].pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: keeper.children[0].pid not in (None, first))
    keeper.stop()
    await running
    assert keeper.children[0].restarts == 1


async def test_waiting_grows_with_every_crash(log: LogFile, tmp_path: Path) -> None:
    keeper = Supervisor([python("crashing", "raise SystemExit(1)")], log)
    running = asyncio.create_task(keeper.run())
    await until(lambda: keeper.children[0].restarts >= 3)
    keeper.stop()
    await running
    waits = [line.split(" in ")[1] for line in (tmp_path / "kamar.log").read_text().splitlines() if " in " in line]
    assert waits[:3] == ["0.02 s", "0.04 s", "0.08 s"]


async def test_a_child_that_ignores_the_request_is_killed(log: LogFile, tmp_path: Path) -> None:
    keeper = Supervisor([python("deaf", DEAF)], log)
    running = asyncio.create_task(keeper.run())
    await until(lambda: "deaf     deaf" in (tmp_path / "kamar.log").read_text())
    pid = keeper.children[0].pid
    assert pid is not None
    began = time.monotonic()
    keeper.stop()
    await running
    assert not is_alive(pid)
    assert time.monotonic() - began < 5


def test_all_is_over_within_ten_seconds() -> None:
    assert supervising.STOP_SECONDS < 10


async def test_what_a_child_left_behind_ends_with_it(log: LogFile, tmp_path: Path) -> None:
    program = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '{FOR_EVER}']).pid, flush=True)"
    keeper = Supervisor([python("parent", f"{program}; {FOR_EVER}")], log)
    running = asyncio.create_task(keeper.run())
    file = tmp_path / "kamar.log"
    await until(
        lambda: any("parent   " in line and line.split()[-1].isdigit() for line in file.read_text().splitlines())
    )
    grandchild = next(int(line.split()[-1]) for line in file.read_text().splitlines() if " parent   " in line)
    keeper.stop()
    await running
    await until(lambda: not is_alive(grandchild))


async def test_everybody_who_asks_is_told_about_starts_and_ends(log: LogFile) -> None:
    seen: list[tuple[Child, ...]] = []
    keeper = Supervisor([python("steady", FOR_EVER)], log, seen.append)
    running = asyncio.create_task(keeper.run())
    await until(lambda: keeper.children[0].pid is not None)
    keeper.stop()
    await running
    assert [children[0].pid is None for children in seen] == [False, True]


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from kamar_provisioning.log_file import LogFile
from kamar_provisioning.process import Process
from kamar_provisioning.supervisor import Supervisor

child = Process("child", (sys.executable, "-c", {FOR_EVER!r}), {{}})
tell = lambda children: print(children[0].pid, flush=True)
asyncio.run(Supervisor([child], LogFile(Path({str(tmp_path / "log")!r})), tell).run())
"""
    keeper = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    child = int(keeper.stdout.readline())
    assert is_alive(child)
    keeper.kill()
    keeper.wait()
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(child)
