"""``kamar apply``: carry an approved plan out and show how far it is. ``kamar serve`` does the work."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from datetime import datetime

from kamar.restructure import PlanState
from kamar.restructure_words import STATES
from kamar.state import State
from kamar_provisioning.mandate_terminal import TRIAL, Work, add_common, carry_out
from kamar_provisioning.restructure_terminal import told
from kamar_provisioning.seating import rules_of
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import Bar
from kamar_store import restructure as plans
from kamar_store.restructure import Progress
from kamar_store.site import Site
from kamar_store.store import Db

AGAIN = 0.5  # seconds between two looks
PATIENCE = 600.0  # seconds of watching; the work goes on without us

WORKING = "Menjalankan rencana"
STILL = "Belum selesai. Server meneruskannya; lihat lagi: ./kamar plan"
PARKED = "{count} pekerjaan macet; lihat Kelola di portal."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=True)
    parser.add_argument("plan", metavar="NOMOR", type=int, help="nomor rencana, dari: ./kamar plan")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="tanpa persetujuan pengurus kedua; tercatat (hanya bila belum ada pengurus)",
    )
    parser.add_argument("--no-wait", action="store_true", help="jangan menunggu sampai selesai")


def run(arguments: argparse.Namespace) -> int:
    """Order it, and watch."""

    async def work(site: Site, db: Db, now: datetime) -> plans.Kept:
        rules = rules_of(site.settings.rooms)
        found = await plans.get(db, arguments.plan)
        if arguments.alone and found.state is PlanState.PROPOSED:
            await plans.approve(db, site.organisation, rules, None, found.id, found.hash, now, alone=True)
        await plans.begin(db, site.organisation, rules, None, found.id, now)
        return await plans.get(db, found.id)

    return finish(arguments, work)


def finish(arguments: argparse.Namespace, work: Work) -> int:
    """Carry ``work`` out, then watch its plan; shared with ``rollback``."""
    kept: plans.Kept = carry_out(arguments.state, work, write=True, trial=arguments.dry_run)
    if arguments.dry_run or arguments.no_wait:
        print(json.dumps(told(kept)) if arguments.json else TRIAL if arguments.dry_run else STATES[kept.state])
        return 0
    kept, progress = asyncio.run(_watch(State(arguments.state.resolve()), kept.id, quiet=arguments.json))
    over = kept.state in (PlanState.APPLIED, PlanState.UNDONE)
    if arguments.json:
        print(json.dumps({**told(kept), "percent": progress.percent, "parked": progress.parked}))
    else:
        print(f"{kept.title}: {STATES[kept.state]}" if over else STILL)
        if progress.parked:
            print(PARKED.format(count=progress.parked))
    return int(not over or bool(progress.parked))


async def _watch(state: State, number: int, *, quiet: bool) -> tuple[plans.Kept, Progress]:
    site = open_site(state)
    bar = None if quiet else Bar(WORKING)
    until = time.monotonic() + PATIENCE
    try:
        while True:
            async with site.store.read() as db:
                kept, progress = await plans.get(db, number), await plans.progress(db, number)
            over = kept.state in (PlanState.APPLIED, PlanState.UNDONE)
            whole = progress.effects_done + progress.parked >= progress.effects
            if bar is not None:
                bar(progress.percent, 100)
            if (over and whole) or time.monotonic() > until:
                return kept, progress
            await asyncio.sleep(AGAIN)
    finally:
        await site.store.close()
