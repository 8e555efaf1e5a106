"""``kamar settings FILE``: whether a settings file is right, before a server is given it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kamar.settings import parse
from kamar_provisioning import sentences
from kamar_provisioning.settings_file import document

STDIN = Path("-")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "file", type=Path, metavar="BERKAS", help="kamar.toml yang diperiksa; - berarti masukan standar"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the file; every mistake in it becomes part of the one error."""
    file: Path = arguments.file
    parse(document(sys.stdin.read() if file == STDIN else file.read_text(), file))
    print(sentences.SETTINGS_RIGHT)
    return 0
