"""What a benchmark found, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One number; ``baseline`` is the same of plain Synapse in the same run, ``reached`` whether the goal was met."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    goal: str = ""
    reached: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Return value / baseline, where there is a baseline."""
        return self.value / self.baseline if self.baseline else None


def table(results: Sequence[Result]) -> str:
    """Return the results as a table."""
    rows = [("name", "value", "unit", "plain", "ratio", "goal", "reached")]
    rows += [
        (each.name, _number(each.value), each.unit, _number(each.baseline), _number(each.ratio), each.goal, _word(each))
        for each in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def write_json(results: Sequence[Result], file: Path) -> None:
    """Write ``{"results": [...]}``."""
    document = {
        "results": [
            {
                "name": each.name,
                "value": each.value,
                "unit": each.unit,
                "baseline": each.baseline,
                "ratio": each.ratio,
                "goal": each.goal,
                "reached": each.reached,
            }
            for each in results
        ]
    }
    file.write_text(json.dumps(document, indent=2) + "\n")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"


def _word(result: Result) -> str:
    return {True: "yes", False: "NO", None: "-"}[result.reached]
