"""The script ``./kamar``, with a Python that only writes down what it is asked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = """
case "$*" in
*"sys.version_info"*) exit "${TOO_OLD:-0}" ;;
*"import ensurepip, venv"*) exit "${NO_VENV:-0}" ;;
*base_prefix*) echo /usr ;;
"-m venv"*)
    echo "venv" >>"$CALLS"; sleep "${SLOW:-0}"; mkdir -p .venv/bin
    cp "$0" .venv/bin/python; cp "$0" .venv/bin/uv ;;
"-V") echo "Python ${VERSION:-3.11.2}" ;;
"-m pip config"*) exit 1 ;;
"-m pip install"*) echo "pip $*" >>"$CALLS" ;;
"pip install"*) echo "uv $*" >>"$CALLS"; case "$*" in *--require-hashes*) exit "${UV_FAILS:-0}" ;; esac ;;
"-m kamar_provisioning.command"*) shift 2; echo "RUN $*" ;;
esac
"""

OTHERS = {
    "id": 'case "$1" in -u) echo "${USER_ID:-0}" ;; *) echo siti ;; esac',
    "apt-get": 'echo "apt-get $*" >>"$CALLS"',
}


class Machine:
    """A directory with the script, and a PATH with the stand-ins before everything else."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "repo with space"
        self.calls_file = directory / "calls"
        self.bin = directory / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        shutil.copy(ROOT / "kamar", self.root)
        for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock"):
            (self.root / name).write_text(name)
        pythons = dict.fromkeys(("python3", "python3.11", "python3.12", "python3.13"), PYTHON)
        for name, body in {**OTHERS, **pythons}.items():
            (self.bin / name).write_text(f"#!/bin/sh\n{body}\n")
            (self.bin / name).chmod(0o755)

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        path = f"{self.bin}:/usr/bin:/bin"
        return subprocess.Popen(
            [self.root / "kamar", *words],
            cwd="/",
            env={"PATH": path, "CALLS": str(self.calls_file), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*words, **env)
        out, err = process.communicate(timeout=30)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_call_installs_everything_and_then_runs(machine: Machine) -> None:
    done = machine.run("up", "--port", "8081")
    assert (done.returncode, done.stdout) == (0, "RUN up --port 8081\n"), done.stderr
    assert [call.split()[0] for call in machine.calls if not call.startswith("apt")] == ["venv", "pip", "uv", "uv"]
    assert all("--require-hashes" in call or "-e ." in call for call in machine.calls if call[:2] in ("pi", "uv"))


def test_the_second_call_installs_nothing(machine: Machine) -> None:
    machine.run("up")
    before = machine.calls
    assert machine.run("status").stdout == "RUN status\n"
    assert machine.calls == before


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock"])
def test_a_changed_dependency_is_installed(machine: Machine, changed: str) -> None:
    machine.run("up")
    before = len(machine.calls)
    (machine.root / changed).write_text("newer")
    machine.run("up")
    assert len(machine.calls) > before


def test_a_newer_python_of_the_system_installs_again(machine: Machine) -> None:
    machine.run("up")
    before = len(machine.calls)
    machine.run("up", VERSION="3.13.1")
    assert len(machine.calls) > before


def test_running_a_server_needs_no_testing_packages(machine: Machine) -> None:
    machine.run("up")
    assert not any("requirements-dev.lock" in call for call in machine.calls)


def test_a_user_is_told_the_one_command_to_type(machine: Machine) -> None:
    done = machine.run("up", USER_ID="1000", NO_VENV="1")
    assert done.returncode == 1
    assert "sudo apt-get install --yes python3-venv" in done.stderr
    assert machine.calls == []


def test_root_gets_what_the_system_lacks(machine: Machine) -> None:
    machine.run("up", NO_VENV="1")
    assert next(call for call in machine.calls if "python3-venv" in call).startswith("apt-get install --yes")


def test_an_old_python_is_refused_in_words(machine: Machine) -> None:
    done = machine.run("up", TOO_OLD="1")
    assert done.returncode == 1
    assert "Perlu Python 3.11" in done.stderr


def test_pip_takes_over_where_uv_fails(machine: Machine) -> None:
    done = machine.run("up", UV_FAILS="1")
    assert done.stdout == "RUN up\n"
    assert any(call.startswith("pip") and "-r requirements.lock" in call for call in machine.calls)


def test_two_at_once_install_once(machine: Machine) -> None:
    both = [machine.start("up", SLOW="0.3"), machine.start("status", SLOW="0.3")]
    said = [process.communicate(timeout=30)[0] for process in both]
    assert sorted(said) == ["RUN status\n", "RUN up\n"]
    assert machine.calls.count("venv") == 1
