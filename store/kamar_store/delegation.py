"""One right, lent for a while: an officer lets a member do one thing at one place, without the whole office.

A loan ends by itself after at most ninety days, when the giver takes it back, and with the giver's mandate. What is
lent can't be lent on, and the right to appoint is never lent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import MandateId
from kamar.node import is_within
from kamar.organisation import Organisation, Right
from kamar_store import mandate_log
from kamar_store import reconcile as changed
from kamar_store.mandate_effect import order
from kamar_store.mandate_find import in_force
from kamar_store.mandate_log import Action
from kamar_store.member import Member
from kamar_store.member import by_id as member_by_id
from kamar_store.tables import delegation, mandate

LONGEST = timedelta(days=90)
NEVER = frozenset({Right.APPOINT})


@dataclass(frozen=True, slots=True)
class Loan:
    """One right lent; ``giver`` is the holder of the mandate that it hangs on."""

    id: int
    mandate: MandateId
    giver: MemberId
    member: MemberId
    node: NodePath
    right: Right
    starts_at: datetime
    ends_at: datetime


async def lend(
    db: AsyncConnection,
    organisation: Organisation,
    giver: Member,
    taker: MemberId,
    node: NodePath,
    right: Right,
    ends_at: datetime,
    now: datetime,
) -> int:
    """Lend a right at and below ``node`` until ``ends_at``.

    Raises:
        KamarError: ``lend_not_allowed``: no office of the giver's own gives it there, or it is never lent;
            ``lend_long`` (``days``), ``lend_past``, ``lend_self``, ``member_unknown``.
    """
    if taker == giver.id:
        raise KamarError("lend_self")
    if ends_at <= now:
        raise KamarError("lend_past")
    if ends_at > now + LONGEST:
        raise KamarError("lend_long", days=LONGEST.days)
    if await member_by_id(db, taker) is None:
        raise KamarError("member_unknown")
    found = await db.execute(
        select(mandate.c.id, mandate.c.node, mandate.c.office)
        .where(mandate.c.member == giver.id, in_force(now))
        .order_by(mandate.c.id)
    )
    able = [each.id for each in found if organisation.has(right, [each.office]) and is_within(node, each.node)]
    if not able or right in NEVER:
        raise KamarError("lend_not_allowed")
    values = {"mandate": able[0], "member": taker, "node": node, "right": right, "starts_at": now, "ends_at": ends_at}
    number = (await db.execute(insert(delegation).values(values).returning(delegation.c.id))).scalar_one()
    payload = {
        "loan": number,
        "mandate": able[0],
        "member": await mandate_log.pseudonym(db, taker),
        "node": node,
        "right": right.value,
        "ends_at": ends_at.isoformat(),
    }
    await mandate_log.note(db, giver.id, Action.LENT, payload, now)
    await changed.mark(db, [node], now)
    await order(db, node, [ends_at], now)
    return int(number)


async def take_back(db: AsyncConnection, giver: Member | None, number: int, now: datetime) -> None:
    """End a loan at once; the giver may, the taker may, and who operates the server (none).

    Raises:
        KamarError: ``loan_unknown``.
    """
    loan = next((each for each in await loans(db, now) if each.id == number), None)
    if loan is None or (giver is not None and giver.id not in (loan.giver, loan.member)):
        raise KamarError("loan_unknown")
    await db.execute(update(delegation).where(delegation.c.id == number).values(revoked_at=now))
    await mandate_log.note(db, giver.id if giver else None, Action.TAKEN_BACK, {"loan": number}, now)
    await changed.mark(db, [loan.node], now)


async def loans(db: AsyncConnection, now: datetime, node: NodePath | None = None) -> list[Loan]:
    """Return the loans in force, of one node or all, eldest first."""
    asked = (
        select(
            delegation.c.id,
            delegation.c.mandate,
            mandate.c.member.label("giver"),
            delegation.c.member,
            delegation.c.node,
            delegation.c.right,
            delegation.c.starts_at,
            delegation.c.ends_at,
        )
        .join(mandate, mandate.c.id == delegation.c.mandate)
        .where(
            delegation.c.starts_at <= now, delegation.c.ends_at > now, delegation.c.revoked_at.is_(None), in_force(now)
        )
        .order_by(delegation.c.id)
    )
    found = await db.execute(asked if node is None else asked.where(delegation.c.node == node))
    rows = [row._mapping for row in found]
    return [Loan(**{**row, "node": NodePath(row["node"]), "right": Right(row["right"])}) for row in rows]
