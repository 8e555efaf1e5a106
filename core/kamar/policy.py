"""Who may do what. One function per right; module, bot and portal ask the same one, and silence means no."""

from __future__ import annotations

from collections.abc import Collection

from kamar.ids import NodePath
from kamar.wilayah import Level, below, parse


def may_open(coordinated: Collection[NodePath], node: NodePath) -> bool:
    """Tell whether whoever coordinates the nodes ``coordinated`` may open a kamar at ``node`` before its time.

    Kamar stand at RT, RW and villages; a coordinator opens those of the own node and below, never a neighbour's.
    """
    if parse(node).level not in (Level.RT, Level.RW, Level.KELURAHAN):
        return False
    return any(_covers(own, node) for own in coordinated)


def _covers(own: NodePath, node: NodePath) -> bool:
    low, high = below(own)
    return node == own or low <= node < high
