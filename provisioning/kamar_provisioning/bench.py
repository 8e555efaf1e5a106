"""``kamar bench``: measures, side by side with plain Synapse; the measurements live in ``tests/bench``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from kamar.errors import KamarError
from kamar_provisioning.repository import root


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    names = ", ".join(known())
    parser.add_argument("names", nargs="+", metavar="NAMA", help=f"apa yang diukur: {names}")
    parser.add_argument("--json", type=Path, metavar="BERKAS", help="tulis hasilnya juga sebagai JSON")
    parser.add_argument("--members", type=int, metavar="N", help="berapa anggota, untuk yang bergantung padanya")


def run(arguments: argparse.Namespace) -> int:
    """Run the benchmarks one after the other."""
    for name in arguments.names:
        if name not in known():
            raise KamarError("bench_unknown", name=name, known=", ".join(known()))
    options = ["--json", str(arguments.json.resolve())] if arguments.json else []
    options += ["--members", str(arguments.members)] if arguments.members else []
    argv = (sys.executable, "-m", "tests.bench", *arguments.names, *options)
    return subprocess.run(argv, cwd=root(), check=False).returncode


def known() -> list[str]:
    """Return the names of the benchmarks: the modules of ``tests/bench`` that have a ``run``."""
    found = sorted((root() / "tests" / "bench").glob("*.py"))
    return [file.stem.replace("_", "-") for file in found if "\nasync def run(" in file.read_text()]
