"""Words about plans that bot, portal and command share."""

from __future__ import annotations

from collections.abc import Mapping

from kamar.restructure import PlanState, RoomFate
from kamar.words import mark as _

STATES: Mapping[PlanState, str] = {
    PlanState.PROPOSED: _("menunggu persetujuan"),
    PlanState.APPROVED: _("disetujui"),
    PlanState.APPLYING: _("sedang dijalankan"),
    PlanState.APPLIED: _("selesai"),
    PlanState.UNDOING: _("sedang dibatalkan"),
    PlanState.UNDONE: _("sudah dibatalkan"),
    PlanState.DROPPED: _("ditarik"),
}
NODES: Mapping[str, str] = {
    "created": _("dibuat"),
    "renamed": _("ganti nama"),
    "moved": _("pindah"),
    "merged": _("digabung"),
    "closed": _("ditutup"),
}
ROOMS: Mapping[RoomFate, str] = {
    RoomFate.KEPT: _("tetap"),
    RoomFate.RENAMED: _("ganti nama"),
    RoomFate.ARCHIVED: _("diarsipkan"),
}
