"""Restructuring plans: proposed, approved by a second officer on the very diff, carried out step by step, undone.

Everything that bot, portal and command do with plans is done here. :mod:`kamar_store.restructure_look` reads the
touched part of the organisation, :mod:`kamar_store.restructure_step` carries one step out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.organisation import Organisation, Right
from kamar.policy import held_may
from kamar.restructure import Board, Diff, Plan, PlanState, step_of_json, step_to_json, what_changed
from kamar.restructure_file import read
from kamar.restructure_json import diff_to_json
from kamar.restructure_words import STATES
from kamar.structure import OpenRules
from kamar.wilayah import ROOT
from kamar_store import mandate as mandates
from kamar_store import outbox
from kamar_store import restructure_step as steps
from kamar_store.member import Member
from kamar_store.restructure_find import Kept, Progress, dependants, get, latest, progress
from kamar_store.restructure_look import diff_of
from kamar_store.restructure_rooms import Job, Work
from kamar_store.tables import plan, plan_step, plan_touch

__all__ = [
    "Kept",
    "Progress",
    "advance",
    "approve",
    "begin",
    "check_right",
    "dependants",
    "drop",
    "get",
    "latest",
    "preview",
    "progress",
    "propose",
    "refresh",
    "undo",
]

LANE = "restructure"  # one plan at a time: the next may build on it


async def preview(
    db: AsyncConnection, organisation: Organisation, rules: OpenRules, asked: Plan, now: datetime
) -> Diff:
    """Return what a plan would do now; nothing is written.

    Raises:
        PlanError: with every operation that can't be done.
    """
    return await diff_of(db, organisation, rules, asked, now)


async def propose(
    db: AsyncConnection,
    organisation: Organisation,
    rules: OpenRules,
    actor: Member | None,
    text: str,
    now: datetime,
    *,
    title: str = "",
) -> int:
    """Write a plan down with its diff, for another officer to approve; ``actor`` none: who operates the server.

    Raises:
        PlanError: the file or one of its operations is wrong.
        KamarError: ``plan_not_allowed``.
    """
    asked = read(text, title=title)
    diff = await diff_of(db, organisation, rules, asked, now)
    await check_right(db, organisation, actor, diff.touched, now)
    values = {
        "title": diff.title,
        "text": text,
        "hash": diff.hash,
        "diff": diff_to_json(diff),
        "state": PlanState.PROPOSED,
        "proposed_by": actor.id if actor else None,
        "proposed_at": now,
    }
    number = int((await db.execute(insert(plan).values(values).returning(plan.c.id))).scalar_one())
    await db.execute(insert(plan_touch), [{"plan": number, "node": path} for path in diff.touched])
    return number


async def approve(
    db: AsyncConnection,
    organisation: Organisation,
    rules: OpenRules,
    actor: Member | None,
    number: int,
    digest: str,
    now: datetime,
    *,
    alone: bool = False,
) -> None:
    """Approve the diff with this hash. A plan whose diff is another by now must be looked at again.

    ``alone``: who operates the server does it without a second officer; that is written down.

    Raises:
        KamarError: ``plan_unknown``, ``plan_state``, ``plan_own``, ``plan_not_allowed``, ``plan_outdated``,
            ``plan_changed``, ``appoint_not_allowed``, ``appoint_self``.
    """
    found = await get(db, number)
    if found.state is not PlanState.PROPOSED:
        raise KamarError("plan_state", state=STATES[found.state])
    if digest != found.hash:
        raise KamarError("plan_changed")
    if not alone:
        if actor is None or actor.id == found.proposed_by:
            raise KamarError("plan_own")
        await check_right(db, organisation, actor, found.diff.touched, now)
        await _check_boards(db, organisation, actor, found, now)
    await check_fresh(db, organisation, rules, found, now)
    values = {
        "state": PlanState.APPROVED,
        "approved_by": actor.id if actor else None,
        "approved_at": now,
        "alone": alone,
    }
    await db.execute(update(plan).where(plan.c.id == number).values(values))


async def refresh(
    db: AsyncConnection, organisation: Organisation, rules: OpenRules, number: int, now: datetime
) -> Diff:
    """Work a plan out anew on the tree as it is; a plan that changes so loses its approval.

    Raises:
        PlanError: it can't be done any more.
        KamarError: ``plan_unknown``, ``plan_state``.
    """
    found = await get(db, number)
    if found.state not in (PlanState.PROPOSED, PlanState.APPROVED):
        raise KamarError("plan_state", state=STATES[found.state])
    diff = await diff_of(db, organisation, rules, read(found.text, title=found.title), now)
    if diff.hash != found.hash:
        values = {"hash": diff.hash, "diff": diff_to_json(diff), "state": PlanState.PROPOSED, "approved_by": None}
        await db.execute(update(plan).where(plan.c.id == number).values({**values, "approved_at": None}))
    return diff


async def drop(db: AsyncConnection, actor: Member | None, number: int) -> None:
    """Let a plan go that was not carried out.

    Raises:
        KamarError: ``plan_unknown``, ``plan_state``, ``plan_not_allowed``.
    """
    found = await get(db, number)
    if found.state not in (PlanState.PROPOSED, PlanState.APPROVED):
        raise KamarError("plan_state", state=STATES[found.state])
    if actor is not None and not actor.admin and actor.id != found.proposed_by:
        raise KamarError("plan_not_allowed", path=found.title)
    await db.execute(update(plan).where(plan.c.id == number).values(state=PlanState.DROPPED))


async def begin(
    db: AsyncConnection,
    organisation: Organisation,
    rules: OpenRules,
    actor: Member | None,
    number: int,
    now: datetime,
) -> None:
    """Order that an approved plan is carried out.

    Raises:
        KamarError: ``plan_unknown``, ``plan_state``, ``plan_not_allowed``, ``plan_outdated``, ``plan_changed``.
    """
    found = await get(db, number)
    if found.state is not PlanState.APPROVED:
        raise KamarError("plan_state", state=STATES[found.state])
    await check_right(db, organisation, actor, found.diff.touched, now)
    await check_fresh(db, organisation, rules, found, now)
    values = [
        {"plan": number, "number": place, "step": step_to_json(step), "state": "todo"}
        for place, step in enumerate(found.diff.steps, 1)
    ]
    await db.execute(insert(plan_step), values)
    await db.execute(update(plan).where(plan.c.id == number).values(state=PlanState.APPLYING))
    await outbox.put(db, "restructure", f"plan:{number}", {"plan": number}, now, lane=LANE)


async def undo(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, number: int, now: datetime
) -> None:
    """Order that a plan is undone, while nothing newer depends on it.

    Raises:
        KamarError: ``plan_unknown``, ``plan_state``, ``plan_not_allowed``, ``plan_needed``.
    """
    found = await get(db, number)
    if found.state is not PlanState.APPLIED:
        raise KamarError("plan_state", state=STATES[found.state])
    await check_right(db, organisation, actor, found.diff.touched, now)
    if needed := await dependants(db, found):
        raise KamarError("plan_needed", what="; ".join(needed[:5]))
    await db.execute(update(plan).where(plan.c.id == number).values(state=PlanState.UNDOING))
    await outbox.put(db, "restructure", f"plan:{number}:undo", {"plan": number}, now, lane=LANE)


async def advance(db: AsyncConnection, organisation: Organisation, number: int, now: datetime) -> bool:
    """Carry out, or undo, the next step of a plan in this transaction; False when there is nothing left to do."""
    kind = await db.scalar(select(plan.c.state).where(plan.c.id == number).with_for_update())
    state = PlanState(kind) if kind is not None else PlanState.DROPPED
    if state not in (PlanState.APPLYING, PlanState.UNDOING):
        return False
    undoing = state is PlanState.UNDOING
    order = plan_step.c.number.desc() if undoing else plan_step.c.number
    todo = (plan_step.c.plan == number, plan_step.c.state == ("done" if undoing else "todo"))
    row = (await db.execute(select(plan_step).where(*todo).order_by(order).limit(1))).one_or_none()
    if row is None:
        end = (
            {"state": PlanState.UNDONE, "undone_at": now}
            if undoing
            else {"state": PlanState.APPLIED, "applied_at": now}
        )
        await db.execute(update(plan).where(plan.c.id == number).values(end))
        return False
    decree = "" if undoing else (await get(db, number)).diff.decree
    work = Work(db, organisation, Job(number, row.number, undoing), decree, now)
    done: dict[str, Any] = {"state": "undone" if undoing else "done", "at": now}
    if undoing:
        await steps.take_back(work, row.inverse)
    else:
        done["inverse"] = await steps.carry_out(work, step_of_json(row.step))
    mine = (plan_step.c.plan == number, plan_step.c.number == row.number)
    await db.execute(update(plan_step).where(*mine).values(done))
    return True


async def is_going(db: AsyncConnection, number: int) -> bool:
    """Tell whether steps of a plan are still to be carried out, or undone."""
    state = await db.scalar(select(plan.c.state).where(plan.c.id == number))
    return state in (PlanState.APPLYING, PlanState.UNDOING)


async def check_right(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, touched: Iterable[NodePath], now: datetime
) -> None:
    """Refuse whoever may not restructure one of the nodes; the root is for administrators.

    Raises:
        KamarError: ``plan_not_allowed``.
    """
    if actor is None or actor.admin:
        return
    held = await mandates.held(db, actor, now)
    for path in touched:
        if path == ROOT or not held_may(organisation, held, Right.RESTRUCTURE, path):
            raise KamarError("plan_not_allowed", path=path)


async def check_fresh(
    db: AsyncConnection, organisation: Organisation, rules: OpenRules, found: Kept, now: datetime
) -> None:
    """Refuse a plan that was made against an older tree, saying what changed.

    Raises:
        PlanError: it can't be done any more.
        KamarError: ``plan_outdated``, ``plan_changed``.
    """
    diff = await diff_of(db, organisation, rules, read(found.text, title=found.title), now)
    if diff.hash == found.hash:
        return
    changed = what_changed(found.diff.tree, diff.tree)
    if changed:
        raise KamarError("plan_outdated", changed=", ".join(changed[:5]))
    raise KamarError("plan_changed")


async def _check_boards(
    db: AsyncConnection, organisation: Organisation, actor: Member, found: Kept, now: datetime
) -> None:
    """Whoever approves a new board must be one who gives these offices, and give himself none."""
    user = actor.user_id[1:].partition(":")[0]
    for step in found.diff.steps:
        if isinstance(step, Board):
            changed = {power.office for power in found.diff.powers if power.node == step.path}
            for code in sorted(changed):
                office = organisation.office(code)
                await mandates.authority(db, organisation, actor, office, step.path, now)
            if any(power.given and power.user == user and power.node == step.path for power in found.diff.powers):
                raise KamarError("appoint_self")
