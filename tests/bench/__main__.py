"""Runs benchmarks: ``python -m tests.bench NAME... [--json FILE]`` from the repository's root.

Each is a module beside this one, ``open-kamar`` in ``open_kamar.py``, with ``async def run(options) -> list[Result]``.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
import time
from pathlib import Path

from tests.bench.report import Result, table, write_json


def main() -> int:
    """Run the named benchmarks; a missed goal is shown, and is no error."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="+")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--members", type=int, help="where the size matters")
    options = parser.parse_args()
    results: list[Result] = []
    for name in options.names:
        module = importlib.import_module(f"tests.bench.{name.replace('-', '_')}")
        began = time.monotonic()
        found = asyncio.run(module.run(options))
        print(f"\n{name} ({time.monotonic() - began:.0f} s)\n\n{table(found)}", flush=True)
        results += found
        if options.json:
            write_json(results, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
