"""``kamar treaty``: guests of another organisation in an alliance's rooms, until a day."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime

from kamar.ids import NodePath
from kamar.node import check
from kamar.state import State
from kamar_provisioning import sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.site import open_site
from kamar_store import node, treaty
from kamar_store.site import Site
from kamar_store.treaty import Treaty


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("node", metavar="SIMPUL", help="misalnya aliansi/walhi")
    parser.add_argument("organisation", nargs="?", metavar="ORGANISASI", help="nama organisasi tamu")
    parser.add_argument("until", nargs="?", metavar="TANGGAL", type=_day, help="hari terakhir, misalnya 2027-03-31")
    parser.add_argument("--json", action="store_true", help="keluaran untuk program")
    parser.add_argument("--dry-run", action="store_true", help="hanya tunjukkan, tanpa mengubah")


def run(arguments: argparse.Namespace) -> int:
    """Conclude or prolong a treaty where one is named, and show it; none is exit code 1."""
    site = open_site(State(arguments.state.resolve()))
    new = (arguments.organisation, arguments.until) if arguments.until and not arguments.dry_run else None
    found = asyncio.run(_work(site, check(arguments.node), new))
    if arguments.json:
        print(json.dumps(None if found is None else {**_shown(found)}))
    else:
        print(sentences.NOTHING_FOUND if found is None else "  ".join(_shown(found).values()))
    return int(found is None and not arguments.dry_run)


async def _work(site: Site, path: NodePath, new: tuple[str, datetime] | None) -> Treaty | None:
    try:
        async with site.store.write() as db:
            await node.in_force(db, path)
            if new is not None:
                await treaty.conclude(db, path, *new)
            return await treaty.get(db, path)
    finally:
        await site.store.close()


def _shown(found: Treaty) -> dict[str, str]:
    return {"node": found.node, "organisation": found.organisation, "until": found.until.isoformat()}


def _day(text: str) -> datetime:
    """Return the end of a day."""
    return datetime.fromisoformat(text).replace(hour=23, minute=59, tzinfo=UTC)
