"""The tree of the organisation as people see it: which seats are vacant, and how many members are told.

Below a village a count of fewer than ten would point at persons, so it is told as "<10" only; and where one single
place would be hidden, the next smallest is told as "10+" too, or else the difference to the village would tell it.
Outside the wilayah every count below ten is hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kamar.ids import NodePath
from kamar.node import Axis, axis_of
from kamar.organisation import Office, Organisation
from kamar.wilayah import Level, parse

FLOOR = 10  # people
FEW = f"<{FLOOR}"
SOME = f"{FLOOR}+"
_OPEN = (Level.NEGARA, Level.PROVINSI, Level.KOTA, Level.KECAMATAN, Level.KELURAHAN)  # counted to the last member


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Seats of one office at a node that nobody holds; ``empty`` when nobody holds any of them."""

    office: Office
    seats: int

    @property
    def empty(self) -> bool:
        """Tell whether the office has no holder at all."""
        return self.seats >= self.office.seats


def vacancies(organisation: Organisation, path: NodePath, held: Collection[str]) -> tuple[Vacancy, ...]:
    """Return the offices of a node with free seats; ``held`` names the office of each mandate in force there."""
    taken = list(held)
    free = [(office, office.seats - taken.count(office.code)) for office in organisation.offices_at(path)]
    return tuple(Vacancy(office, seats) for office, seats in free if seats > 0)


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
