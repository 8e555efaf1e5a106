"""Moving home: once in thirty days by oneself, after that a coordinator of the new place or an administrator agrees."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from kamar.ids import NodePath
from kamar.membership import MOVE_EVERY
from kamar.node import village_of


class MoveState(StrEnum):
    """Life of a move."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


def needs_approval(last: datetime | None, now: datetime) -> bool:
    """Tell whether a move must be agreed to; ``last`` is when the member moved before."""
    return last is not None and now - last < MOVE_EVERY


def keeps_trust(old: NodePath, new: NodePath) -> bool:
    """Tell whether the neighbours' word still counts after a move: within one village it does."""
    return village_of(old) is not None and village_of(old) == village_of(new)
