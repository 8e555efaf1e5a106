"""Offices follow a restructuring: a board is replaced, a node that ends has no officers, undoing brings them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import update

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode
from kamar.restructure import Board, Seat
from kamar.when import zone_of
from kamar_store import mandate as mandates
from kamar_store import mandate_log
from kamar_store import reconcile as changed
from kamar_store.mandate_log import Action
from kamar_store.restructure_look import member_of
from kamar_store.restructure_rooms import Work
from kamar_store.tables import mandate


async def replace(work: Work, board: Board) -> dict[str, Any]:
    """Replace a board: whoever holds the same office already keeps it and its mandate."""
    wanted = {(seat.office, await member_of(work.db, seat.user)): seat for seat in board.seats}
    there = [
        each
        for each in await mandates.at_node(work.db, board.path, work.now)
        if each.revoked_at is None and (each.ends_at is None or each.ends_at > work.now) and not each.proposed
    ]
    ended = []
    for each in there:
        if (each.office, each.member) not in wanted:
            await mandates.end(work.db, each, None, work.decree, work.now)
            ended.append(int(each.id))
    kept = {(each.office, each.member) for each in there}
    given = []
    for (office, number), seat in wanted.items():
        if number is None:
            raise KamarError("plan_account", user=seat.user)
        if (office, number) not in kept:
            appointment = _appointment(MemberId(number), board.path, seat)
            given.append(
                int(await mandates.appoint_by(work.db, work.organisation, None, appointment, work.now, recorded=True))
            )
    return {"do": "board", "path": board.path, "ended": ended, "given": given}


async def put_back(work: Work, inverse: Mapping[str, Any]) -> None:
    for each in await mandates.at_node(work.db, NodePath(inverse["path"]), work.now):
        if int(each.id) in inverse["given"] and each.revoked_at is None:
            await mandates.end(work.db, each, None, "", work.now)
    await restore(work, inverse["ended"])
    await changed.mark(work.db, [NodePath(inverse["path"])], work.now)


def _appointment(number: MemberId, path: NodePath, seat: Seat) -> Appointment:
    zone = zone_of(path)
    starts = datetime.combine(seat.start, time(), zone).astimezone(UTC)
    ends = None if seat.end is None else datetime.combine(seat.end, time.max, zone).astimezone(UTC)
    return Appointment(number, OfficeCode(seat.office), path, seat.decree, starts, ends)


async def end_all(work: Work, path: NodePath) -> list[int]:
    ended = []
    for each in await mandates.at_node(work.db, path, work.now):
        if each.revoked_at is None and (each.ends_at is None or each.ends_at > work.now):
            await mandates.end(work.db, each, None, work.decree, work.now)
            ended.append(int(each.id))
    return ended


async def restore(work: Work, numbers: list[int]) -> None:
    """Let mandates that a plan ended be in force again, and write it in the log."""
    for number in numbers:
        await work.db.execute(update(mandate).where(mandate.c.id == number).values(revoked_at=None, reason=""))
        await mandate_log.note(work.db, None, Action.CONFIRMED, {"mandate": number, "restored": True}, work.now)
