"""Keeps the server's processes running: starts them, writes their output into one log, starts the crashed again.

Nothing outlives it: SIGTERM or Ctrl-C stops every child within ten seconds, and when the supervisor itself is killed
(``kill -9``) the kernel kills its children, so that they cannot block the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kamar_provisioning.log_file import LogFile
from kamar_provisioning.process import Process

STOP_SECONDS = 8.0  # for a clean end; then SIGKILL, so that all is over within ten
BACKOFF_FIRST = 0.5  # seconds before the first restart; doubled each time
BACKOFF_MAX = 30.0
STEADY_SECONDS = 60.0  # a child that ran this long begins with the first delay again
LINE_MAX = 64 * 1024  # bytes; a longer line is cut in pieces
PR_SET_PDEATHSIG = 1  # prctl(2): the signal we get when our parent dies

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Child:
    """How one process is doing. ``pid`` is none while it waits to be started again."""

    name: str
    pid: int | None = None
    restarts: int = 0
    last_exit: int | None = None


class Supervisor:
    """Runs ``processes`` until :meth:`stop`; tells ``changed`` about every start and end."""

    def __init__(
        self,
        processes: Sequence[Process],
        log: LogFile,
        changed: Callable[[tuple[Child, ...]], None] = lambda _: None,
    ) -> None:
        self._processes = tuple(processes)
        self._log = log
        self._changed = changed
        self._children = {process.name: Child(process.name) for process in processes}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    @property
    def children(self) -> tuple[Child, ...]:
        """Return every child, in the order given."""
        return tuple(self._children.values())

    def stop(self) -> None:
        """Ask all to end; a second call ends them at once."""
        again = self._stopping.is_set()
        self._stopping.set()
        for running in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                running.send_signal(signal.SIGKILL if again else signal.SIGTERM)

    async def run(self) -> None:
        """Run until :meth:`stop` was called and every child has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        try:
            async with asyncio.TaskGroup() as group:
                for process in self._processes:
                    group.create_task(self._keep(process))
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)

    async def _keep(self, process: Process) -> None:
        """Run one child again and again."""
        delay = BACKOFF_FIRST
        while not self._stopping.is_set():
            began = time.monotonic()
            code = await self._once(process)
            if self._stopping.is_set():
                return
            delay = BACKOFF_FIRST if time.monotonic() - began > STEADY_SECONDS else delay
            self._log.write("kamar", f"{process.name} ended ({_ending(code)}), starting it again in {delay:g} s")
            child = self._children[process.name]
            self._set(replace(child, pid=None, restarts=child.restarts + 1, last_exit=code))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, BACKOFF_MAX)

    async def _once(self, process: Process) -> int:
        """Start one child, log what it says, and return its exit code."""
        running = await asyncio.create_subprocess_exec(
            *process.argv,
            env={**os.environ, **process.env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_MAX,
            process_group=0,  # Ctrl-C reaches only us; we tell the children
            preexec_fn=_dying_with(os.getpid()),
        )
        self._running[process.name] = running
        self._set(replace(self._children[process.name], pid=running.pid))
        self._log.write("kamar", f"{process.name} started, process {running.pid}")
        if self._stopping.is_set():  # asked to stop while the child was starting
            running.terminate()
        copying = asyncio.create_task(self._copy(process.name, running))
        ending = asyncio.create_task(running.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            await self._end(process.name, running, ending)
        stopping.cancel()
        code = await ending
        with contextlib.suppress(ProcessLookupError):  # what the child left behind in its process group
            os.killpg(running.pid, signal.SIGKILL)
        await asyncio.wait({copying}, timeout=1)  # a grandchild may hold the pipe open
        copying.cancel()
        del self._running[process.name]
        self._set(replace(self._children[process.name], pid=None))
        return code

    async def _end(self, name: str, running: asyncio.subprocess.Process, ending: asyncio.Task[int]) -> None:
        """Wait for a child that was asked to end; kill what does not."""
        done, _ = await asyncio.wait({ending}, timeout=STOP_SECONDS)
        if done:
            return
        self._log.write("kamar", f"{name} did not end within {STOP_SECONDS:g} s, killed")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)

    async def _copy(self, name: str, running: asyncio.subprocess.Process) -> None:
        """Write a child's output to the log, line by line, until it is closed."""
        assert running.stdout is not None
        while True:
            try:
                line = await running.stdout.readuntil()
            except asyncio.IncompleteReadError as error:
                line = error.partial
                if not line:
                    return
            except asyncio.LimitOverrunError as error:
                line = await running.stdout.read(error.consumed or LINE_MAX)
            self._log.write(name, line.decode(errors="replace"))

    def _set(self, child: Child) -> None:
        self._children[child.name] = child
        self._changed(self.children)


def _dying_with(parent: int) -> Callable[[], None]:
    """Return what a new child does first: ask the kernel for its death together with ``parent``."""

    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return ask


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"
