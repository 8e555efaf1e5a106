"""``kamar preflight pengurus``: shares of full boards and of women in them, against what ``organisasi.toml`` asks."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import Any

from kamar.board import LevelReport, report
from kamar.wilayah import ROOT
from kamar_provisioning.mandate_terminal import add_common, carry_out, node_of
from kamar_store import board
from kamar_store.site import Site
from kamar_store.store import Db

LINE = (
    "{mark} {level}: {full} dari {nodes} lengkap ({share:.1f} %, perlu {asked:.0f} %); "
    "perempuan cukup di {enough} dari {told} yang dihitung (perlu {women:.0f} %), {untold} belum dihitung"
)
NONE = "organisasi.toml tidak meminta apa-apa ([board.*] kosong)."
HOW = "Jenis kelamin tidak disimpan; pengurus menghitung sendiri: ./kamar mandate women SIMPUL JUMLAH."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=False)
    parser.add_argument("what", choices=["pengurus"], metavar="APA", help="pengurus: kepengurusan yang lengkap")
    parser.add_argument("--node", type=node_of, default=ROOT, metavar="SIMPUL", help="hanya di bawah simpul ini")


def run(arguments: argparse.Namespace) -> int:
    """Show one line for each level; exit code 1 as long as something is missing."""

    async def work(site: Site, db: Db, now: datetime) -> tuple[LevelReport, ...]:
        organisation = site.organisation
        found = await board.boards(db, organisation, arguments.node, now)
        return report(organisation.thresholds, await board.places(db, organisation, arguments.node), found)

    lines: tuple[LevelReport, ...] = carry_out(arguments.state, work, write=False)
    counted = [line for line in lines if line.nodes]
    if arguments.json:
        print(json.dumps([_plain(line) for line in counted], ensure_ascii=False, indent=2))
    else:
        print("\n".join([*(_words(line) for line in counted), HOW] if counted else [NONE]))
    return 0 if all(line.met for line in counted) else 1


def _words(line: LevelReport) -> str:
    return LINE.format(
        mark="✓" if line.met else "✗",
        level=line.level,
        full=line.full,
        nodes=line.nodes,
        share=100 * line.full_share,
        asked=100 * line.asked.full,
        enough=line.enough_women,
        told=line.told,
        women=100 * line.asked.women,
        untold=line.full - line.told,
    )


def _plain(line: LevelReport) -> dict[str, Any]:
    return {
        "level": line.level,
        "nodes": line.nodes,
        "full": line.full,
        "full_share": round(line.full_share, 4),
        "full_asked": line.asked.full,
        "women_told": line.told,
        "women_enough": line.enough_women,
        "women_asked": line.asked.women,
        "met": line.met,
    }
