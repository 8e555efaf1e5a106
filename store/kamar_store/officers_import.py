"""An existing structure comes into the registry: every row is checked first, then all are written at once or none.

Whoever has no account yet is no mandate: such rows become a list of invitations, and nobody's name is kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.mandate import Appointment, Mandate, MandateId, check_seat, complete, may_appoint
from kamar.node import Axis, axis_of, check
from kamar.officers_import import (
    Fault,
    Known,
    Line,
    find_place,
    part_words,
    read_account,
    read_end,
    read_office,
    read_start,
    refuse_formulas,
    split_place,
)
from kamar.organisation import OfficeCode, Organisation
from kamar.referral import Dice, new_code
from kamar.wilayah import Level, parse
from kamar_store import mandate as mandates
from kamar_store import referral, tree, wilayah
from kamar_store.mandate_find import MANDATE
from kamar_store.member import Member
from kamar_store.tables import mandate, member, node

Progress = Callable[[int, int], None]
"""Told how many of how many rows are done."""


def unseen(_done: int, _total: int) -> None:
    """Show no progress."""


CHUNK = 200
FAULTS_MAX = 200  # told one by one; the others are counted
_CODE = re.compile(r"\d\d(\.|$|/)|ID$")
_OWN = (Level.UNIT, Level.RW, Level.RT)


@dataclass(frozen=True, slots=True)
class Ready:
    """A row that becomes a mandate."""

    line: int
    place: str  # in words
    title: str
    wanted: Appointment


@dataclass(frozen=True, slots=True)
class Invite:
    """A row whose person has no account yet."""

    line: int
    name: str
    node: NodePath
    place: str
    title: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a file would do: nothing at all, unless ``faults`` is empty."""

    rows: int
    ready: list[Ready] = field(default_factory=list)
    invites: list[Invite] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    node: NodePath
    place: str
    account: str | None


async def check_lines(
    db: AsyncConnection,
    organisation: Organisation,
    server: str,
    actor: Member | None,
    lines: Sequence[Line],
    now: datetime,
    progress: Progress = unseen,
) -> Report:
    """Return what the rows would do in the name of ``actor`` (none: who operates the server); writes nothing."""
    report = Report(len(lines))
    rows = await _rows(db, server, lines, report)
    known = await _accounts(db, server, [row.account for row in rows if row.account])
    standing = await _standing(db, {row.node for row in rows}, now)
    held = await mandates.held_by(db, actor.id, now) if actor else []
    for done, row in enumerate(rows, 1):
        column = "jabatan"
        try:
            office = read_office(organisation, row.line.office, row.node)
            if actor is not None and may_appoint(organisation, held, office, row.node) is None:
                raise KamarError("appoint_not_allowed", office=office.title)
            if row.account is None:
                report.invites.append(Invite(row.line.number, row.line.person, row.node, row.place, office.title))
                continue
            column = "orang"
            who = known.get(row.account)
            if who is None:
                raise KamarError("import_person", person=row.line.person[:40])
            if actor is not None and actor.id == who:
                raise KamarError("appoint_self")
            column = "mulai"
            starts = read_start(row.line.start, row.node, now)
            column = "selesai"
            ends = read_end(row.line.end, row.node)
            wanted = Appointment(who, office.code, row.node, row.line.decree, starts, ends)
            wanted = complete(organisation, wanted, now, recorded=True)
            column = "orang"
            there = standing[row.node, office.code]
            check_seat(office, wanted, [each for each in there if not each.proposed])
            there.append(_as_mandate(wanted))
            report.ready.append(Ready(row.line.number, row.place, office.title, wanted))
        except KamarError as error:
            report.faults.append(Fault(row.line.number, column, error))
        finally:
            progress(done, len(rows))
    report.faults.sort(key=lambda fault: fault.line)
    return report


async def carry_out(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    report: Report,
    now: datetime,
    progress: Progress = unseen,
) -> int:
    """Write every mandate of a report without faults, in this one transaction; return how many.

    Raises:
        KamarError: ``import_faults`` of a report that has some; ``import_changed`` (``line``) when the registry changed
            since it was checked. The caller's transaction must then not be carried out.
    """
    if report.faults:
        raise KamarError("import_faults", count=len(report.faults))
    for done, row in enumerate(report.ready, 1):
        try:
            await _declared(db, row.wanted.node)
            await mandates.appoint_by(db, organisation, actor, row.wanted, now, recorded=True)
        except KamarError as error:
            raise KamarError("import_changed", line=row.line) from error
        progress(done, len(report.ready))
    return len(report.ready)


async def invite(
    db: AsyncConnection, server_code: str, dice: Dice, invites: Iterable[Invite], now: datetime
) -> list[tuple[Invite, str]]:
    """Return each invitation with a new code, one for each place; the names are in no row of ours."""
    codes: dict[NodePath, str] = {}
    for each in invites:
        if each.node not in codes:
            await _declared(db, each.node)
            codes[each.node] = new_code(server_code, dice)
            await referral.create(db, codes[each.node], None, each.node, now)
    return [(each, codes[each.node]) for each in invites]


async def _rows(db: AsyncConnection, server: str, lines: Sequence[Line], report: Report) -> list[_Row]:
    """Return the rows whose place and person can be read; the others are faults of ``report``."""
    found = await _places(db, {line.place for line in lines})
    rows: list[_Row] = []
    for line in lines:
        faults = refuse_formulas(line)
        node = found.get(line.place)
        if not faults and isinstance(node, KamarError):
            faults.append(Fault(line.number, "tempat", node))
        account = None
        try:
            account = read_account(line.person, server)
        except KamarError as error:
            faults.append(Fault(line.number, "orang", error))
        if faults or node is None or isinstance(node, KamarError):
            report.faults.extend(faults)
            continue
        rows.append(_Row(line, node[0], node[1], account))
    return rows


async def _places(db: AsyncConnection, typed: Collection[str]) -> dict[str, tuple[NodePath, str] | KamarError]:
    """Return path and full name of each place as it was typed, or what is wrong with it."""
    found: dict[str, NodePath | KamarError] = {}
    names: dict[tuple[str, ...], list[Known]] | None = None
    for text in typed:
        try:
            if _CODE.match(text) or axis_of(text) is not Axis.WILAYAH:
                found[text] = check(text)
                continue
            names = await _names(db, typed) if names is None else names
            found[text] = find_place(text, names)
        except KamarError as error:
            told = error if error.code.startswith("import_") else KamarError("import_place", place=text[:80])
            found[text] = told
    paths = {path for path in found.values() if isinstance(path, str)}
    known = await tree.places(db, paths | {base for path in paths if (base := _base(path))}, in_force=True)
    return {text: _known(text, path, known) for text, path in found.items()}


def _known(
    text: str, path: NodePath | KamarError, known: dict[NodePath, tree.Place]
) -> tuple[NodePath, str] | KamarError:
    """Return a place that stands in the registry, or may be declared there: an RT or RW of a known village."""
    if isinstance(path, KamarError):
        return path
    if path in known:
        return path, known[path].full_name
    base = _base(path)
    if base is not None and base in known:
        return path, f"{parse(path).rt_rw}, {known[base].full_name}"
    return KamarError("import_place", place=text[:80])


def _base(path: NodePath) -> NodePath | None:
    """Return the village (or unit) of an RT or RW."""
    if axis_of(path) is not Axis.WILAYAH or parse(path).level not in (Level.RW, Level.RT):
        return None
    return next(each.path for each in parse(path).ancestors() if each.level not in (Level.RW, Level.RT))


async def _names(db: AsyncConnection, typed: Collection[str]) -> dict[tuple[str, ...], list[Known]]:
    """Return the places that bear one of the wanted names, by the words of the name."""
    wanted = {parts[0][0] for text in typed if (parts := split_place(text)[1])}
    found: dict[tuple[str, ...], list[Known]] = defaultdict(list)
    asked = select(node.c.path, node.c.name, node.c.full_name).where(
        node.c.axis == Axis.WILAYAH.value, node.c.valid_to.is_(None), node.c.level.not_in(("rw", "rt"))
    )
    for path, name, full_name in await db.execute(asked):
        words = part_words(name)[0]
        if words in wanted:
            found[words].append(Known(NodePath(path), full_name))
    return found


async def _accounts(db: AsyncConnection, server: str, names: Sequence[str]) -> dict[str, MemberId]:
    found: dict[str, MemberId] = {}
    users = {UserId(f"@{name}:{server}"): name for name in names}
    for part in _chunks(sorted(users)):
        asked = select(member.c.user_id, member.c.id).where(member.c.user_id.in_(part), member.c.left_at.is_(None))
        found |= {users[user]: MemberId(number) for user, number in await db.execute(asked)}
    return found


async def _standing(
    db: AsyncConnection, nodes: Collection[NodePath], now: datetime
) -> dict[tuple[NodePath, OfficeCode], list[Mandate]]:
    """Return the mandates at the nodes that are neither over nor revoked, by node and office."""
    found: dict[tuple[NodePath, OfficeCode], list[Mandate]] = defaultdict(list)
    for part in _chunks(sorted(nodes)):
        asked = select(*MANDATE).where(
            mandate.c.node.in_(part),
            or_(mandate.c.ends_at.is_(None), mandate.c.ends_at > now),
            or_(mandate.c.revoked_at.is_(None), mandate.c.revoked_at > now),
        )
        for row in await db.execute(asked.order_by(mandate.c.id)):
            each = Mandate(*row)
            found[each.node, each.office].append(each)
    return found


async def _declared(db: AsyncConnection, path: NodePath) -> None:
    if axis_of(path) is Axis.WILAYAH and parse(path).level in _OWN:
        await wilayah.declare(db, path)


def _as_mandate(wanted: Appointment) -> Mandate:
    return Mandate(
        MandateId(0),
        wanted.member,
        wanted.node,
        wanted.office,
        wanted.decree,
        wanted.starts_at,
        wanted.ends_at,
        wanted.acting,
        None,
        None,
        None,
    )


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
