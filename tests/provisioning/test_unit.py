"""A server whose supervisor is systemd, step by step, without systemd: what its units start."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kamar.settings import Settings
from kamar.state import State
from kamar_provisioning.ports import held
from kamar_provisioning.settings_file import change, create

pytestmark = pytest.mark.integration

SECONDS = 120


def kamar(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-m", "kamar_provisioning.command", *words, "--state", str(state.root))
    return subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)


def start(state: State, step: str) -> subprocess.Popen[bytes]:
    argv = (sys.executable, "-m", "kamar_provisioning.command", "unit", step, "--state", str(state.root))
    with (state.root / f"{step}.log").open("ab") as log:
        return subprocess.Popen(argv, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """Run the steps in the order of the units."""
    state = State(tmp_path_factory.mktemp("server"))
    create(state)
    with held(Settings()) as ports:
        for name, port in ports.items():
            change(state, "ports", name, port)
    prepared = kamar(state, "unit", "prepare")
    assert prepared.returncode == 0, prepared.stderr
    with ExitStack() as stack:
        for step in ("synapse", "serve"):
            process = start(state, step)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        ready = kamar(state, "unit", "ready")
        assert ready.returncode == 0, ready.stderr
        yield state


def test_the_server_is_healthy_and_says_so(server: State) -> None:
    status = json.loads(kamar(server, "status", "--json").stdout)
    assert (status["healthy"], status["running"], status["processes"]) == (True, True, [])


@pytest.mark.parametrize("word", ["up", "down"])
def test_up_and_down_leave_it_to_systemd(server: State, word: str) -> None:
    done = kamar(server, word)
    assert done.returncode == 1
    assert "systemctl start kamar.target" in done.stderr


def test_preparing_again_changes_nothing(server: State) -> None:
    def settled() -> dict[str, bytes]:
        kept = (server.settings, *(server.root / "secrets").iterdir(), *server.synapse.glob("*.*"))
        return {file.name: file.read_bytes() for file in kept if not file.name.startswith("homeserver.db")}

    before = settled()
    assert kamar(server, "unit", "prepare").returncode == 0
    assert settled() == before


def test_a_server_without_workers_has_no_worker(server: State) -> None:
    done = kamar(server, "unit", "worker")
    assert done.returncode == 1
    assert "synapse, serve" in done.stderr


def test_ports_are_not_chosen_for_systemd(tmp_path: Path) -> None:
    done = kamar(State(tmp_path), "unit", "prepare")
    assert done.returncode == 1
    assert "ports.synapse" in done.stderr
