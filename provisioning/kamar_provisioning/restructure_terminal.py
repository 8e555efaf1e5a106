"""How the commands ``plan``, ``apply`` and ``rollback`` show a plan: coloured on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from kamar.restructure import Diff, PlanError, RoomFate
from kamar.restructure_words import NODES, ROOMS, STATES
from kamar_provisioning.sentences import explain
from kamar_store.restructure import Kept

GREEN, RED, YELLOW, BOLD, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"
SHOWN = 40  # lines of one kind; --json has all

NO_PLANS = "Belum ada rencana. Buat satu: ./kamar plan BERKAS --propose"
HEADS = {
    "nodes": "Susunan",
    "rooms": "Kamar",
    "powers": "Wewenang",
    "moved": "Anggota",
    "opened": "Kamar yang akan dibuka",
}
TOLD = "{count} anggota diberi tahu."
MORE = "  … dan {count} lagi (--json menampilkan semuanya)"
HASH = "Sidik perubahan: {hash}"
LINE = "baris {line}: {words}"
WHOLE = "rencana: {words}"


def show_diff(diff: Diff) -> str:
    """Return a diff as lines: what comes is green with +, what goes is red with -, what changes is yellow with ~."""
    parts = [_bold(diff.title), *([f"SK {diff.decree}"] if diff.decree else [])]
    rows: Mapping[str, Iterable[str]] = {
        "nodes": [_node(each.what, each.before, each.after, each.path, each.to) for each in diff.nodes],
        "rooms": [_room(each.fate, each.name, each.name_after, each.into_name) for each in diff.rooms],
        "powers": [
            _marked("+" if each.given else "-", f"{each.office} di {each.node}: {each.user}") for each in diff.powers
        ],
        "moved": [_marked("~", f"{old} → {new}: {count} orang") for old, new, count in diff.moved if count],
        "opened": [_marked("+", name) for _path, name in diff.opened],
    }
    for name, lines in rows.items():
        found = list(lines)
        if found:
            parts += ["", _bold(HEADS[name]), *found[:SHOWN]]
        if len(found) > SHOWN:
            parts.append(MORE.format(count=len(found) - SHOWN))
    return "\n".join([*parts, "", TOLD.format(count=diff.told), HASH.format(hash=diff.hash)])


def show_problems(error: PlanError) -> str:
    """Return what is wrong with a plan, a line each."""
    found = [(LINE if line else WHOLE).format(line=line, words=explain(each)) for line, each in error.problems]
    return "\n".join([explain(error), *(f"  {_colour(RED, text)}" for text in found)])


def show_list(plans: Iterable[Kept]) -> str:
    """Return plans, a line each."""
    lines = [f"  {each.id:>4}  {STATES[each.state]:<22}  {each.title}" for each in plans]
    return "\n".join(lines) or NO_PLANS


def told(kept: Kept) -> dict[str, Any]:
    """Return a plan as plain values."""
    return {
        "id": kept.id,
        "title": kept.title,
        "state": kept.state.value,
        "hash": kept.hash,
        "proposed_at": kept.proposed_at.isoformat(),
        "applied_at": None if kept.applied_at is None else kept.applied_at.isoformat(),
    }


def _node(what: str, before: str, after: str, path: str, to: str) -> str:
    sign = {"created": "+", "closed": "-", "merged": "-"}.get(what, "~")
    arrow = f" → {after} ({to})" if what not in ("created",) and (after, to) != (before, path) else ""
    return _marked(sign, f"{NODES[what]}: {before or after} ({path}){arrow}")


def _room(fate: RoomFate, name: str, after: str, into: str) -> str:
    if fate is RoomFate.ARCHIVED:
        return _marked("-", f"{ROOMS[fate]}: {name}" + (f" → {into}" if into else ""))
    return _marked("~", f"{ROOMS[fate]}: {name}" + (f" → {after}" if after != name else ""))


def _marked(sign: str, text: str) -> str:
    return _colour({"+": GREEN, "-": RED, "~": YELLOW}[sign], f"  {sign} {text}")


def _bold(text: str) -> str:
    return _colour(BOLD, text)


def _colour(code: str, text: str) -> str:
    wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"{code}{text}{PLAIN}" if wanted else text
