"""The jobs of a server, which kill themselves at random requests: ``python -m tests.servers.dying SEED RATE STATE``.

At each request to the homeserver there is a chance of RATE to die, half of them before it is made and half of them
after it was answered.
"""

from __future__ import annotations

import os
import random
import signal
import sys

import httpx

from kamar_bridges.homeserver import Homeserver
from kamar_provisioning import command


def main() -> int:
    """Arm the connections, then serve the jobs."""
    seed, rate, state = sys.argv[1:]
    arm(random.Random(int(seed)), float(rate))
    return command.main(["serve", "--state", state, "--only", "jobs"])


def arm(dice: random.Random, rate: float) -> None:
    """Let every request be the last one with a chance of ``rate``."""
    work = Homeserver._once

    async def deadly(self: Homeserver, request: httpx.Request) -> httpx.Response:
        fate = dice.random()
        if fate < rate / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await work(self, request)
        if fate < rate:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Homeserver._once = deadly  # type: ignore[method-assign]  # armed, for this process's life


if __name__ == "__main__":
    sys.exit(main())
