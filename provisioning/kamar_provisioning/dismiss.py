"""``kamar dismiss``: ends a mandate now, in the name of the server."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from kamar.mandate import MandateId
from kamar_provisioning.mandate_terminal import add_common, carry_out, show, told
from kamar_store import mandate as mandates
from kamar_store.site import Site
from kamar_store.store import Db


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=True)
    parser.add_argument("mandate", metavar="MANDAT", type=int, help="nomor mandat, dari: ./kamar mandate list SIMPUL")
    parser.add_argument("--reason", default="", metavar="ALASAN", help="alasannya; dibaca pengurus")


def run(arguments: argparse.Namespace) -> int:
    """End the mandate, and show it."""

    async def work(site: Site, db: Db, now: datetime) -> dict[str, Any]:
        number = MandateId(arguments.mandate)
        await mandates.dismiss_by(db, site.organisation, None, number, arguments.reason, now)
        return await told(site, db, await mandates.get(db, number), now)

    ended = carry_out(arguments.state, work, write=True, trial=arguments.dry_run)
    show(ended, as_json=arguments.json, trial=arguments.dry_run)
    return 0
