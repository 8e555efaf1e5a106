"""Opens a server's state directory: makes it, and refuses what could not work before anything is changed."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from kamar.errors import KamarError
from kamar.settings import Settings
from kamar.state import State

FREE_MB = 300  # databases, wilayah and the web client of a new server take about half of it
FREE_LATER_MB = 20  # a server that exists is rather started than not
MODE = 0o700  # it holds databases and secrets


def open_directory(state: State) -> None:
    """Make the directory if it is missing.

    Raises:
        KamarError: ``state_of_another_user``, ``state_not_writable``, ``disk_low``.
    """
    try:
        state.root.mkdir(mode=MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise KamarError("state_not_writable", state=str(state.root), user=_user(os.geteuid())) from error
    owner = state.root.stat().st_uid
    if owner != os.geteuid() and not _is_empty(state.root):
        raise KamarError("state_of_another_user", state=str(state.root), owner=_user(owner), user=_user(os.geteuid()))
    if not os.access(state.root, os.W_OK | os.X_OK):
        raise KamarError("state_not_writable", state=str(state.root), user=_user(os.geteuid()))
    free = shutil.disk_usage(state.root).free // 1_000_000
    need = FREE_LATER_MB if state.settings.exists() else FREE_MB
    if free < need:
        raise KamarError("disk_low", state=str(state.root), free_mb=free, need_mb=need)


def keep_name(state: State, settings: Settings) -> None:
    """Write the server's name down at the first start and hold on to it.

    Raises:
        KamarError: ``name_changed``.
    """
    file = state.root / "server_name"
    if not file.exists():
        file.write_text(settings.server.name + "\n")
    was = file.read_text().strip()
    if was != settings.server.name:
        raise KamarError("name_changed", was=was, now=settings.server.name)


def _is_empty(directory: Path) -> bool:
    try:
        return not any(directory.iterdir())
    except PermissionError:  # whatever is in it is not ours
        return False


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
