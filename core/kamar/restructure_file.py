"""The file of a restructuring plan: one operation a line, or a table as branches have it in spreadsheets.

::

    judul   Pemekaran RW 005 Sukaresmi
    sk      12/SK/2026
    buat    32.16.19.2005/RW012
    buat    jaringan/tani "Jaringan Tani"
    nama    jaringan/tani Jaringan Petani
    pindah  32.16.19.2005/RW005/RT004 -> 32.16.19.2005/RW012/RT004
    pecah   32.16.19.2005/RW006 -> 32.16.19.2005/RW013 : RT001 RT002=RT001
    gabung  32.16.19.2005/RW007 -> 32.16.19.2005/RW006
    tutup   32.16.19.2005/RW008
    kode    32.16.19 -> 32.16.24
    pengurus 32.16.19 ketua k7f3q2 "SK 1/2026" 2026-12-01 2031-11-30

A table with the heading ``lama,baru`` gives codes new values; one with ``simpul,jabatan,akun,sk,mulai,berakhir``
replaces whole boards.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Callable, Sequence
from datetime import date

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import check
from kamar.restructure import (
    Board,
    Close,
    Create,
    Merge,
    Move,
    Operation,
    Plan,
    PlanError,
    Rename,
    Seat,
    Split,
    child,
)

LINES_MAX = 20_000  # a decree re-codes some thousands
TITLE = 60  # characters of a plan that has no title of its own
NOBODY = "kosong"
_ARROWS = frozenset({"->", "→", "ke", ":", "=>"})
_CODES = {("lama", "baru"), ("old", "new")}
_BOARD = ("simpul", "jabatan", "akun", "sk", "mulai", "berakhir")
_ENGLISH = {"node": "simpul", "office": "jabatan", "username": "akun", "decree": "sk", "start": "mulai"}
_ENGLISH["end"] = "berakhir"

Problems = list[tuple[int, KamarError]]


def read(text: str, *, title: str = "", node: str = "") -> Plan:
    """Return the plan in a file. ``title`` stands in for one not given; ``node``: whose board a table is.

    Raises:
        PlanError: with every problem, each with its line.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > LINES_MAX:
        raise PlanError([(0, KamarError("plan_long", most=LINES_MAX))])
    heading = _heading(lines)
    problems: Problems = []
    if heading is not None and tuple(heading) in _CODES:
        found, decree = _codes(lines, problems), ""
    elif heading is not None and {"jabatan", "akun", "mulai"} <= set(heading):
        found, decree = _boards(lines, heading, node, problems), ""
    else:
        found, title, decree = _operations(lines, title, problems)
    if not found and not problems:
        problems.append((0, KamarError("plan_empty")))
    if problems:
        raise PlanError(problems)
    title = title or " ".join(text.split())[:TITLE]
    return Plan(title, decree, tuple(item for _line, item in found), tuple(line for line, _item in found))


Found = list[tuple[int, Operation]]


def _heading(lines: Sequence[str]) -> list[str] | None:
    """Return the names of a table's columns, in Indonesian; none where the file is no table."""
    first = next((line for line in lines if line.strip()), "")
    names = [part.strip().lower() for part in first.replace(";", ",").split(",")]
    return [_ENGLISH.get(name, name) for name in names] if len(names) > 1 else None


def _rows(lines: Sequence[str]) -> list[tuple[int, list[str]]]:
    first = next((line for line in lines if line.strip()), "")
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=";" if ";" in first else ",")
    rows = [(reader.line_num, [part.strip() for part in row]) for row in reader]
    return [(line, row) for line, row in rows if any(row)][1:]


def _codes(lines: Sequence[str], problems: Problems) -> Found:
    """Return one operation: codes change all at once, so two may change places."""
    moves: dict[NodePath, NodePath] = {}
    first = 0
    for line, row in _rows(lines):
        first = first or line
        try:
            old, new = _fields(row, 2)
            if _path(old) in moves:
                raise KamarError("plan_twice", path=old)
            if _path(new) in moves.values():
                raise KamarError("node_exists", path=new)
            moves[_path(old)] = _path(new)
        except KamarError as error:
            problems.append((line, error))
    return [(first, Move(tuple(sorted(moves.items()))))] if moves else []


def _boards(lines: Sequence[str], heading: Sequence[str], node: str, problems: Problems) -> Found:
    seats: dict[NodePath, list[Seat]] = {}
    where: dict[NodePath, int] = {}
    for line, row in _rows(lines):
        values = dict(zip(heading, row, strict=False))
        try:
            path = _path(values.get("simpul") or node)
            where.setdefault(path, line)
            chosen = seats.setdefault(path, [])
            chosen.append(_seat([values.get(name, "") for name in _BOARD[1:]]))
        except KamarError as error:
            problems.append((line, error))
    return [(where[path], Board(path, tuple(chosen))) for path, chosen in seats.items()]


def _operations(lines: Sequence[str], title: str, problems: Problems) -> tuple[Found, str, str]:
    found: Found = []
    decree = ""
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
            if not words:
                continue
            word, rest = words[0].lower(), [part for part in words[1:] if part not in _ARROWS]
            if word == "judul":
                title = " ".join(words[1:])
            elif word == "sk":
                decree = " ".join(words[1:])
            elif word == "pengurus":
                _officer(found, number, rest)
            elif word in _VERBS:
                found.append((number, _VERBS[word](rest)))
            else:
                raise KamarError("plan_word", word=word[:32])
        except ValueError:  # a quotation mark is missing
            problems.append((number, KamarError("plan_quote")))
        except KamarError as error:
            problems.append((number, error))
    return found, title, decree


def _officer(found: Found, number: int, rest: Sequence[str]) -> None:
    """Add one officer to the board of a node; lines of the same node make one board."""
    path = _path(rest[0] if rest else "")
    seats = () if list(rest[1:]) == [NOBODY] else (_seat(rest[1:]),)
    for index, (line, operation) in enumerate(found):
        if isinstance(operation, Board) and operation.path == path:
            found[index] = (line, Board(path, (*operation.seats, *seats)))
            return
    found.append((number, Board(path, seats)))


def _seat(fields: Sequence[str]) -> Seat:
    office, user, decree, start, *end = _fields([*fields], 4, 5)
    if not (office and user and start):
        raise KamarError("plan_fields", least=4)
    last = _date(end[0]) if end and end[0] else None
    first = _date(start)
    if last is not None and last < first:
        raise KamarError("plan_dates", start=first.isoformat(), end=last.isoformat())
    return Seat(office.lower(), user.removeprefix("@").partition(":")[0], decree, first, last)


def _create(rest: Sequence[str]) -> Operation:
    return Create(_path(rest[0] if rest else ""), " ".join(rest[1:]))


def _rename(rest: Sequence[str]) -> Operation:
    if len(rest) < 2:
        raise KamarError("plan_fields", least=2)
    return Rename(_path(rest[0]), " ".join(rest[1:]))


def _move(rest: Sequence[str]) -> Operation:
    old, new = _fields(rest, 2)
    return Move(((_path(old), _path(new)),))


def _merge(rest: Sequence[str]) -> Operation:
    old, into = _fields(rest, 2)
    return Merge(_path(old), _path(into))


def _split(rest: Sequence[str]) -> Operation:
    if len(rest) < 3:
        raise KamarError("plan_fields", least=3)
    path, to = _path(rest[0]), _path(rest[1])
    parts = []
    for part in rest[2:]:
        before, _equals, after = part.partition("=")
        check(child(path, before))
        check(child(to, after or before))
        parts.append((before, after or before))
    return Split(path, to, tuple(parts))


def _close(rest: Sequence[str]) -> Operation:
    return Close(_path(_fields(rest, 1)[0]))


_VERBS: dict[str, Callable[[Sequence[str]], Operation]] = {
    "buat": _create,
    "nama": _rename,
    "pindah": _move,
    "gabung": _merge,
    "pecah": _split,
    "tutup": _close,
    "kode": _move,
}


def _fields(rest: Sequence[str], least: int, most: int = 0) -> list[str]:
    if not least <= len(rest) <= max(least, most):
        raise KamarError("plan_fields", least=least)
    return list(rest)


def _path(text: str) -> NodePath:
    return check(text.strip())


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KamarError("plan_date", date=text[:32]) from None
