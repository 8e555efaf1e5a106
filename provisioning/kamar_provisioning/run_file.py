"""Who runs this server now: one supervisor per state directory, and what it says about its children."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning.supervisor import Child

PATIENCE = 1.0  # seconds: somebody who only looks (``running``) holds the lock for an instant
AGAIN = 0.02


@dataclass(frozen=True, slots=True)
class Run:
    """The supervisor that is running, as it wrote itself down in ``run.json``."""

    pid: int
    started_at: datetime
    children: tuple[Child, ...] = ()


@contextmanager
def only_one(state: State, *, systemd: bool = False) -> Iterator[None]:
    """Hold the server's lock; the kernel lets it go when we and our forks are gone, however we end.

    Raises:
        KamarError: ``already_running``, or ``run_by_systemd``, which alone may then start it.
    """
    if not systemd:
        refuse_under_systemd(state)
    descriptor = os.open(_lock(state), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise KamarError("already_running", state=str(state.root))
            time.sleep(AGAIN)
        yield
    finally:
        os.close(descriptor)


def running(state: State) -> Run | None:
    """Return the supervisor of this server, or none: also when ``run.json`` is left from a killed one.

    Raises:
        KamarError: ``not_readable``: it is the server of another user.
    """
    try:
        descriptor = os.open(_lock(state), os.O_RDONLY)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise KamarError("not_readable", file=str(_lock(state))) from error
    try:
        return None if _locked(descriptor, fcntl.LOCK_SH) else _read(state)
    finally:
        os.close(descriptor)


def by_systemd(state: State) -> bool:
    """Tell whether systemd starts and stops this server (``kamar unit``), and not ``kamar up``."""
    return _systemd(state).exists()


def give_to_systemd(state: State) -> None:
    """Write down that this server is systemd's from now on."""
    _systemd(state).touch(mode=0o600)


def refuse_under_systemd(state: State) -> None:
    """Keep a second supervisor away.

    Raises:
        KamarError: ``run_by_systemd``.
    """
    if by_systemd(state):
        raise KamarError("run_by_systemd", state=str(state.root), file=str(_systemd(state)))


def write(state: State, run: Run) -> None:
    """Say who we are and how the children do, whole and at once."""
    document = {
        "pid": run.pid,
        "started_at": run.started_at.astimezone(UTC).isoformat(timespec="seconds"),
        "processes": [asdict(child) for child in run.children],
    }
    draft = _file(state).with_suffix(".new")
    draft.write_text(json.dumps(document, indent=1) + "\n")
    draft.replace(_file(state))


def remove(state: State) -> None:
    """Take the file away at the end."""
    _file(state).unlink(missing_ok=True)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(state: State) -> Run:
    try:
        document = json.loads(_file(state).read_text())
    except (FileNotFoundError, json.JSONDecodeError):  # it holds the lock but has not started its children yet
        return Run(0, datetime.now(UTC))
    children = tuple(Child(**child) for child in document["processes"])
    return Run(document["pid"], datetime.fromisoformat(document["started_at"]), children)


def _file(state: State) -> Path:
    return state.root / "run.json"


def _systemd(state: State) -> Path:
    return state.root / "systemd"


def _lock(state: State) -> Path:
    return state.root / "run.lock"
