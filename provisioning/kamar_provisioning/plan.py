"""``kamar plan``: what a plan of restructuring would do; ``--propose`` keeps it; without a file, all plans."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from kamar.errors import KamarError
from kamar.restructure import Diff, PlanError
from kamar.restructure_file import read
from kamar.restructure_json import diff_to_json
from kamar_provisioning.mandate_terminal import add_common, carry_out
from kamar_provisioning.restructure_terminal import show_diff, show_list, show_problems, told
from kamar_provisioning.seating import rules_of
from kamar_provisioning.sentences import explain
from kamar_store import restructure as plans
from kamar_store.site import Site
from kamar_store.store import Db

PROPOSED = "Rencana {number} menunggu persetujuan pengurus lain di portal: /pengurus/rencana/{number}"
SIZE_MAX = 2_000_000  # bytes of a file


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_common(parser, changes=True)
    parser.add_argument("file", metavar="BERKAS", nargs="?", help="berkas rencana, atau - untuk masukan baku")
    parser.add_argument("--propose", action="store_true", help="simpan, supaya pengurus dapat menyetujuinya")
    parser.add_argument("--show", type=int, metavar="NOMOR", help="tampilkan rencana yang tersimpan")
    parser.add_argument("--title", default="", metavar="JUDUL", help="judul, bila berkasnya tidak menyebut")


def run(arguments: argparse.Namespace) -> int:
    """Show what would change, or what there is."""
    try:
        return _run(arguments)
    except PlanError as error:
        if arguments.json:
            problems = [{"line": line, "code": each.code, "words": explain(each)} for line, each in error.problems]
            print(json.dumps({"problems": problems}, indent=2, ensure_ascii=False))
        else:
            print(show_problems(error), file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        return _stored(arguments)
    text = _text(arguments.file)

    async def work(site: Site, db: Db, now: datetime) -> tuple[Diff, int | None]:
        rules = rules_of(site.settings.rooms)
        asked = read(text, title=arguments.title or Path(arguments.file).stem)
        diff = await plans.preview(db, site.organisation, rules, asked, now)
        if not arguments.propose:
            return diff, None
        return diff, await plans.propose(db, site.organisation, rules, None, text, now, title=asked.title)

    diff, number = carry_out(arguments.state, work, write=arguments.propose, trial=arguments.dry_run)
    if arguments.json:
        print(json.dumps({"plan": number, **diff_to_json(diff)}, indent=2, ensure_ascii=False))
        return 0
    print(show_diff(diff))
    if number is not None and not arguments.dry_run:
        print(PROPOSED.format(number=number))
    return 0


def _stored(arguments: argparse.Namespace) -> int:
    async def work(site: Site, db: Db, now: datetime) -> list[plans.Kept]:
        del site, now
        return [await plans.get(db, arguments.show)] if arguments.show else await plans.latest(db)

    found: list[plans.Kept] = carry_out(arguments.state, work, write=False)
    if arguments.json:
        value: Any = [told(each) | ({"diff": diff_to_json(each.diff)} if arguments.show else {}) for each in found]
        print(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        print(show_diff(found[0].diff) if arguments.show else show_list(found))
    return 0


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(SIZE_MAX + 1) if file == "-" else Path(file).read_bytes()
        if len(raw) > SIZE_MAX:
            raise PlanError([(0, KamarError("plan_long", most=20_000))])
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KamarError("not_readable", file=file) from error
