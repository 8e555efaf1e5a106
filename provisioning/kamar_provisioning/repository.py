"""Where the repository is, for the commands that work on it (``test``, ``bench``, ``lock``)."""

from __future__ import annotations

from pathlib import Path

from kamar.errors import KamarError


def root() -> Path:
    """Return the repository's root.

    Raises:
        KamarError: ``not_repository``: installed from a wheel.
    """
    found = Path(__file__).parents[2]
    if not (found / "pyproject.toml").exists():
        raise KamarError("not_repository")
    return found
