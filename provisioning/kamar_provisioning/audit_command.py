"""``kamar audit``: compare every official room with the registry now, repair what differs, and tell what that was."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from kamar.reconcile import TOLD_ONLY, What
from kamar.reconcile.words import WORDS
from kamar.state import State, read_secret
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning.audit import look, step
from kamar_provisioning.command import add_state
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import Bar
from kamar_store import audit as audits
from kamar_store import outbox
from kamar_store import reconcile as changed
from kamar_store.site import Site

PATIENCE = 120.0  # seconds for the repairs, which a running server may be carrying out
AGAIN = 0.5
REPAIRS = ("reconcile", "open", "seat", "shut")

LOOKING = "Memeriksa kamar resmi"
SAME = "{looked} kamar resmi diperiksa: semuanya sesuai dengan pembukuan."
DIFFERENT = "{looked} kamar resmi diperiksa, {found} perbedaan, {repaired} sudah diperbaiki."
WOULD = "{looked} kamar resmi diperiksa, {found} perbedaan. Tidak ada yang diubah (--dry-run)."
LEFT = "Sisanya dicoba lagi oleh server yang berjalan; lihat Kelola > Pekerjaan macet."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--json", action="store_true", help="sebagai JSON, untuk program lain")
    parser.add_argument("--dry-run", action="store_true", help="hanya periksa, jangan ubah apa pun")


def run(arguments: argparse.Namespace) -> int:
    """Audit; 0 when nothing differs any more."""
    state = State(arguments.state.resolve())
    site = open_site(state, load(state))
    report = asyncio.run(_work(site, repair=not arguments.dry_run, quiet=arguments.json))
    print(json.dumps(report, indent=2, ensure_ascii=False) if arguments.json else readable(report))
    return int(any(each["repaired_at"] is None and What(each["what"]) not in TOLD_ONLY for each in report["found"]))


async def _work(site: Site, *, repair: bool, quiet: bool) -> dict[str, Any]:
    try:
        async with Homeserver(site.settings.synapse_url) as homeserver:
            token = read_secret(site.state.secret("as_token"))
            desk = Desk(site, Matrix(homeserver, token), KamarModule(homeserver, token))
            return await repaired(desk, quiet=quiet) if repair else await looked(desk, quiet=quiet)
    finally:
        await site.store.close()


async def looked(desk: Desk, *, quiet: bool = True) -> dict[str, Any]:
    """Compare every room and change nothing."""
    after, count, found = 0, 0, []
    while (seen := await look(desk, after)).rooms:
        after, count = seen.rooms[-1].id, count + len(seen.rooms)
        now = desk.now()
        for each in seen.found:
            room = seen.by_id[each.room]
            found.append(audits.Found(room.key.node, room.key.kind.value, each.room, each.what, each.about, now, None))
        if not quiet:
            print(f"· {LOOKING}: {count}", flush=True)
    return _report(count, found, dry_run=True)


async def repaired(desk: Desk, *, quiet: bool = True) -> dict[str, Any]:
    """Audit every room, carry the repairs out, or wait for the running server to do so."""
    async with desk.site.store.write() as db:
        number = await audits.begin(db, desk.now())
    bar = None if quiet else Bar(LOOKING)
    while await step(desk, number, on=False):
        async with desk.site.store.read() as db:
            going = await audits.get(db, number)
        if bar is not None and going is not None:
            bar(min(going.looked, going.total), going.total)
    await _repairs(desk, number)
    async with desk.site.store.read() as db:
        going, found = await audits.get(db, number), await audits.found_by(db, number)
    assert going is not None
    return _report(going.looked, found, dry_run=False)


async def _repairs(desk: Desk, number: int) -> None:
    """Carry out what the audit marked; rows that a running server has in work are waited for."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await drain(desk, REPAIRS)
        async with desk.site.store.read() as db:
            nodes = {each.node for each in await audits.found_by(db, number) if each.repaired_at is None}
            if not await changed.pending(db, nodes) and not await outbox.any_of(db, REPAIRS):
                return
        await asyncio.sleep(AGAIN)


def _report(looked_at: int, found: Iterable[audits.Found], *, dry_run: bool) -> dict[str, Any]:
    rows = [
        {
            "node": each.node,
            "kind": each.kind,
            "room_id": each.room_id,
            "what": each.what.value,
            "about": each.about,
            "found_at": each.found_at.isoformat(),
            "repaired_at": None if each.repaired_at is None else each.repaired_at.isoformat(),
        }
        for each in found
    ]
    return {"looked": looked_at, "dry_run": dry_run, "found": rows}


def readable(report: Mapping[str, Any]) -> str:
    """Return a report in words."""
    found = report["found"]
    if not found:
        return SAME.format(looked=report["looked"])
    lines = [
        f"  {'✓' if each['repaired_at'] else '·'} {each['node']} ({each['kind']}): {WORDS[What(each['what'])]}"
        + (f" {each['about']}" if each["about"] else "")
        for each in found
    ]
    done = sum(each["repaired_at"] is not None for each in found)
    open_ones = [each for each in found if each["repaired_at"] is None and What(each["what"]) not in TOLD_ONLY]
    head = WOULD if report["dry_run"] else DIFFERENT
    lines.insert(0, head.format(looked=report["looked"], found=len(found), repaired=done))
    return "\n".join([*lines, *([LEFT] if open_ones and not report["dry_run"] else [])])
