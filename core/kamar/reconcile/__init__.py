"""What Matrix should show, what it shows, and the actions that make the two equal. Pure.

:func:`want` makes the wanted rooms of registry values, :class:`Found` is the same as Matrix has it, :func:`plan`
compares them. Rooms that are not wanted here, and state that is not named, are not ours and stay as they are.
"""

from kamar.reconcile.content import Power, canonical, power_content, power_from
from kamar.reconcile.drift import TOLD_ONLY, Drift, What, drifts, on_paper, told
from kamar.reconcile.have import Found, found_room
from kamar.reconcile.officers import BADGE_EVENT, Holder, power_of, sits_among_officers
from kamar.reconcile.plan import Action, Reopen, Seat, SetPower, SetState, Unban, Unseat, plan, together
from kamar.reconcile.want import Here, Place, Registered, Wanted, want

__all__ = [
    "BADGE_EVENT",
    "TOLD_ONLY",
    "Action",
    "Drift",
    "Found",
    "Here",
    "Holder",
    "Place",
    "Power",
    "Registered",
    "Reopen",
    "Seat",
    "SetPower",
    "SetState",
    "Unban",
    "Unseat",
    "Wanted",
    "What",
    "canonical",
    "drifts",
    "found_room",
    "on_paper",
    "plan",
    "power_content",
    "power_from",
    "power_of",
    "sits_among_officers",
    "together",
    "told",
    "want",
]
