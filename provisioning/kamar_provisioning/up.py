"""``kamar up``: makes a server where there is none, starts it, and says how to get in once it is healthy."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from kamar.errors import KamarError
from kamar.settings import Settings
from kamar.state import State
from kamar_provisioning import links, run_file, sentences, synapse
from kamar_provisioning.command import add_state
from kamar_provisioning.directory import open_directory
from kamar_provisioning.down import stop
from kamar_provisioning.health import until_healthy
from kamar_provisioning.log_file import LogFile
from kamar_provisioning.ports import held
from kamar_provisioning.prepare import keep_ports, prepare, settle
from kamar_provisioning.process import Process, serve_process
from kamar_provisioning.site import open_site
from kamar_provisioning.supervisor import Child, Supervisor
from kamar_provisioning.terminal import addresses, qr, step
from kamar_store.site import Site

RESTARTS_MAX = 4  # of one child before the server was ever healthy
LAST_WORDS = 3  # lines of a crashing child to show


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--port", type=int, metavar="PORT", help="port portal; disimpan di kamar.toml")
    parser.add_argument("--public-url", metavar="URL", help="alamat https portal untuk umum; disimpan di kamar.toml")
    parser.add_argument("--detach", action="store_true", help="kembali setelah server sehat; server tetap berjalan")
    parser.add_argument("--demo", action="store_true", help="isi desa contoh (Sukaresmi), ditandai sebagai contoh")


def run(arguments: argparse.Namespace) -> int:
    """Prepare, start, and stay until Ctrl-C (or, with ``--detach``, until healthy)."""
    state = State(arguments.state.resolve())
    open_directory(state)
    with run_file.only_one(state):
        settings = _prepared(state, arguments)
        processes = (*synapse.processes(settings, state), serve_process(state))
        step(sentences.STARTING)
        if not arguments.detach:
            return asyncio.run(_foreground(settings, state, processes, demo=arguments.demo))
        _fork(state, processes)
    return _watch_start(settings, state, demo=arguments.demo)


def _prepared(state: State, arguments: argparse.Namespace) -> Settings:
    settings = settle(state, arguments.port, arguments.public_url)
    with ExitStack() as stack:
        settings = keep_ports(state, settings, stack.enter_context(held(settings)))
        asyncio.run(prepare(settings, state, datetime.now(UTC)))
    return settings


async def _foreground(settings: Settings, state: State, processes: Sequence[Process], *, demo: bool) -> int:
    """Supervise in this process; announce the server once it is healthy."""
    log = LogFile(state.log)
    supervisor = _supervisor(state, processes, log)
    running = asyncio.create_task(_supervise(state, supervisor, log))
    announcing = asyncio.create_task(_announce(settings, state, demo=demo, hint=sentences.STOP_HINT))
    await asyncio.wait({running, announcing}, return_when=asyncio.FIRST_COMPLETED)
    failed = announcing.done() and announcing.exception() is not None
    if failed:
        supervisor.stop()
    announcing.cancel()
    await running
    if failed:
        announcing.result()
    print(sentences.STOPPED)
    return 0


def _watch_start(settings: Settings, state: State, *, demo: bool) -> int:
    """Return when the server in the background is healthy; stop it when it does not get there."""
    try:
        asyncio.run(_announce(settings, state, demo=demo, hint=sentences.STOP_HINT_DETACHED))
    except BaseException:
        stop(state)
        raise
    return 0


def _fork(state: State, processes: Sequence[Process]) -> None:
    """Let a child supervise in a session of its own; it inherits the server's lock."""
    sys.stdout.flush()
    if os.fork() > 0:
        return
    code = 1
    log = LogFile(state.log)
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        asyncio.run(_supervise(state, _supervisor(state, processes, log), log))
        code = 0
    except BaseException:  # noqa: BLE001  nobody is above us
        log.write("kamar", traceback.format_exc())
    finally:
        os._exit(code)


def _supervisor(state: State, processes: Sequence[Process], log: LogFile) -> Supervisor:
    started = datetime.now(UTC)

    def write(children: tuple[Child, ...]) -> None:
        with contextlib.suppress(OSError):  # a full disk must not take the server down with it
            run_file.write(state, run_file.Run(os.getpid(), started, children))

    return Supervisor(processes, log, write)


async def _supervise(state: State, supervisor: Supervisor, log: LogFile) -> None:
    try:
        await supervisor.run()
    finally:
        run_file.remove(state)
        log.close()


async def _announce(settings: Settings, state: State, *, demo: bool, hint: str) -> None:
    """Wait until the server is healthy, fill the demonstration, and show the ways in.

    Raises:
        KamarError: ``not_healthy``.
    """
    site = open_site(state, settings)
    try:
        await _until_healthy(site)
        if demo:
            from kamar_provisioning.demo import fill

            step(sentences.FILLING_DEMO)
            await fill(site)
        invitation = await links.invite_link(site)
        print(f"\n{sentences.READY}\n")
        print(addresses(settings, await links.admin_link(site, datetime.now(UTC)), invitation))
        if invitation:
            print("\n" + qr(invitation, local_only=settings.local_only))
        print(hint, flush=True)
    finally:
        await site.store.close()


async def _until_healthy(site: Site) -> None:
    def crashing() -> bool:
        run = run_file.running(site.state)
        return run is not None and any(child.restarts >= RESTARTS_MAX for child in run.children)

    problems = await until_healthy(site.settings, site.state, hopeless=crashing)
    if problems:
        said = "\n".join([*problems, *_last_words(site.state)])
        raise KamarError("not_healthy", problems=said, log=str(site.state.log))


def _last_words(state: State) -> list[str]:
    """Return what every child that keeps crashing said last."""
    run = run_file.running(state)
    crashing = [child.name for child in (run.children if run else ()) if child.restarts]
    said = [line.split(maxsplit=2) for line in state.log.read_text().splitlines()]
    return [
        f"  {name}: {words[2].strip()}"
        for name in crashing
        for words in [line for line in said if line[1] == name and len(line) > 2][-LAST_WORDS:]
    ]
