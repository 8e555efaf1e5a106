"""``kamar lock``: pins every dependency with its hashes, in files that name no package index."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from kamar_provisioning.repository import root

OLDEST = "3.11"  # the Python of Debian 12; the files hold for every later one too
BOOTSTRAP = "hatchling>=1.27\nuv\n"  # what ./kamar itself needs before it can install the rest
PLAIN = ("--universal", "--python-version", OLDEST, "--generate-hashes", "--no-header", "--quiet")
NO_HOSTS = ("--no-emit-index-url", "--no-emit-find-links")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--upgrade", action="store_true", help="ambil versi terbaru yang diperbolehkan pyproject.toml")


def run(arguments: argparse.Namespace) -> int:
    """Write the three lock files; versions stay as they are unless ``--upgrade`` is given."""
    upgrade = ("--upgrade",) if arguments.upgrade else ()
    _compile("requirements-dev.lock", ("pyproject.toml", "--extra", "dev", *upgrade))
    # A server runs exactly the versions that were tested.
    _compile("requirements.lock", ("pyproject.toml", "--extra", "up", "--constraint", "requirements-dev.lock"))
    _compile("requirements-bootstrap.lock", ("-", *upgrade), BOOTSTRAP)
    return 0


def _compile(output: str, sources: tuple[str, ...], text: str = "") -> None:
    uv = Path(sys.executable).with_name("uv")
    argv = (str(uv), "pip", "compile", *sources, *PLAIN, *NO_HOSTS, "-o", output)
    subprocess.run(argv, cwd=root(), input=text, text=True, check=True, stdout=subprocess.DEVNULL)
    print(f"· {output}")
