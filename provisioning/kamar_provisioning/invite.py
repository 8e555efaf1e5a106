"""``kamar invite``: the server's own invitation, or a new one that carries a node, as link and QR code."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from random import SystemRandom

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import check
from kamar.referral import new_code
from kamar.state import State
from kamar_provisioning import links
from kamar_provisioning.command import add_state
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import qr
from kamar_store import node, referral
from kamar_store.ready import is_ready
from kamar_store.site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--node", metavar="SIMPUL", help="kode baru untuk satu simpul, misalnya jaringan/ojol")


def run(arguments: argparse.Namespace) -> int:
    """Show the invitation."""
    state = State(arguments.state.resolve())
    settings = load(state)
    link = asyncio.run(_link(open_site(state, settings), arguments.node))
    if link is None:
        raise KamarError("no_server", state=str(state.root))
    print(qr(link, local_only=settings.local_only))
    return 0


async def _link(site: Site, path: str | None) -> str | None:
    try:
        if path is not None and await is_ready(site.store):
            return await _for_node(site, check(path))
        return await links.invite_link(site) if await is_ready(site.store) else None
    finally:
        await site.store.close()


async def _for_node(site: Site, path: NodePath) -> str:
    """Make a code whose bearer is seated at a node."""
    code = new_code(site.settings.server.code, SystemRandom())
    async with site.store.write() as db:
        await node.in_force(db, path)
        await referral.create(db, code, None, path, datetime.now(UTC))
    return f"{site.settings.portal_url}/g/{code}"
