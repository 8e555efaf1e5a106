"""What a host without any way out needs, kept in ``.cache/hosts``: a Debian, Debian packages, and Python wheels.

This machine's package index is used as it is set up here; nothing of that set-up reaches the hosts or a committed file.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "hosts"
BLANK = (
    "systemd",
    "systemd-sysv",
    "libpam-systemd",
    "dbus",
    "python3",
    "openssh-server",
    "iproute2",
    "ca-certificates",
)
WANTED = ("postgresql", "nginx", "python3-venv", "python3-apt")  # what the roles install
LOCK = ROOT / "requirements.lock"


def debian() -> Path:
    """Return the tree of a Debian as small as an installer leaves it, made once: about a minute."""
    kept = _kept("debian", *BLANK)
    if not kept.exists():
        with _draft(kept) as draft:
            options = [f"--aptopt={file}" for file in sorted(Path("/etc/apt/apt.conf.d").glob("99*"))]
            sources = [str(file) for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources"))]
            sources = sources or ["/etc/apt/sources.list"]
            include = f"--include={','.join(BLANK)}"
            _run("mmdebstrap", "--quiet", "--variant=apt", include, *options, _suite(), str(draft), *sources)
    return kept


def debs(tree: Path) -> Path:
    """Return an apt repository with the packages of the roles and all they need."""
    kept = _kept("debs", *BLANK, *WANTED)
    if not kept.exists():
        with _draft(kept) as draft, overlay(tree) as root:
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            shutil.copy("/etc/hosts", root / "etc/hosts")
            inside = ("chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
            _run(*inside, "update")
            _run(*inside, "install", "--download-only", "--yes", "--no-install-recommends", *WANTED)
            draft.mkdir()
            for file in (root / "var/cache/apt/archives").glob("*.deb"):
                shutil.copy(file, draft)
            index = _run("dpkg-scanpackages", "--multiversion", ".", cwd=draft)
            (draft / "Packages").write_text(index)
    return kept


def wheels(tree: Path) -> Path:
    """Return the locked packages as wheels, for the Python of ``tree``."""
    python = (tree / "usr/bin/python3").readlink().name.removeprefix("python")
    kept = _kept("wheels", python, LOCK.read_text())
    if not kept.exists():
        with _draft(kept) as draft:
            pip = (sys.executable, "-m", "pip", "download", "-qq", "--require-hashes", "--only-binary=:all:")
            _run(*pip, f"--python-version={python}", "-r", str(LOCK), "-d", str(draft))
    return kept


@contextmanager
def overlay(*lower: Path) -> Iterator[Path]:
    """Give a tree that may be written to over others that stay as they are; everything written is gone at the end."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE, prefix="overlay-") as scratch:
        upper, work, merged = (Path(scratch, name) for name in ("upper", "work", "merged"))
        for directory in (upper, work, merged):
            directory.mkdir()
        layers = f"lowerdir={':'.join(map(str, lower))},upperdir={upper},workdir={work}"
        _run("mount", "-t", "overlay", "overlay", "-o", layers, str(merged))
        try:
            yield merged
        finally:
            _run("umount", "--recursive", str(merged))


@contextmanager
def _draft(kept: Path) -> Iterator[Path]:
    """Give a path to fill; it takes the place of ``kept`` when it is whole."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        yield draft
        for older in kept.parent.glob(f"{kept.name.partition('-')[0]}-*"):
            if older != draft:
                shutil.rmtree(older)
        draft.rename(kept)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _kept(name: str, *content: str) -> Path:
    digest = hashlib.sha256("\n".join((_suite(), *content)).encode()).hexdigest()[:12]
    return CACHE / f"{name}-{digest}"


def _suite() -> str:
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def _run(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv[0]}: {done.stderr[-2000:]}"
    return done.stdout


def prepare() -> tuple[Path, Path, Path]:
    """Return tree, repository and wheels, made where they are missing."""
    tree = debian()
    return tree, debs(tree), wheels(tree)
