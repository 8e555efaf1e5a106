"""``kamar gather``: whom a team gathers: the officers of wilayah, and members who agree."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime

from kamar.belonging import Gathered
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import check
from kamar.state import State
from kamar_provisioning import sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.site import open_site
from kamar_store import gathering, node
from kamar_store.site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("node", metavar="SIMPUL", help="tim yang mengumpulkan, misalnya tim/dapil-jabar-7")
    parser.add_argument(
        "sources", nargs="*", metavar="WILAYAH[:members]", help="pengurus wilayah ini, dengan :members warganya diajak"
    )
    parser.add_argument("--json", action="store_true", help="keluaran untuk program")
    parser.add_argument("--dry-run", action="store_true", help="hanya tunjukkan, tanpa mengubah")


def run(arguments: argparse.Namespace) -> int:
    """Write what is gathered where sources are named, and show it."""
    wanted = [_source(text) for text in arguments.sources]
    site = open_site(State(arguments.state.resolve()))
    found = asyncio.run(_work(site, check(arguments.node), [] if arguments.dry_run else wanted))
    shown = wanted if arguments.dry_run else found
    if arguments.json:
        print(json.dumps([{"source": source, "who": who} for source, who in shown]))
    else:
        print("\n".join(f"{source}  {who}" for source, who in shown) or sentences.NOTHING_FOUND)
    return 0


async def _work(site: Site, path: NodePath, wanted: list[tuple[NodePath, Gathered]]) -> list[tuple[NodePath, Gathered]]:
    now = datetime.now(UTC)
    try:
        async with site.store.write() as db:
            for each in (path, *(source for source, _who in wanted)):
                await node.in_force(db, each)
            if wanted:
                await gathering.set_sources(db, path, wanted, now)
            return [(each.source, each.who) for each in await gathering.sources(db, path)]
    finally:
        await site.store.close()


def _source(text: str) -> tuple[NodePath, Gathered]:
    path, _colon, who = text.partition(":")
    if who not in ("", *Gathered):
        raise KamarError("node_malformed", path=text)
    return check(path), Gathered(who or Gathered.OFFICERS)
