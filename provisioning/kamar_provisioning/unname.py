"""The job ``unname``: whoever left a room leaves no name in it. The membership stays, its names are redacted."""

from __future__ import annotations

from kamar.ids import RoomId, UserId
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import GONE, txn_id
from kamar_store.outbox import Row

REASON = "Sudah keluar dari kamar"


async def unname(desk: Desk, row: Row) -> None:
    """Redact the member events of one who left: ``{room_id, user_id}``. Who came back keeps the newest."""
    room, user = RoomId(row.payload["room_id"]), UserId(row.payload["user_id"])
    for event in await desk.module.named(room, user):
        try:
            await desk.matrix.redact(room, event, REASON, txn_id(row, event))
        except MatrixError as error:
            if error.errcode not in GONE:
                raise
