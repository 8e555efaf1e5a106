"""What ``kamar up`` refuses before anything starts, in words and without a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kamar.state import State
from kamar_provisioning import run_file
from kamar_provisioning.prepare import settle
from kamar_provisioning.settings_file import change

SECONDS = 60.0


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Give the directory of a server that was settled, but never started."""
    state = State(tmp_path)
    settle(state, None, None)
    return state


def refused(state: State, *words: str) -> str:
    """Run ``kamar up`` and return the one sentence it says."""
    argv = (sys.executable, "-m", "kamar_provisioning.command", "up", "--state", str(state.root), *words)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not state.log.exists()  # nothing was started
    return done.stderr


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("server", "name", "lain.id", "tidak bisa diganti"),
        ("portal", "session_hours", 0, "portal.session_hours: must be > 0"),
        ("portal", "jam", 3, "portal.jam: unknown key"),
        ("gedung", "tinggi", 3, "gedung: unknown section"),
        ("database", "url", "postgresql://siti:rahasia@127.0.0.1:1/kamar", "127.0.0.1:1 tidak menjawab"),
    ],
    ids=["a new name", "an impossible value", "an unknown key", "an unknown section", "an absent database"],
)
def test_settings_that_cannot_be_used_are_refused(
    state: State, section: str, key: str, value: str | int, said: str
) -> None:
    change(state, section, key, value)
    assert said in refused(state)


def test_a_password_is_never_shown(state: State) -> None:
    change(state, "database", "url", "postgresql://siti:rahasia@127.0.0.1:1/kamar")
    assert "rahasia" not in refused(state)


def test_a_port_that_somebody_took_is_named_with_the_way_out(state: State) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        said = refused(state, "--port", str(port))
    assert f"Port {port} (portal)" in said
    assert "--port" in said


def test_a_server_that_runs_is_not_started_again(state: State) -> None:
    with run_file.only_one(state):
        assert "sudah berjalan" in refused(state)
