"""One child of the supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """What to run and under which name it appears in the log and in ``kamar status``.

    ``env`` is added to the supervisor's own environment.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
