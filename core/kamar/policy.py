"""Who may do what. One table and one function per right; module, bot and portal ask the same, and silence means no."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kamar.ids import NodePath
from kamar.node import is_within, level_of
from kamar.organisation import OfficeCode, Organisation, Right
from kamar.wilayah import Level


class Standing(StrEnum):
    """What a member is to the neighbours."""

    NEWCOMER = "newcomer"  # nobody has vouched for him yet
    NEIGHBOUR = "neighbour"
    COORDINATOR = "coordinator"


class Sort(StrEnum):
    """What a room is, as far as rights go."""

    PERINTIS = "perintis"
    RT = "rt"
    RW = "rw"
    VILLAGE = "village"
    SIARAN = "siaran"
    SPACE = "space"
    PENGURUS = "pengurus"


class Action(StrEnum):
    """What one may do with a room."""

    SEE = "see"  # sit in it and read it; its member list comes with that
    WRITE = "write"
    INVITE = "invite"
    VOUCH = "vouch"  # for the newcomers who sit there
    OPEN = "open"


OFFICERS = frozenset({Sort.PENGURUS})  # entered by a mandate only
EVERY = frozenset(Sort) - OFFICERS
NONE: frozenset[Sort] = frozenset()
NARROW = frozenset({Sort.PERINTIS, Sort.RT})  # rooms of few people: all that a newcomer gets to see
TALK = NARROW | {Sort.RW, Sort.VILLAGE}

# Announcements and the space belong to the whole village: whoever sits there reads the names of everybody in it.
TABLE: Mapping[Action, Mapping[Standing, frozenset[Sort]]] = {
    Action.SEE: {Standing.NEWCOMER: NARROW, Standing.NEIGHBOUR: EVERY, Standing.COORDINATOR: EVERY | OFFICERS},
    Action.WRITE: {
        Standing.NEWCOMER: NARROW,
        Standing.NEIGHBOUR: TALK,
        Standing.COORDINATOR: TALK | OFFICERS | {Sort.SIARAN},
    },
    Action.INVITE: {Standing.NEWCOMER: NONE, Standing.NEIGHBOUR: NONE, Standing.COORDINATOR: NONE},  # @kamar seats
    Action.VOUCH: {Standing.NEWCOMER: NONE, Standing.NEIGHBOUR: NARROW, Standing.COORDINATOR: NARROW},
    Action.OPEN: {Standing.NEWCOMER: NONE, Standing.NEIGHBOUR: NONE, Standing.COORDINATOR: TALK - {Sort.PERINTIS}},
}
_SORT_OF_LEVEL = {Level.RT: Sort.RT, Level.RW: Sort.RW, Level.KELURAHAN: Sort.VILLAGE}


def may(standing: Standing, action: Action, sort: Sort) -> bool:
    """Tell what the table says."""
    return sort in TABLE[action][standing]


def talk_of(node: NodePath) -> Sort | None:
    """Return what the chat of a node is; none where no chat stands."""
    level = level_of(node)
    return None if level is None else _SORT_OF_LEVEL.get(level)


def may_open(coordinated: Collection[NodePath], node: NodePath) -> bool:
    """Tell whether whoever coordinates the nodes ``coordinated`` may open a kamar at ``node`` before its time.

    Kamar stand at RT, RW and villages; a coordinator opens those of the own node and below, never a neighbour's.
    """
    sort = talk_of(node)
    return sort is not None and may(Standing.COORDINATOR, Action.OPEN, sort) and covers(coordinated, node)


def covers(coordinated: Collection[NodePath], node: NodePath) -> bool:
    """Tell whether ``node`` is one of the nodes ``coordinated``, or lies below one."""
    return any(is_within(node, own) for own in coordinated)


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody holds now: offices, single rights lent by an officer, and whether he administers the server."""

    offices: tuple[tuple[NodePath, OfficeCode], ...] = ()
    lent: tuple[tuple[NodePath, Right], ...] = ()
    admin: bool = False


def nodes_with(organisation: Organisation, held: Held, right: Right) -> list[NodePath]:
    """Return the nodes where somebody has a right by an office or a loan; it reaches everything below them."""
    by_office = [node for node, code in held.offices if organisation.has(right, [code])]
    return list(dict.fromkeys([*by_office, *(node for node, lent in held.lent if lent is right)]))


def held_may(organisation: Organisation, held: Held, right: Right, node: NodePath) -> bool:
    """Tell whether somebody has a right at ``node``: of an office or a loan there or above, never sideways or below.

    That he administers the server counts for nothing here: where administrators may too, the caller says so.
    """
    return covers(nodes_with(organisation, held, right), node)
