"""``kamar unit STEP``: one step of a server that systemd supervises instead of us; see docs/hosting.md.

``prepare`` makes everything the processes find at their start, ``synapse``, ``worker`` and ``serve`` become that
process, ``ready`` returns when the server is healthy.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import UTC, datetime

from kamar.errors import KamarError
from kamar.settings import Settings
from kamar.state import State
from kamar_provisioning import run_file, sentences, synapse
from kamar_provisioning.command import add_state
from kamar_provisioning.directory import open_directory
from kamar_provisioning.health import until_healthy
from kamar_provisioning.prepare import prepare, settle
from kamar_provisioning.process import Process, serve_process
from kamar_provisioning.settings_file import load

STEPS = ("prepare", "synapse", "worker", "serve", "ready")
JOURNAL = "journalctl -u 'kamar-*'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("step", choices=STEPS, help="langkah yang dijalankan")
    add_state(parser)


def run(arguments: argparse.Namespace) -> int:
    """Take the step; those that are processes do not come back."""
    state = State(arguments.state.resolve())
    if arguments.step == "prepare":
        _prepare(state)
    elif arguments.step == "ready":
        asyncio.run(_ready(load(state), state))
    else:
        _become(arguments.step, load(state), state)
    return 0


def _prepare(state: State) -> None:
    """Do what ``kamar up`` does before anything runs; the ports are those of the settings, never chosen.

    Raises:
        KamarError: ``port_unknown``, ``already_running`` under ``kamar up``, and what the preparations raise.
    """
    open_directory(state)
    with run_file.only_one(state, systemd=True):
        settings = settle(state, None, None)
        run_file.give_to_systemd(state)
        asyncio.run(prepare(settings, state, datetime.now(UTC)))


async def _ready(settings: Settings, state: State) -> None:
    """Wait until the server is healthy.

    Raises:
        KamarError: ``not_healthy``.
    """
    problems = await until_healthy(settings, state)
    if problems:
        raise KamarError("not_healthy", problems="\n".join(problems), log=JOURNAL)
    print(f"{settings.server.name}: {sentences.HEALTHY}")


def _become(name: str, settings: Settings, state: State) -> None:
    """Replace this program by the process ``name``.

    Raises:
        KamarError: ``unknown_part``: a server without workers has no process of that name.
    """
    processes = _processes(settings, state)
    if name not in processes:
        raise KamarError("unknown_part", name=name, known=", ".join(processes))
    process = processes[name]
    os.execve(process.argv[0], process.argv, {**os.environ, **process.env})  # noqa: S606 - no shell is wanted


def _processes(settings: Settings, state: State) -> dict[str, Process]:
    found = (*synapse.processes(settings, state), serve_process(state))
    return {process.name: process for process in found}
