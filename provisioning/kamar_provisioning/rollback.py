"""``kamar rollback``: undo a plan that was carried out, while nothing newer depends on it."""

from __future__ import annotations

import argparse
from datetime import datetime

from kamar_provisioning.apply import finish
from kamar_provisioning.mandate_terminal import add_common
from kamar_store import restructure as plans
from kamar_store.site import Site
from kamar_store.store import Db


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=True)
    parser.add_argument("plan", metavar="NOMOR", type=int, help="nomor rencana, dari: ./kamar plan")
    parser.add_argument("--no-wait", action="store_true", help="jangan menunggu sampai selesai")


def run(arguments: argparse.Namespace) -> int:
    """Order it, and watch."""

    async def work(site: Site, db: Db, now: datetime) -> plans.Kept:
        await plans.undo(db, site.organisation, None, arguments.plan, now)
        return await plans.get(db, arguments.plan)

    return finish(arguments, work)
