"""The tree of the organisation as people see it: how many members are told.

Below a village a count of fewer than ten would point at persons, so it is told as "<10" only; and where one single
place would be hidden, the next smallest is told as "10+" too, or else the difference to the village would tell it.
Outside the wilayah every count below ten is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping

from kamar.ids import NodePath
from kamar.node import Axis, axis_of
from kamar.wilayah import Level, parse

FLOOR = 10  # people
FEW = f"<{FLOOR}"
SOME = f"{FLOOR}+"
_OPEN = (Level.NEGARA, Level.PROVINSI, Level.KOTA, Level.KECAMATAN, Level.KELURAHAN)  # counted to the last member


def told_counts(counts: Mapping[NodePath, int]) -> dict[NodePath, str]:
    """Return how the members of sibling places are told, by path."""
    told = {path: spoken_count(path, count) for path, count in counts.items()}
    hidden = [path for path, text in told.items() if text == FEW and counts[path] > 0]
    if len(hidden) == 1:
        others = [path for path in counts if path != hidden[0] and not counted_out(path) and counts[path] >= FLOOR]
        if others:
            told[min(others, key=lambda path: (counts[path], path))] = SOME
    return told


def spoken_count(path: NodePath, count: int) -> str:
    """Return 1.500.000, or "<10" where so few people must not be counted."""
    return f"{count:,}".replace(",", ".") if count >= FLOOR or counted_out(path) else FEW


def counted_out(path: NodePath) -> bool:
    """Tell whether the members of a node are counted to the last one: villages and above."""
    return axis_of(path) is Axis.WILAYAH and parse(path).level in _OPEN
