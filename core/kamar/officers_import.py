"""An existing structure as a table: which columns it has, and what stands in one row. No row is guessed at.

Places are written as code, as path, or by name with what lies around them ("RT 003/RW 005 Sukaresmi, Cikarang
Selatan"); people by the name of their account, or, where they have none yet, by their name with a capital letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kamar.account import is_localpart
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.organisation import Office, Organisation
from kamar.when import MONTHS, zone_of
from kamar.wilayah import RtRw, take_rt_rw
from kamar.wilayah_search import KINDS, plain, words_of

ROWS_MAX = 20_000
CELL_MAX = 300  # characters
COLUMNS = ("tempat", "jabatan", "orang", "sk", "mulai", "selesai")
NEEDED = COLUMNS[:3]
SAMPLE = (
    ("32.16.19", "Ketua Exco", "kf3qd7mz", "012/SK/2026", "2026-11-21", "2031-11-20"),
    ("Desa Sukaresmi, Cikarang Selatan, Kab. Bekasi", "Koordinator Kamar", "Siti Aminah", "013/SK/2026", "", ""),
    ("RT 003/RW 005 Sukaresmi, Cikarang Selatan, Kab. Bekasi", "koordinator", "Budi Santoso", "", "", ""),
)
_ALSO = {
    "place": "tempat", "wilayah": "tempat", "kode": "tempat", "lokasi": "tempat",
    "office": "jabatan", "posisi": "jabatan",
    "person": "orang", "nama": "orang", "akun": "orang", "nama akun": "orang", "pengurus": "orang",
    "decree": "sk", "nomor sk": "sk", "no sk": "sk", "no. sk": "sk",
    "start": "mulai", "tanggal mulai": "mulai", "end": "selesai", "sampai": "selesai", "tanggal selesai": "selesai",
}  # fmt: skip
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_SPELLED = re.compile(r"(\d{1,2}) +([a-z]+) +(\d{4})", re.ASCII)
_MONTH = {name.lower(): number for number, name in enumerate(MONTHS, 1)}

PartWords = tuple[tuple[str, ...], frozenset[str]]
"""The words of one part of a place's name, and the words that say what kind of place it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it was written; ``number`` is what the spreadsheet calls it."""

    number: int
    place: str
    office: str
    person: str
    decree: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell, and the error whose sentence says what to do."""

    line: int
    column: str
    error: KamarError


@dataclass(frozen=True, slots=True)
class Known:
    """A place of the registry by the words of its full name, smallest place first."""

    path: NodePath
    full_name: str

    @property
    def parts(self) -> tuple[PartWords, ...]:
        """Return the words of each part of the full name."""
        return tuple(part_words(part) for part in self.full_name.split(","))


def read_lines(sheet: Sequence[tuple[int, Sequence[str]]]) -> list[Line]:
    """Return the rows below the head of a sheet; empty rows are passed over.

    Raises:
        KamarError: ``import_empty``, ``import_columns`` (``missing``), ``import_long`` (``most``).
    """
    rows = [(number, cells) for number, cells in sheet if any(cells)]
    if not rows:
        raise KamarError("import_empty")
    head = [_ALSO.get(plain(cell).strip(), plain(cell).strip()) for cell in rows[0][1]]
    missing = [name for name in NEEDED if name not in head]
    if missing:
        raise KamarError("import_columns", missing=", ".join(missing))
    if len(rows) == 1:
        raise KamarError("import_empty")
    if len(rows) - 1 > ROWS_MAX:
        raise KamarError("import_long", most=ROWS_MAX)
    where = [head.index(name) if name in head else -1 for name in COLUMNS]
    return [Line(number, *(_cell(cells, index) for index in where)) for number, cells in rows[1:]]


def refuse_formulas(line: Line) -> list[Fault]:
    """Return the cells that a spreadsheet would compute, or that are too long to be meant."""
    cells = (line.place, line.office, line.person, line.decree, line.start, line.end)
    found = [Fault(line.number, name, KamarError("import_formula")) for name, cell in _named(cells) if cell[:1] == "="]
    long = KamarError("import_cell_long", most=CELL_MAX)
    return found + [Fault(line.number, name, long) for name, cell in _named(cells) if len(cell) > CELL_MAX]


def read_office(organisation: Organisation, typed: str, path: NodePath) -> Office:
    """Return the office at a node whose code or title was typed.

    Raises:
        KamarError: ``import_office`` (``office``, ``known``).
    """
    offices = organisation.offices_at(path)
    wanted = plain(" ".join(typed.split()))
    for office in offices:
        if wanted in (office.code, plain(office.title)):
            return office
    known = ", ".join(office.title for office in offices)
    raise KamarError("import_office", office=typed[:40], known=known or "-")


def read_account(typed: str, server: str) -> str | None:
    """Return the local part of an account; None for the name of somebody who has none yet.

    Raises:
        KamarError: ``import_person_empty``, or ``import_server`` for an account of another server.
    """
    if not typed:
        raise KamarError("import_person_empty")
    name = typed.removeprefix("@")
    if typed.startswith("@") and ":" in name and not name.endswith(f":{server}"):
        raise KamarError("import_server", server=server)
    name = name.removesuffix(f":{server}")
    if typed.startswith("@") or is_localpart(name):
        return name
    return None


def read_start(typed: str, path: NodePath, now: datetime) -> datetime:
    """Return the moment in which the first day begins at the place; now, where nothing is written.

    Raises:
        KamarError: ``day_malformed``.
    """
    day = read_date(typed)
    return now if day is None else datetime.combine(day, time(), zone_of(path))


def read_end(typed: str, path: NodePath) -> datetime | None:
    """Return the moment in which the last day is over at the place.

    Raises:
        KamarError: ``day_malformed``.
    """
    day = read_date(typed)
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), zone_of(path))


def read_date(typed: str) -> date | None:
    """Return a day written as 2026-11-21, 21/11/2026 or 21 November 2026.

    Raises:
        KamarError: ``day_malformed``.
    """
    text = plain(typed).strip()
    if not text:
        return None
    try:
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if (found := _SPELLED.fullmatch(text)) and found[2] in _MONTH:
            return date(int(found[3]), _MONTH[found[2]], int(found[1]))
        return date.fromisoformat(text.partition("t")[0])
    except ValueError as error:
        raise KamarError("day_malformed", day=typed[:20]) from error


def split_place(typed: str) -> tuple[RtRw | None, tuple[PartWords, ...]]:
    """Return the RT and RW in a place's name, and the words of its other parts, smallest first."""
    rt_rw, rest = take_rt_rw(typed)
    return rt_rw, tuple(part_words(part) for part in rest.split(",") if words_of(part))


def part_words(part: str) -> PartWords:
    """Return the words of one part: those that name, and those that say what it is."""
    words = words_of(part)
    naming = tuple(word for word in words if word not in KINDS) or words
    return naming, frozenset(word for word in words if word in KINDS)


def find_place(typed: str, known: Mapping[tuple[str, ...], Sequence[Known]]) -> NodePath:
    """Return the one place that a name with its parents means; ``known`` is by the words of the smallest part.

    Raises:
        KamarError: ``import_place`` when none bears it, ``import_ambiguous`` (``places``) when several do.
    """
    rt_rw, parts = split_place(typed)
    if not parts:
        raise KamarError("import_place", place=typed[:80])
    found = [each for each in known.get(parts[0][0], ()) if _fits(parts, each.parts)]
    if not found:
        raise KamarError("import_place", place=typed[:80])
    if len(found) > 1:
        names = "; ".join(each.full_name for each in found[:3])
        raise KamarError("import_ambiguous", place=typed[:80], places=names)
    return found[0].path if rt_rw is None else rt_rw.path(found[0].path)


def _fits(wanted: Sequence[PartWords], parts: Sequence[PartWords]) -> bool:
    """Tell whether each wanted part stands in the full name, in the same order, the first one first."""
    if not _same(wanted[0], parts[0]):
        return False
    rest = iter(parts[1:])
    return all(any(_same(each, part) for part in rest) for each in wanted[1:])


def _same(wanted: PartWords, part: PartWords) -> bool:
    return wanted[0] == part[0] and wanted[1] <= part[1]


def _cell(cells: Sequence[str], index: int) -> str:
    return " ".join(cells[index].split()) if 0 <= index < len(cells) else ""


def _named(cells: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(COLUMNS, cells, strict=True))
