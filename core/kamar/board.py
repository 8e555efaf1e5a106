"""Boards: how many places have a full one, and how many women sit in them, against thresholds kept as data.

The law asks a party for boards in so many provinces, kabupaten/kota and kecamatan before it is let to an election.
Which shares are asked changes with the rules of each election, so they stand in ``organisasi.toml``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamar.ids import NodePath


@dataclass(frozen=True, slots=True)
class Threshold:
    """What is asked at one level: the share of nodes with a full board, and of women in each board."""

    full: float
    women: float


@dataclass(frozen=True, slots=True)
class Board:
    """One board: how many of its seats are held now, and how many women its own officers counted (none: not told)."""

    node: NodePath
    level: str
    seats: int
    held: int
    women: int | None = None

    @property
    def full(self) -> bool:
        """Tell whether every seat is held."""
        return self.held >= self.seats > 0


@dataclass(frozen=True, slots=True)
class LevelReport:
    """What one level has, and what is asked of it."""

    level: str
    nodes: int
    full: int
    told: int  # boards whose women were counted
    enough_women: int  # of those
    asked: Threshold

    @property
    def full_share(self) -> float:
        """Return the share of nodes with a full board."""
        return self.full / self.nodes if self.nodes else 0.0

    @property
    def met(self) -> bool:
        """Tell whether both are met; a board that was not counted doesn't count as met."""
        return self.full_share >= self.asked.full and self.enough_women >= self.full > 0


def report(
    thresholds: Mapping[str, Threshold], nodes: Mapping[str, int], boards: Iterable[Board]
) -> tuple[LevelReport, ...]:
    """Return one line for each level with a threshold; ``nodes``: how many places each level has."""
    found = list(boards)
    return tuple(_line(level, asked, nodes.get(level, 0), found) for level, asked in thresholds.items())


def _line(level: str, asked: Threshold, nodes: int, boards: Collection[Board]) -> LevelReport:
    full = [each for each in boards if each.level == level and each.full]
    told = [each for each in full if each.women is not None]
    enough = [each for each in told if each.held and (each.women or 0) >= asked.women * each.held]
    return LevelReport(level, nodes, len(full), len(told), len(enough), asked)


def parse_thresholds(found: object, levels: Collection[str], problems: list[str]) -> dict[str, Threshold]:
    """Read the section ``[board.LEVEL]`` of ``organisasi.toml``; ``levels`` are those of the wilayah."""
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        problems.append("board: must be a section")
        return {}
    thresholds: dict[str, Threshold] = {}
    for level, value in found.items():
        if level not in levels:
            problems.append(f"board.{level}: no such level")
        thresholds[level] = _threshold(value, f"board.{level}", problems)
    return thresholds


def _threshold(value: Any, path: str, problems: list[str]) -> Threshold:
    if not isinstance(value, Mapping):
        problems.append(f"{path}: must be a section")
        return Threshold(0, 0)
    problems += [f"{path}.{key}: unknown key" for key in value if key not in ("full", "women")]
    shares = [value.get(key, 0) for key in ("full", "women")]
    for key, share in zip(("full", "women"), shares, strict=True):
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            problems.append(f"{path}.{key}: must be from 0 to 1")
            return Threshold(0, 0)
    return Threshold(float(shares[0]), float(shares[1]))
