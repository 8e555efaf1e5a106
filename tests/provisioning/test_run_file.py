"""One supervisor per state directory."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import run_file
from kamar_provisioning.run_file import Run
from kamar_provisioning.supervisor import Child

RUN = Run(os.getpid(), datetime(2026, 11, 21, tzinfo=UTC), (Child("synapse", 17, restarts=2, last_exit=-9),))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_nothing_runs_in_an_empty_directory(state: State) -> None:
    assert run_file.running(state) is None


def test_a_running_server_is_found_with_its_children(state: State) -> None:
    with run_file.only_one(state):
        run_file.write(state, RUN)
        assert run_file.running(state) == RUN
    assert run_file.running(state) is None  # the file is there, but nobody holds the lock: it was killed


def test_a_second_supervisor_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_file, "PATIENCE", 0.05)
    with run_file.only_one(state), pytest.raises(KamarError, match="already_running"), run_file.only_one(state):
        pass


def test_looking_at_a_server_does_not_keep_it_from_starting(state: State) -> None:
    with run_file.only_one(state):
        pass
    run_file.running(state)
    with run_file.only_one(state):
        assert run_file.running(state) is not None
