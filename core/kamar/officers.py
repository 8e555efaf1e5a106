"""What an officer sees of the organisation: the own node and what lies below it, never what lies beside or above."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kamar.ids import NodePath
from kamar.mandate import may_appoint
from kamar.node import axis_of, is_below, is_within, root_of
from kamar.organisation import Office, Organisation, Right
from kamar.policy import Held, held_may


def areas(organisation: Organisation, held: Held) -> tuple[NodePath, ...]:
    """Return the topmost nodes that somebody sees, in the order of the offices.

    An administrator sees every axis but those that are entered with a second account: workplaces are nobody else's.
    """
    own = [node for node, _ in (*held.offices, *held.lent)]
    if held.admin:
        own += [root_of(axis) for axis, rules in organisation.axes.items() if not rules.persona]
    return tuple(dict.fromkeys(node for node in own if not any(is_below(node, other) for other in own)))


def sees(organisation: Organisation, held: Held, node: NodePath) -> bool:
    """Tell whether a node belongs to the area of somebody."""
    return any(is_within(node, top) for top in areas(organisation, held))


def sees_counts(organisation: Organisation, held: Held, node: NodePath) -> bool:
    """Tell whether somebody is told how many members a node has."""
    if held.admin and not organisation.axes[axis_of(node)].persona:
        return True
    return held_may(organisation, held, Right.COUNT, node)


def gives(organisation: Organisation, held: Held, node: NodePath) -> tuple[Office, ...]:
    """Return the offices of a node that somebody may give and take by an office of his own."""
    offices = organisation.offices_at(node)
    return tuple(each for each in offices if may_appoint(organisation, held.offices, each, node) is not None)


def gives_any(
    organisation: Organisation, held: Held, node: NodePath, *, orphans: Collection[str]
) -> tuple[Office, ...]:
    """Return :func:`gives`, and for an administrator also the offices that nobody above can give (``orphans``)."""
    own = gives(organisation, held, node)
    more: Iterable[Office] = organisation.offices_at(node) if held.admin else ()
    return (*own, *(each for each in more if each.code in orphans and each not in own))
