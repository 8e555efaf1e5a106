"""Moves of home in the registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.move import MoveState, keeps_trust, needs_approval
from kamar.node import Axis, axis_of
from kamar.policy import covers
from kamar.vouch import Voucher
from kamar_store import outbox, referral, vouch
from kamar_store.member import COLUMNS, Member
from kamar_store.tables import hold, member, move

MOST = 50  # requests on one page


@dataclass(frozen=True, slots=True)
class Request:
    """A move that waits for an answer."""

    id: int
    who: Member
    new: NodePath


async def ask(db: AsyncConnection, who: Member, new: NodePath, now: datetime) -> MoveState:
    """Move a member, or write that he asks to; a newer request takes the place of the older.

    Raises:
        KamarError: ``move_same``, ``not_allowed``.
    """
    if axis_of(who.home) is not Axis.WILAYAH:
        raise KamarError("not_allowed")  # nobody moves out of a workplace: one leaves it
    if who.home == new:
        raise KamarError("move_same")
    await db.execute(delete(move).where(move.c.member == who.id, move.c.state == MoveState.ASKED))
    last = select(func.max(move.c.at)).where(move.c.member == who.id, move.c.state == MoveState.DONE)
    state = MoveState.ASKED if needs_approval((await db.execute(last)).scalar_one(), now) else MoveState.DONE
    values = {"member": who.id, "old": who.home, "new": new, "state": state, "at": now}
    number = (await db.execute(insert(move).values(values).returning(move.c.id))).scalar_one()
    if state is MoveState.DONE:
        await _carry_out(db, number, who, new, now)
    return state


async def requests_for(db: AsyncConnection, who: Voucher) -> list[Request]:
    """Return the requests that a coordinator of the new place, or an administrator, may answer; oldest first."""
    if not (who.admin or who.coordinated):
        return []
    found = await db.execute(
        select(*COLUMNS, move.c.id, move.c.new)
        .join(move, move.c.member == member.c.id)
        .where(move.c.state == MoveState.ASKED, member.c.left_at.is_(None))
        .order_by(move.c.id)
    )
    rows = [Request(row[-2], Member(*row[:-2]), NodePath(row[-1])) for row in found]
    return [each for each in rows if _may_answer(who, each)][:MOST]


async def asked_by(db: AsyncConnection, number: MemberId) -> NodePath | None:
    """Return where a member asks to move."""
    found = await db.execute(select(move.c.new).where(move.c.member == number, move.c.state == MoveState.ASKED))
    row = found.one_or_none()
    return None if row is None else NodePath(row.new)


async def answer(db: AsyncConnection, number: int, who: Voucher, now: datetime, *, agree: bool) -> None:
    """Let a move happen, or not.

    Raises:
        KamarError: ``not_allowed``: not this one's to answer, or answered already.
    """
    found = [each for each in await requests_for(db, who) if each.id == number]
    if not found:
        raise KamarError("not_allowed")
    state = MoveState.DONE if agree else MoveState.REFUSED
    await db.execute(update(move).where(move.c.id == number).values(state=state, at=now, decided_by=who.id))
    if agree:
        await _carry_out(db, number, found[0].who, found[0].new, now)


def _may_answer(who: Voucher, request: Request) -> bool:
    return request.who.id != who.id and (who.admin or covers(who.coordinated, request.new))


async def _carry_out(db: AsyncConnection, number: int, who: Member, new: NodePath, now: datetime) -> None:
    """Write the new home. The code on old posters ends; the neighbours' word is lost where they are others."""
    await db.execute(update(member).where(member.c.id == who.id).values(home=new))
    await db.execute(delete(hold).where(hold.c.member == who.id))
    if not keeps_trust(who.home, new) and not who.admin:
        await vouch.forget(db, who.id)
    if (code := await referral.own_code(db, who.id)) is not None:
        await referral.revoke(db, code, now)
    await outbox.put(db, "seat", f"seat:{who.id}:move:{number}", {"member": who.id}, now, lane=f"member:{who.id}")
