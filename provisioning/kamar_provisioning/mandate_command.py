"""``kamar mandate``: lists mandates and gaps, lends rights, decides disputes, draws decrees, proves the log."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kamar.errors import KamarError
from kamar.mandate import MandateId
from kamar.mandate_scan import MOST
from kamar.organisation import Right
from kamar_bridges import pdf
from kamar_provisioning.mandate_terminal import add_common, carry_out, node_of, show, told, who
from kamar_store import (
    board,
    delegation,
    mandate_decree,
    mandate_dispute,
    mandate_log,
    mandate_scan,
    vacancy,
    vault_key,
)
from kamar_store import mandate as mandates
from kamar_store.site import Site
from kamar_store.store import Db


@dataclass(frozen=True, slots=True)
class Task:
    """What a step works with."""

    arguments: argparse.Namespace
    site: Site
    db: Db
    now: datetime


Step = Callable[[Task], Awaitable[Any]]

WHOLE = "Catatan mandat utuh: {count} baris, sidik terakhir {hash}"
BROKEN = "Catatan mandat rusak mulai baris {row}: ada yang mengubah atau menghapusnya."
DRAWN = "Draf SK ditulis ke {file}"
EXAMPLES = """contoh: ./kamar mandate list 32.16
  ./kamar mandate vacant 32.16.19
  ./kamar mandate sk 17 sk.pdf
  ./kamar mandate scan 17 sk-bertanda-tangan.pdf
  ./kamar mandate lend @k7f3q2 @p4m8x2 32.16.19.2005 announce --days 30
  ./kamar mandate verify
  ./kamar mandate export --json > catatan.json"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the steps, each with its options."""
    parser.epilog = EXAMPLES
    steps = parser.add_subparsers(dest="step", metavar="LANGKAH", required=True)
    for name, explanation, changes in STEPS_HELP:
        step = steps.add_parser(name, help=explanation, description=explanation)
        add_common(step, changes=changes)
        _OPTIONS[name](step)


def run(arguments: argparse.Namespace) -> int:
    """Carry one step out."""
    changes = hasattr(arguments, "dry_run")
    trial = changes and arguments.dry_run

    async def work(site: Site, db: Db, now: datetime) -> Any:
        return await _STEPS[arguments.step](Task(arguments, site, db, now))

    result = carry_out(arguments.state, work, write=changes, trial=trial)
    if arguments.step == "verify":
        return _proved(result, as_json=arguments.json)
    if arguments.step == "sk":
        arguments.file.write_bytes(result)
        result = {"file": str(arguments.file)} if arguments.json else {"": DRAWN.format(file=arguments.file)}
    show(result, as_json=arguments.json, trial=trial)
    return 0


def _proved(result: dict[str, Any], *, as_json: bool) -> int:
    broken = result["broken"]
    if as_json:
        print(json.dumps(result))
    else:
        print(WHOLE.format(**result) if broken is None else BROKEN.format(row=broken))
    return int(broken is not None)


async def _list(task: Task) -> list[dict[str, Any]]:
    return [
        await told(task.site, task.db, each, task.now)
        for each in await mandates.at_node(task.db, task.arguments.node, task.now)
    ]


async def _vacant(task: Task) -> list[dict[str, Any]]:
    gaps = await vacancy.vacancies(task.db, task.site.organisation, task.arguments.node, task.now)
    waiting = await vacancy.offers(task.db, task.arguments.node)
    return [
        {
            "office": gap.office.code,
            "title": gap.office.title,
            "missing": gap.missing,
            "offers": [each.id for each in waiting if each.office == gap.office.code],
        }
        for gap in gaps
    ]


async def _verify(task: Task) -> dict[str, Any]:
    entries = [entry async for entry in mandate_log.entries(task.db)]
    last = entries[-1].hash if entries else mandate_log.FIRST
    return {"broken": await mandate_log.first_broken(task.db), "count": len(entries), "hash": last}


async def _export(task: Task) -> list[dict[str, Any]]:
    return [
        {
            "seq": entry.seq,
            "at": entry.at.isoformat(timespec="microseconds"),
            "action": entry.action,
            "payload": entry.payload,
            "prev": entry.prev,
            "hash": entry.hash,
        }
        async for entry in mandate_log.entries(task.db)
    ]


async def _sk(task: Task) -> bytes:
    return pdf.draw(
        await mandate_decree.decree_of(task.db, task.site.organisation, MandateId(task.arguments.mandate), task.now)
    )


async def _scan(task: Task) -> dict[str, Any]:
    number, file = MandateId(task.arguments.mandate), task.arguments.file
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST + 1)
    except OSError as error:
        raise KamarError("scan_missing") from error
    keys = vault_key.load(task.site.state)
    kept = await mandate_scan.keep(task.db, task.site.organisation, keys, None, number, data, task.now)
    return {"mandate": number, "kind": kept.kind.value, "size": kept.size, "sha256": kept.sha256}


async def _decide(task: Task) -> dict[str, Any]:
    number = MandateId(task.arguments.mandate)
    await mandate_dispute.decide(task.db, task.site.organisation, None, number, task.now)
    return await told(task.site, task.db, await mandates.get(task.db, number), task.now)


async def _lend(task: Task) -> dict[str, Any]:
    giver, taker = (
        await who(task.site, task.db, task.arguments.giver),
        await who(task.site, task.db, task.arguments.taker),
    )
    ends_at = task.now + timedelta(days=task.arguments.days)
    right = Right(task.arguments.right)
    number = await delegation.lend(
        task.db, task.site.organisation, giver, taker.id, task.arguments.node, right, ends_at, task.now
    )
    return {"loan": number, "right": right.value, "node": task.arguments.node, "ends_at": ends_at.isoformat()}


async def _unlend(task: Task) -> dict[str, Any]:
    await delegation.take_back(task.db, None, task.arguments.loan, task.now)
    return {"loan": task.arguments.loan}


async def _women(task: Task) -> dict[str, Any]:
    await board.count_women(task.db, task.site.organisation, None, task.arguments.node, task.arguments.count, task.now)
    return {"node": task.arguments.node, "women": task.arguments.count}


def _node(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="SIMPUL", type=node_of)


def _number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mandate", metavar="MANDAT", type=int)


def _file(parser: argparse.ArgumentParser) -> None:
    _number(parser)
    parser.add_argument("file", metavar="BERKAS.pdf", type=Path)


def _scan_file(parser: argparse.ArgumentParser) -> None:
    _number(parser)
    parser.add_argument("file", metavar="BERKAS", type=Path, help="PDF, JPEG atau PNG, paling besar 5 MB")


def _loan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("giver", metavar="PEMBERI", help="akun yang memegang jabatan")
    parser.add_argument("taker", metavar="PENERIMA", help="akun yang dipinjami hak")
    _node(parser)
    parser.add_argument("right", metavar="HAK", choices=[right.value for right in Right if right is not Right.APPOINT])
    parser.add_argument("--days", type=int, default=30, metavar="HARI", help="lamanya, paling banyak 90 (bawaan: 30)")


def _count(parser: argparse.ArgumentParser) -> None:
    _node(parser)
    parser.add_argument("count", metavar="JUMLAH", type=int)


def _loan_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("loan", metavar="PINJAMAN", type=int)


def _nothing(parser: argparse.ArgumentParser) -> None:
    del parser


STEPS_HELP = (
    ("list", "menampilkan semua mandat di satu simpul, yang terbaru dulu", False),
    ("vacant", "menampilkan jabatan kosong di satu simpul", False),
    ("sk", "menulis draf SK sebagai PDF", False),
    ("scan", "menyimpan pindaian SK, disegel", True),
    ("decide", "menyelesaikan sengketa: mandat ini yang berlaku", True),
    ("lend", "meminjamkan satu hak pengurus kepada anggota", True),
    ("unlend", "mengakhiri pinjaman hak", True),
    ("women", "mencatat jumlah perempuan dalam satu kepengurusan", True),
    ("verify", "membuktikan bahwa catatan mandat utuh", False),
    ("export", "menampilkan seluruh catatan mandat", False),
)
_OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "list": _node,
    "vacant": _node,
    "sk": _file,
    "scan": _scan_file,
    "decide": _number,
    "lend": _loan,
    "unlend": _loan_number,
    "women": _count,
    "verify": _nothing,
    "export": _nothing,
}
_STEPS: dict[str, Step] = {
    "list": _list,
    "vacant": _vacant,
    "sk": _sk,
    "scan": _scan,
    "decide": _decide,
    "lend": _lend,
    "unlend": _unlend,
    "women": _women,
    "verify": _verify,
    "export": _export,
}
