"""``kamar wilayah``: looks places up as the portal's search does."""

from __future__ import annotations

import argparse
import asyncio

from kamar.state import State
from kamar_provisioning import sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.settings_file import load
from kamar_provisioning.terminal import table
from kamar_store.store import connect
from kamar_store.wilayah_search import search


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("words", nargs="+", metavar="KATA", help="nama, kode pos, kode resmi, atau alamat")


def run(arguments: argparse.Namespace) -> int:
    """Show what was found, best first; nothing found is exit code 1."""
    state = State(arguments.state.resolve())
    found = asyncio.run(_search(state, " ".join(arguments.words)))
    print(table(found) if found else sentences.NOTHING_FOUND)
    return 0 if found else 1


async def _search(state: State, typed: str) -> dict[str, str]:
    store = connect(load(state).database.url, state.registry)
    try:
        async with store.read() as db:
            return {place.path: place.full_name for place in (await search(db, typed)).places}
    finally:
        await store.close()
