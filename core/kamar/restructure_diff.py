"""From a plan and the touched part of the organisation to the diff that officers approve. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of, is_within
from kamar.organisation import Organisation
from kamar.restructure import (
    Board,
    Close,
    Create,
    Diff,
    Merge,
    Move,
    NodeChange,
    Operation,
    Plan,
    PlanError,
    Power,
    Rename,
    RoomChange,
    RoomFate,
    Split,
    Step,
    child,
    last_part,
    paths_of,
)
from kamar.restructure_tree import Tree
from kamar.structure import OpenRules, RoomKey, RoomKind
from kamar.wilayah import Level, parse

KINDS = {"rt": "RT", "rw": "RW", "unit": "Dusun", "kelurahan": "Desa", "kecamatan": "Kecamatan"}


@dataclass(slots=True)
class _Work:
    """A plan being worked out."""

    organisation: Organisation
    tree: Tree
    known: Callable[[str], bool]  # whether there is such an account
    steps: list[Step] = field(default_factory=list)
    nodes: list[NodeChange] = field(default_factory=list)
    powers: list[Power] = field(default_factory=list)
    moved: list[tuple[NodePath, NodePath, int]] = field(default_factory=list)

    def copy(self) -> _Work:
        rest = (list(self.steps), list(self.nodes), list(self.powers), list(self.moved))
        return _Work(self.organisation, self.tree.copy(), self.known, *rest)


def work_out(
    plan: Plan, before: Tree, organisation: Organisation, known: Callable[[str], bool], rules: OpenRules
) -> Diff:
    """Return what the plan would do. ``known`` tells whether there is an account of this name.

    Raises:
        PlanError: with every operation that can't be done, and its line. What follows a refused one is judged as if
            that had not been asked for.
    """
    work = _Work(organisation, before.copy(), known)
    problems: list[tuple[int, KamarError]] = []
    for index, operation in enumerate(plan.operations):
        line = plan.lines[index] if index < len(plan.lines) else 0
        attempt = work.copy()
        try:
            _do(attempt, operation)
        except KamarError as error:
            problems.append((line, error))
        else:
            work = attempt
    if problems:
        raise PlanError(problems)
    return Diff(
        title=plan.title,
        decree=plan.decree,
        steps=tuple(work.steps),
        nodes=tuple(work.nodes),
        rooms=tuple(sorted(_rooms(before, work.tree))),
        powers=tuple(sorted(work.powers, key=repr)),
        tree=fingerprints(before, {path for step in work.steps for path in paths_of(step)}),
        moved=tuple(work.moved),
        opened=tuple(_opened(before, work.tree, rules)),
        told=sum(count for _old, _new, count in work.moved),
    )


def fingerprints(tree: Tree, touched: set[NodePath]) -> Mapping[NodePath, str]:
    """Return for each touched node what would make a plan another one: name, life, children, rooms, officers."""
    found: dict[NodePath, str] = {}
    for path in sorted(touched):
        spot = tree.spots.get(path)
        rooms = sorted((room.row, room.key.kind.value) for room in tree.rooms if room.key.node == path)
        offices = sorted(office.mandate for office in tree.offices if office.node == path)
        facts = repr((spot, tree.children(path), rooms, offices))
        found[path] = hashlib.sha256(facts.encode()).hexdigest()[:16]
    return found


def _do(work: _Work, operation: Operation) -> None:
    match operation:
        case Create(path, name, kind):
            _create(work, path, name, kind)
        case Rename(path, name, kind):
            before = work.tree.words(path)
            work.tree.rename(path, name, kind)
            work.steps.append(operation)
            work.nodes.append(NodeChange("renamed", path, path, before, work.tree.words(path)))
        case Move(moves):
            _move(work, moves)
        case Split(path, to, parts, name):
            _split(work, path, to, parts, name)
        case Merge(path, into):
            _merge(work, path, into)
        case Close(path):
            before, people = work.tree.words(path), work.tree.people.get(path, 0)
            ended = [office for office in work.tree.offices if office.node == path]
            work.tree.close(path)
            above = chain_of(path)[1]
            work.powers += [Power(False, path, each.office, each.user, each.mandate) for each in ended]
            work.steps.append(operation)
            work.nodes.append(NodeChange("closed", path, above, before, work.tree.words(above)))
            work.moved.append((path, above, people))
        case Board():
            _board(work, operation)


def _create(work: _Work, path: NodePath, name: str, kind: str) -> None:
    level = work.organisation.level_of(path)
    work.tree.create(path, level, kind or KINDS.get(level, ""), name)
    spot = work.tree.spots[path]
    work.steps.append(Create(path, spot.name, spot.kind))
    work.nodes.append(NodeChange("created", path, path, "", work.tree.words(path)))


def _move(work: _Work, moves: tuple[tuple[NodePath, NodePath], ...]) -> None:
    pairs = tuple((old, new) for old, new in moves if old != new)
    if not pairs:
        raise KamarError("plan_same")
    for _old, new in pairs:
        work.organisation.level_of(new)  # refuses what is too deep
    said = {old: (work.tree.words(old), work.tree.living(old)) for old, _new in pairs}
    work.tree.move(pairs)
    work.steps.append(Move(pairs))
    for old, new in pairs:
        words, people = said[old]
        work.nodes.append(NodeChange("moved", old, new, words, work.tree.words(new)))
        work.moved.append((old, new, people))


def _split(work: _Work, path: NodePath, to: NodePath, parts: tuple[tuple[str, str], ...], name: str) -> None:
    spot = work.tree.open_at(path)
    if axis_of(path) is not axis_of(to) or work.organisation.level_of(path) != work.organisation.level_of(to):
        raise KamarError("plan_level", path=path, into=to, level=spot.level)
    if not work.tree.is_open(to):
        _create(work, to, name or f"{spot.name} Baru", spot.kind)
    _move(work, tuple((child(path, old), child(to, new)) for old, new in parts))


def _merge(work: _Work, path: NodePath, into: NodePath) -> None:
    spot = work.tree.open_at(path)
    other = work.tree.open_at(into)
    if is_within(into, path) or is_within(path, into):
        raise KamarError("node_cycle", path=path, into=into)
    if axis_of(path) is not axis_of(into) or spot.level != other.level:
        raise KamarError("plan_level", path=path, into=into, level=spot.level)
    children = work.tree.children(path)
    clash = [each for each in children if work.tree.is_open(child(into, last_part(each)))]
    if clash:
        raise KamarError("plan_clash", path=path, into=into, parts=", ".join(map(last_part, clash)))
    words = work.tree.words(path)
    if children:
        _move(work, tuple((each, child(into, last_part(each))) for each in children))
    ended = [office for office in work.tree.offices if office.node == path]
    people = work.tree.people.get(path, 0)
    work.tree.merge(path, into)
    work.powers += [Power(False, path, each.office, each.user, each.mandate) for each in ended]
    work.steps.append(Merge(path, into))
    work.nodes.append(NodeChange("merged", path, into, words, work.tree.words(into)))
    work.moved.append((path, into, people))


def _board(work: _Work, board: Board) -> None:
    """Who is named and holds the same office already keeps it; everybody else's ends."""
    work.tree.open_at(board.path)
    counted: dict[str, int] = {}
    for seat in board.seats:
        office = work.organisation.office(seat.office)
        if office not in work.organisation.offices_at(board.path):
            raise KamarError("office_not_here", office=office.title, node=board.path)
        counted[seat.office] = counted.get(seat.office, 0) + 1
        if counted[seat.office] > office.seats:
            raise KamarError("seat_taken", office=office.title, seats=office.seats)
        if not work.known(seat.user):
            raise KamarError("plan_account", user=seat.user)
    wanted = [(seat.office, seat.user) for seat in board.seats]
    if len(set(wanted)) < len(wanted):
        raise KamarError("plan_twice", path=board.path)
    there = [office for office in work.tree.offices if office.node == board.path]
    held = {(office.office, office.user) for office in there}
    ending = [each for each in there if (each.office, each.user) not in wanted]
    work.powers += [Power(False, board.path, each.office, each.user, each.mandate) for each in ending]
    work.powers += [Power(True, board.path, office, user) for office, user in wanted if (office, user) not in held]
    work.tree.offices = [each for each in work.tree.offices if each not in ending]
    work.steps.append(board)


def _rooms(before: Tree, after: Tree) -> list[RoomChange]:
    """Return the rooms whose node, name or life changes; a room that follows its village's name is one too."""
    now = {room.row: room for room in after.rooms}
    found = []
    for room in before.rooms:
        name = before.room_words(room.key)
        if room.row in after.archived:
            into = after.archived[room.row]
            into_room = next((each for each in after.rooms if each.row == into), None)
            into_name = after.room_words(into_room.key) if into_room else ""
            end = (room.key.node, name, f"Arsip {name}", into, into_name)
            found.append(RoomChange(room.row, RoomFate.ARCHIVED, room.key.node, room.key.kind.value, *end))
        elif room.row in now and (now[room.row].key != room.key or after.room_words(now[room.row].key) != name):
            key, named = now[room.row].key, after.room_words(now[room.row].key)
            fate = RoomFate.KEPT if named == name else RoomFate.RENAMED
            found.append(RoomChange(room.row, fate, room.key.node, key.kind.value, key.node, name, named))
    return found


def _opened(before: Tree, after: Tree, rules: OpenRules) -> list[tuple[NodePath, str]]:
    """Return the kamar that have people enough only afterwards, by what is known of the touched part."""
    found = []
    for path, spot in sorted(after.spots.items()):
        if not spot.is_open or axis_of(path) is not Axis.WILAYAH or path in before.people:
            continue
        level = parse(path).level
        if level not in (Level.RT, Level.RW, Level.KELURAHAN) or after.room(path, RoomKind.OBROLAN):
            continue
        if after.living(path) >= rules.least(level) > before.living(path):
            found.append((path, after.room_words(RoomKey(path, RoomKind.OBROLAN))))
    return found
