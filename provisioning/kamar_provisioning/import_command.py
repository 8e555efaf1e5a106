"""``kamar import pengurus FILE``: an existing structure from a table, checked whole, written whole or not at all."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from kamar.errors import KamarError
from kamar.officers_import import COLUMNS, ROWS_MAX, SAMPLE, read_lines
from kamar.referral import spoken
from kamar.state import State
from kamar_bridges import sheet
from kamar_provisioning import sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.sentences import explain
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import Bar
from kamar_store import officers_import
from kamar_store.officers_import import Invite, Report
from kamar_store.site import Site

CHECKING = "Memeriksa baris"
WRITING = "Menulis mandat"
FAULT = "  baris {line}, kolom {column}: {what}"
INVITATION = "  baris {line}: {name}, {title} {place}: {code}"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("what", choices=["pengurus"], metavar="pengurus", help="yang diimpor")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV atau XLSX")
    parser.add_argument("--dry-run", action="store_true", help="periksa saja, tidak menulis apa pun")
    parser.add_argument("--json", action="store_true", help="tulis laporan sebagai JSON")
    parser.add_argument("--template", action="store_true", help="buat FILE sebagai contoh isian, lalu berhenti")


def run(arguments: argparse.Namespace) -> int:
    """Import, or say row by row why not; then the exit code is 1."""
    file: Path = arguments.file
    if arguments.template:
        rows = [COLUMNS, *SAMPLE]
        write = sheet.write_csv(rows) if file.suffix.lower() == ".csv" else sheet.write_xlsx("pengurus", rows)
        file.write_bytes(write)
        print(sentences.TEMPLATE_WRITTEN.format(file=file))
        return 0
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KamarError("not_readable", file=str(file)) from error
    state = State(arguments.state.resolve())
    return asyncio.run(_import(state, data, dry_run=arguments.dry_run, as_json=arguments.json))


async def _import(state: State, data: bytes, *, dry_run: bool, as_json: bool) -> int:
    lines = read_lines(sheet.read_sheet(data, ROWS_MAX))
    site = open_site(state)
    now = datetime.now(UTC)
    try:
        async with site.store.read() as db:
            bar = officers_import.unseen if as_json else Bar(CHECKING)
            server = site.settings.server.name
            report = await officers_import.check_lines(db, site.organisation, server, None, lines, now, bar)
        invited: list[tuple[Invite, str]] = []
        written = 0
        if not (dry_run or report.faults):
            written, invited = await _write(site, report, now, officers_import.unseen if as_json else Bar(WRITING))
    finally:
        await site.store.close()
    if as_json:
        print(json.dumps(_as_json(report, written, invited), ensure_ascii=False, indent=2))
    else:
        _tell(report, written, invited, dry_run=dry_run)
    return 1 if report.faults else 0


async def _write(
    site: Site, report: Report, now: datetime, progress: officers_import.Progress
) -> tuple[int, list[tuple[Invite, str]]]:
    async with site.store.write() as db:
        written = await officers_import.carry_out(db, site.organisation, None, report, now, progress)
        code = site.settings.server.code
        return written, await officers_import.invite(db, code, SystemRandom(), report.invites, now)


def _tell(report: Report, written: int, invited: list[tuple[Invite, str]], *, dry_run: bool) -> None:
    for fault in report.faults[: officers_import.FAULTS_MAX]:
        print(FAULT.format(line=fault.line, column=fault.column, what=explain(fault.error)))
    if report.faults:
        print(sentences.IMPORT_REFUSED.format(rows=report.rows, faults=len(report.faults)))
        return
    if dry_run:
        print(sentences.IMPORT_WOULD.format(ready=len(report.ready), invites=len(report.invites)))
        return
    print(sentences.IMPORT_DONE.format(written=written))
    if invited:
        print(sentences.IMPORT_INVITED)
    for each, code in invited:
        print(INVITATION.format(line=each.line, name=each.name, title=each.title, place=each.place, code=spoken(code)))


def _as_json(report: Report, written: int, invited: list[tuple[Invite, str]]) -> dict[str, Any]:
    codes = {each.line: code for each, code in invited}
    return {
        "rows": report.rows,
        "ready": len(report.ready),
        "written": written,
        "faults": [
            {"line": fault.line, "column": fault.column, "code": fault.error.code, "what": explain(fault.error)}
            for fault in report.faults
        ],
        "invitations": [
            {"line": each.line, "name": each.name, "node": each.node, "title": each.title, "code": codes.get(each.line)}
            for each in report.invites
        ],
    }
