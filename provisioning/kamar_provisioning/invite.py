"""``kamar invite``: the server's own invitation, as link and QR code."""

from __future__ import annotations

import argparse
import asyncio

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import links
from kamar_provisioning.command import add_state
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import qr
from kamar_store.ready import is_ready
from kamar_store.site import Site


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the invitation."""
    state = State(arguments.state.resolve())
    settings = load(state)
    link = asyncio.run(_link(open_site(state, settings)))
    if link is None:
        raise KamarError("no_server", state=str(state.root))
    print(qr(link, local_only=settings.local_only))
    return 0


async def _link(site: Site) -> str | None:
    try:
        return await links.invite_link(site) if await is_ready(site.store) else None
    finally:
        await site.store.close()
