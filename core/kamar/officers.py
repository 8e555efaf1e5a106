"""What an officer sees of the organisation: the own node and what lies below it, never what lies beside or above."""

from __future__ import annotations

from kamar.ids import NodePath
from kamar.node import axis_of, is_below, is_within, root_of
from kamar.organisation import Organisation, Right
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


def arranges(organisation: Organisation, held: Held, node: NodePath) -> bool:
    """Tell whether somebody says whom a team gathers, and until when guests stay: who gives the offices there.

    This right is never lent; administrators have it wherever they see.
    """
    if held.admin and not organisation.axes[axis_of(node)].persona:
        return True
    return held_may(organisation, held, Right.APPOINT, node)


def lendable(organisation: Organisation, held: Held, node: NodePath) -> tuple[Right, ...]:
    """Return the rights that somebody may lend at a node: those of the own offices, never what was lent to him."""
    own = Held(held.offices)
    return tuple(right for right in Right if right is not Right.APPOINT and held_may(organisation, own, right, node))
