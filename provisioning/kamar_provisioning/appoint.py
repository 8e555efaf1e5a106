"""``kamar appoint``: gives an office, in the name of the server."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from kamar.mandate import Appointment
from kamar.organisation import OfficeCode
from kamar_provisioning.mandate_terminal import DATE, add_common, carry_out, day_of, moment, node_of, show, told, who
from kamar_store import mandate as mandates
from kamar_store import mandate_dispute
from kamar_store.site import Site
from kamar_store.store import Db


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=True)
    parser.add_argument("account", metavar="AKUN", help="akun yang diangkat, misalnya @k7f3q2")
    parser.add_argument("office", metavar="JABATAN", help="kode jabatan di organisasi.toml, misalnya ketua")
    parser.add_argument("node", metavar="SIMPUL", type=node_of, help="tempat jabatan, misalnya 32.16")
    parser.add_argument("--decree", default="", metavar="NOMOR", help="nomor SK")
    parser.add_argument("--from", dest="starts", type=day_of, metavar=DATE, help="mulai (bawaan: sekarang)")
    parser.add_argument("--until", type=day_of, metavar=DATE, help="berakhir (bawaan: masa jabatan menurut organisasi)")
    parser.add_argument("--acting", action="store_true", help="pelaksana tugas, sampai ada yang diangkat")
    parser.add_argument("--recorded", action="store_true", help="sudah diputuskan dulu, baru dicatat: boleh lampau")
    parser.add_argument(
        "--claim", action="store_true", help="bila kursi terisi: bekukan keduanya sampai tingkat di atas memutuskan"
    )


def run(arguments: argparse.Namespace) -> int:
    """Appoint, and show the mandate."""

    async def work(site: Site, db: Db, now: datetime) -> dict[str, Any]:
        holder = await who(site, db, arguments.account)
        wanted = Appointment(
            holder.id,
            OfficeCode(arguments.office),
            arguments.node,
            arguments.decree,
            moment(arguments.starts, arguments.node, now) or now,
            moment(arguments.until, arguments.node, now),
            arguments.acting,
        )
        give = mandate_dispute.claim if arguments.claim else mandates.appoint_by
        number = await give(db, site.organisation, None, wanted, now, recorded=arguments.recorded)
        return await told(site, db, await mandates.get(db, number), now)

    made = carry_out(arguments.state, work, write=True, trial=arguments.dry_run)
    show(made, as_json=arguments.json, trial=arguments.dry_run)
    return 0
