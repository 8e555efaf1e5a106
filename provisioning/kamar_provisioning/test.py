"""``kamar test``: every check, then every test; pytest's summary comes last."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from kamar_provisioning import sentences
from kamar_provisioning.repository import root

CHECKS = {
    "ruff": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "--quiet", "."),
    "mypy": ("mypy",),
    "lint-imports": ("lint-imports",),
    "ansible-lint": ("ansible-lint", "--offline", "-q", "--nocolor", "ansible"),
}
UNIT = "not integration and not browser and not slow and not hosts"
SIDE_BY_SIDE = 4  # each starts Synapse, PostgreSQL and a browser of its own: about 2 GB
WITHOUT_HOSTS = "not hosts"  # those boot a Debian as root and take a quarter of an hour: asked for by name


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options; whatever else is given goes to pytest."""
    parser.add_argument("--unit", action="store_true", help="hanya tes yang cepat, tanpa server dan peramban")
    parser.add_argument("--hosts", action="store_true", help="juga tes ansible di Debian sungguhan (root, ~15 menit)")
    parser.add_argument("--checks", action="store_true", help=f"hanya pemeriksaan: {', '.join(CHECKS)}")
    parser.epilog = f"{parser.epilog}\nKata lain diteruskan ke pytest: ./kamar test -k undangan -x"


def run(arguments: argparse.Namespace) -> int:
    """Run all; the exit code is 0 only if nothing failed and nothing was skipped unawares."""
    failed = [] if arguments.unit else [name for name, argv in CHECKS.items() if not _passes(name, argv)]
    if arguments.checks:
        return 1 if failed else 0
    code = _call((sys.executable, "-m", "pytest", *_marks(arguments), *_side_by_side(arguments), *arguments.rest))
    if failed:
        print(sentences.CHECKS_FAILED.format(names=", ".join(failed)))
    return code or (1 if failed else 0)


def _marks(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.hosts:
        return ()
    return ("-m", UNIT if arguments.unit else WITHOUT_HOSTS)


def _side_by_side(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Run whole files side by side; the quick tests alone, and what is chosen by hand, start faster without."""
    processes = min(SIDE_BY_SIDE, os.cpu_count() or 1)
    if arguments.unit or arguments.rest or processes == 1:
        return ()
    return ("--numprocesses", str(processes), "--dist", "loadfile")


def _passes(name: str, argv: tuple[str, ...]) -> bool:
    began = time.monotonic()
    scripts = Path(sysconfig.get_path("scripts"))
    code = _call((str(scripts / argv[0]), *argv[1:]))
    print(f"· {name}: {'ok' if code == 0 else 'FAILED'} ({time.monotonic() - began:.1f} s)", flush=True)
    return code == 0


def _call(argv: tuple[str, ...]) -> int:
    return subprocess.run(argv, cwd=root(), env={**os.environ, "NO_COLOR": "1"}, check=False).returncode
