"""``kamar up`` for real: a whole server, started, looked at, killed in every way, and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kamar.settings import SQLITE
from kamar.state import State, read_secret
from tests.servers.postgres import postgres

pytestmark = pytest.mark.integration

SECONDS = 120.0
STOP_SECONDS = 10.0  # promised


@dataclass
class Server:
    """One state directory and the command."""

    state: State

    def kamar(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = (sys.executable, "-m", "kamar_provisioning.command", *words, "--state", str(self.state.root))
        return subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)

    def up(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.kamar("up", "--detach", *words)
        assert done.returncode == 0, done.stderr
        return done

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.kamar("status", "--json").stdout)
        return status

    def pid(self, name: str) -> int:
        pid: int = next(child["pid"] for child in self.status()["processes"] if child["name"] == name)
        return pid

    def pids(self) -> list[int]:
        """Return every process that has our directory in its command line."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if str(self.state.root).encode() in file.read_bytes():
                    found.append(int(file.parent.name))
        return found


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server; tests may kill it and must leave it running."""
    server = Server(State(tmp_path_factory.mktemp("server")))
    if request.param == "sqlite":
        yield from _running(server, SQLITE)
        return
    with TemporaryDirectory() as directory, postgres(Path(directory)) as url:
        yield from _running(server, f"{url.rpartition('/')[0]}/baru")  # a database that nobody has made


def _running(server: Server, database: str) -> Iterator[Server]:
    server.state.settings.write_text(f'[database]\nurl = "{database}"\n')
    server.up("--port", "0")
    yield server
    server.kamar("down")
    assert server.pids() == []


def test_a_new_server_is_healthy_and_says_how_to_get_in(server: Server) -> None:
    status = server.status()
    assert (status["healthy"], status["server_name"]) == (True, "localhost")
    assert status["invite_link"].startswith(f"{status['portal']}/g/")
    assert status["admin_link"].startswith(f"{status['portal']}/masuk/")
    assert {child["name"] for child in status["processes"]} == {"synapse", "serve"}
    assert set(status["checks"].values()) == {"ok"}


def test_the_terminal_shows_the_links_and_that_telephones_need_more(server: Server) -> None:
    shown = server.kamar("status").stdout + server.kamar("invite").stdout
    status = server.status()
    assert all(status[name] in shown for name in ("portal", "chat", "homeserver", "admin_link", "invite_link"))
    assert "hanya di komputer ini" in shown
    assert "█" in shown


def test_a_second_start_of_a_running_server_is_refused(server: Server) -> None:
    done = server.kamar("up")
    assert done.returncode == 1
    assert "sudah berjalan" in done.stderr
    assert server.status()["healthy"]


def test_the_log_names_the_processes_and_holds_no_secret(server: Server) -> None:
    log = server.state.log.read_text()
    assert {"kamar", "synapse", "serve"} <= {line.split()[1] for line in log.splitlines()}
    status = server.status()
    secrets = [read_secret(file) for file in (server.state.root / "secrets").iterdir()]
    links = [status["invite_link"].rpartition("/")[2], status["admin_link"].rpartition("/")[2]]
    assert [secret for secret in (*secrets, *links) if secret in log] == []


@pytest.mark.parametrize("name", ["synapse", "serve"])
def test_a_killed_process_comes_back(server: Server, name: str) -> None:
    before = server.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: server.pid(name) not in (None, before) and server.status()["healthy"])


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_finds_everything(server: Server) -> None:
    before = server.status()
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: server.pids() == [])
    assert not server.status()["running"]
    began = time.monotonic()
    server.up()
    seconds = time.monotonic() - began
    after = server.status()
    same = ("server_name", "homeserver", "portal", "chat", "admin_link", "invite_link")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["healthy"]
    assert seconds < 60  # four on a quiet machine; that of the tests is a busy one


def test_down_stops_everything_and_ctrl_c_does_too(server: Server) -> None:
    began = time.monotonic()
    assert server.kamar("down").returncode == 0
    assert time.monotonic() - began < STOP_SECONDS + 2
    assert server.pids() == []
    assert server.kamar("down").returncode == 1
    argv = (sys.executable, "-m", "kamar_provisioning.command", "up", "--state", str(server.state.root))
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert any("Ctrl-C" in line for line in process.stdout)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0
    assert time.monotonic() - began < STOP_SECONDS
    assert server.pids() == []
    server.up()
