"""A throw-away PostgreSQL for tests: loopback, random port, no durability, gone at the end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

START_SECONDS = 60
USER = "kamar"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def binaries() -> Path:
    """Return the directory that holds initdb and postgres, the newest version first.

    Raises:
        FileNotFoundError: no PostgreSQL server is installed here.
    """
    asked = os.environ.get("KAMAR_TEST_POSTGRES_BIN")
    found = [Path(asked)] if asked else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not found and (config := shutil.which("pg_config")):
        found = [Path(subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip())]
    for directory in found:
        if (directory / "initdb").exists():
            return directory
    raise FileNotFoundError("no PostgreSQL server here; install the package postgresql")


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """Run a cluster for ``directory`` (``data``, ``log``) and give the address of its empty database ``kamar``.

    PostgreSQL refuses root, so root runs it as ``postgres``, who may not enter pytest's directories: ``data`` is a link
    to a temporary directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="kamar-postgres-") as home:
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        link = directory / "data"
        link.symlink_to(Path(home) / "data")
        try:
            with _cluster(Path(home) / "data", directory / "log") as url:
                yield url
        finally:
            link.unlink()


@contextmanager
def _cluster(data: Path, log: Path) -> Iterator[str]:
    port = _free_port()
    _run("initdb", "-D", str(data), "-U", USER, "--locale=C", "--encoding=UTF8", "--no-sync", "--auth=trust")
    options = [part for option in FAST for part in ("-c", option)]
    address = ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
    command = [*_as_postgres(), str(binaries() / "postgres"), "-D", str(data), *address, *options]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd="/")
    try:
        _wait(port, server, log)
        _run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, "kamar")
        yield f"postgresql://{USER}@127.0.0.1:{port}/kamar"
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing here is to be kept
        server.wait(START_SECONDS)


def create_database(url: str, name: str) -> str:
    """Create another database in the cluster of ``url`` and return its address."""
    port = url.rpartition(":")[2].partition("/")[0]
    _run("createdb", "-h", "127.0.0.1", "-p", port, "-U", USER, "--template=template0", name)
    return f"{url.rpartition('/')[0]}/{name}"


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env"]


def _run(program: str, *arguments: str) -> None:
    command = [*_as_postgres(), str(binaries() / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr or done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    ready = [str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", USER]
    while subprocess.run(ready, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
        time.sleep(0.05)
