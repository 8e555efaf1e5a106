"""The state directory of a server: where its databases, keys, secrets and logs lie."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from kamar.errors import KamarError

SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True)
class State:
    """Paths below one directory (``--state DIR``); nothing outside it belongs to a server."""

    root: Path

    @property
    def settings(self) -> Path:
        """Return the settings file that this server uses."""
        return self.root / "kamar.toml"

    @property
    def registry(self) -> Path:
        """Return our own SQLite database."""
        return self.root / "kamar.db"

    @property
    def synapse(self) -> Path:
        """Return the directory of Synapse: rendered configuration, signing key, database, media."""
        return self.root / "synapse"

    @property
    def chat(self) -> Path:
        """Return the directory of the built web client."""
        return self.root / "chat"

    @property
    def log(self) -> Path:
        """Return the log of all children, one line each, with the child's name."""
        return self.root / "kamar.log"

    def secret(self, name: str) -> Path:
        """Return the file of one secret, mode 0600."""
        return self.root / "secrets" / name


def read_secret(path: Path) -> str:
    """Return the text of a secret file without its final newline.

    Raises:
        KamarError: ``secret_missing``, or ``secret_open`` when others may read it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError as error:
        raise KamarError("secret_missing", file=str(path)) from error
    if mode & 0o077:
        raise KamarError("secret_open", file=str(path))
    return path.read_text().strip()


def write_secret(path: Path, text: str) -> None:
    """Write a secret at once and whole, mode 0600; an existing file is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, SECRET_MODE), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
