"""``kamar serve`` that dies, or kills Synapse, at one named step: for tests of what a power cut leaves behind.

``python -m tests.servers.crashing STEP VICTIMS STATE`` where STEP is ``module:attribute:before|after`` and VICTIMS are
process ids, 0 for ourselves. It happens once; afterwards the step runs as always.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from kamar_provisioning import command


def main() -> int:
    """Arm the step, then serve."""
    step, victims, state = sys.argv[1:]
    arm(step, [int(number) or os.getpid() for number in victims.split(",")])
    return command.main(["serve", "--state", state])


def arm(step: str, victims: list[int]) -> None:
    """Make the first call of a function kill ``victims``, before or after it does its work."""
    module, attribute, moment = step.split(":")
    owner: Any = importlib.import_module(module)
    *path, name = attribute.split(".")
    for part in path:
        owner = getattr(owner, part)
    work: Callable[..., Any] = getattr(owner, name)
    armed = [True]

    @functools.wraps(work)
    async def deadly(*args: Any, **kwargs: Any) -> Any:
        if armed and moment == "before":
            armed.clear()
            _kill(victims)
        answer = await work(*args, **kwargs)
        if armed and moment == "after":
            armed.clear()
            _kill(victims)
        return answer

    setattr(owner, name, deadly)


def _kill(victims: list[int]) -> None:
    # ourselves last, or nobody would kill the others
    for victim in sorted(victims, key=lambda number: number == os.getpid()):
        os.kill(victim, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
