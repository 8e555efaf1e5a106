"""``kamar vault``: proves that the log of who read what is whole; ``--rotate`` seals everything with a new key."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime

from kamar.state import State
from kamar_provisioning.command import add_state
from kamar_provisioning.settings_file import load
from kamar_store import mandate_scan, persona, vault, vault_access, vault_key
from kamar_store.store import Store, connect

WHOLE = "Catatan akses utuh."
BROKEN = "Catatan akses rusak mulai baris {row}: ada yang mengubah atau menghapusnya."
ROTATED = "{count} isian disegel dengan kunci baru. Kunci lama dibuang pada penggantian berikutnya."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--rotate", action="store_true", help="ganti kunci dan segel ulang semua isian")


def run(arguments: argparse.Namespace) -> int:
    """Check the log, and change the key where asked; 1 when the log is broken."""
    state = State(arguments.state.resolve())
    settings = load(state)
    return asyncio.run(_work(state, connect(settings.database.url, state.registry), rotate=arguments.rotate))


async def _work(state: State, store: Store, *, rotate: bool) -> int:
    try:
        if rotate:
            print(ROTATED.format(count=await change_key(state, store)))
        async with store.read() as db:
            broken = await vault_access.first_broken(db)
    finally:
        await store.close()
    print(WHOLE if broken is None else BROKEN.format(row=broken))
    return int(broken is not None)


async def change_key(state: State, store: Store) -> int:
    """Seal everything with a new key; a running server may go on, it reads the file each time."""
    now = datetime.now(UTC)
    await _rotate(store, vault_key.load(state), now)  # what a change that was broken off left behind
    return await _rotate(store, vault_key.add(state), now)


async def _rotate(store: Store, keys: vault_key.Keys, now: datetime) -> int:
    contacts, links = await vault.rotate(store, keys, now), await persona.rotate(store, keys, now)
    return contacts + links + await mandate_scan.rotate(store, keys, now)
