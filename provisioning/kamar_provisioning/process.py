"""One process of a server: a child of our supervisor, or a unit of systemd."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from kamar.state import State


@dataclass(frozen=True, slots=True)
class Process:
    """What to run and under which name it appears in the log and in ``kamar status``.

    ``env`` is added to the supervisor's own environment.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]


def serve_process(state: State) -> Process:
    """Return the process of our own programs: bots, portal, jobs."""
    argv = (sys.executable, "-m", "kamar_provisioning.command", "serve", "--state", str(state.root))
    return Process("serve", argv, {})
