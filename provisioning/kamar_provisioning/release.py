"""``kamar release DIR``: everything a host needs of this working copy, for ``ansible/``.

Writes our wheel, the locked requirements and the built web client (``chat.tar``), and prints one line: the release's
id, a hash of these files. The same working copy gives the same files, so that a host that has them is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import chat
from kamar_provisioning.repository import root

LOCK = "requirements.lock"
CHAT = "chat.tar"
ID_LENGTH = 16
FILE_MODE = 0o644


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="direktori untuk berkas rilis; isinya diganti")
    parser.add_argument("--without-chat", action="store_true", help="klien obrolan dibangun di server (perlu npm)")


def run(arguments: argparse.Namespace) -> int:
    """Make the files anew and print the release's id."""
    directory: Path = arguments.directory.resolve()
    source = root()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    _build_wheel(source, directory)
    shutil.copyfile(source / LOCK, directory / LOCK)
    if not arguments.without_chat:
        _build_chat(directory / CHAT)
    print(_id(directory))
    return 0


def _build_wheel(source: Path, directory: Path) -> None:
    """Build with the hatchling beside our Python.

    Raises:
        KamarError: ``release_failed``.
    """
    argv = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory))
    done = subprocess.run(argv, cwd=source, capture_output=True, text=True, check=False)
    if done.returncode:
        raise KamarError("release_failed", what=done.stderr.strip().rpartition("\n")[2])


def _build_chat(archive: Path) -> None:
    """Pack the built web client as ``kamar unit prepare`` looks for it in a cache directory."""
    with TemporaryDirectory() as scratch:
        state = State(Path(scratch))
        chat.build(state, lambda text: print(f"· {text} …", file=sys.stderr))
        with tarfile.open(archive, "w") as tar:
            for file in sorted(path for path in state.chat.rglob("*") if path.is_file()):
                name = chat.CACHED / chat.current() / file.relative_to(state.chat)
                content = file.read_bytes()
                entry = tarfile.TarInfo(str(name))  # without owner and time: the same build packs the same
                entry.size, entry.mode = len(content), FILE_MODE
                tar.addfile(entry, io.BytesIO(content))


def _id(directory: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(directory.iterdir()):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:ID_LENGTH]
