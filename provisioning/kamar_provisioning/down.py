"""``kamar down``: stops a server that runs in the background, or in another terminal."""

from __future__ import annotations

import argparse
import os
import signal
import time

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import run_file, sentences
from kamar_provisioning.command import add_state

STOP_SECONDS = 20.0  # the supervisor promises ten
ASK_SECONDS = 0.1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)


def run(arguments: argparse.Namespace) -> int:
    """Stop the server; one that does not run is an error with a sentence."""
    state = State(arguments.state.resolve())
    run_file.refuse_under_systemd(state)
    if not stop(state):
        raise KamarError("not_running", state=str(state.root))
    print(sentences.STOPPED)
    return 0


def stop(state: State) -> bool:
    """Stop the server's supervisor and wait for its end; tell whether there was one.

    Raises:
        KamarError: ``not_stopped``.
    """
    deadline = time.monotonic() + STOP_SECONDS
    asked = 0
    while (run := run_file.running(state)) is not None:
        if run.pid and run.pid != asked:  # 0: it has only just started and not said who it is
            os.kill(run.pid, signal.SIGTERM)
            asked = run.pid
        if time.monotonic() > deadline:
            raise KamarError("not_stopped", pid=run.pid, seconds=round(STOP_SECONDS))
        time.sleep(ASK_SECONDS)
    return bool(asked)
