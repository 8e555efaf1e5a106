"""Which rooms a change at a node concerns, and which changes must not be worked on side by side."""

from __future__ import annotations

from kamar.ids import NodePath
from kamar.node import chain_of, parent_of, village_of


def area_of(node: NodePath) -> NodePath:
    """Return the place whose rooms are worked on one after the other: a village with all in it, else the node alone."""
    return village_of(node) or node


def reaches_down(node: NodePath) -> bool:
    """Tell whether an office at a node counts in the rooms below it, and its name stands in theirs: in villages."""
    return village_of(node) is not None


def counting(room: NodePath) -> tuple[NodePath, ...]:
    """Return the nodes whose officers count in the rooms of a node: the own, in a village also those around it."""
    area = area_of(room)
    return (room,) if room == area else tuple(each for each in chain_of(room) if area_of(each) == area)


def around(node: NodePath) -> NodePath | None:
    """Return the node whose officers' room seats the board of ``node``; none where the own area holds it already."""
    parent = parent_of(node)
    return parent if parent is not None and area_of(parent) != area_of(node) else None
