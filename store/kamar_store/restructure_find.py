"""Plans as they are kept: one, the latest, how far one is, what depends on one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.restructure import Diff, PlanState
from kamar.restructure_json import diff_of_json
from kamar_store.node_path import within
from kamar_store.tables import mandate, member, node, plan, plan_step, plan_touch
from kamar_store.tables import outbox as rows

MOST = 50  # plans on one page


@dataclass(frozen=True, slots=True)
class Kept:
    """One plan as it is kept."""

    id: int
    title: str
    text: str
    hash: str
    diff: Diff
    state: PlanState
    proposed_by: MemberId | None
    proposed_at: datetime
    approved_by: MemberId | None
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is: steps in the registry, then effects in the rooms; ``parked`` ones need an administrator."""

    done: int
    steps: int
    effects_done: int
    effects: int
    parked: int

    @property
    def percent(self) -> int:
        """Return the whole from 0 to 100; steps weigh as much as effects."""
        whole = self.steps + self.effects
        return 100 if not whole else (self.done + self.effects_done) * 100 // whole


COLUMNS = (
    plan.c.id,
    plan.c.title,
    plan.c.text,
    plan.c.hash,
    plan.c.diff,
    plan.c.state,
    plan.c.proposed_by,
    plan.c.proposed_at,
    plan.c.approved_by,
    plan.c.applied_at,
)


async def get(db: AsyncConnection, number: int) -> Kept:
    """Return one plan.

    Raises:
        KamarError: ``plan_unknown``.
    """
    row = (await db.execute(select(*COLUMNS).where(plan.c.id == number))).one_or_none()
    if row is None:
        raise KamarError("plan_unknown")
    return _kept(row)


async def latest(db: AsyncConnection, state: PlanState | None = None) -> list[Kept]:
    """Return plans, newest first."""
    chosen = [] if state is None else [plan.c.state == state]
    found = await db.execute(select(*COLUMNS).where(*chosen).order_by(plan.c.id.desc()).limit(MOST))
    return [_kept(row) for row in found]


async def progress(db: AsyncConnection, number: int) -> Progress:
    """Return how far a plan is."""
    undoing = await db.scalar(select(plan.c.state).where(plan.c.id == number)) in (
        PlanState.UNDOING,
        PlanState.UNDONE,
    )
    counted = select(plan_step.c.state, func.count()).where(plan_step.c.plan == number).group_by(plan_step.c.state)
    by_state: dict[str, int] = dict((await db.execute(counted)).all())
    low, high = f"plan:{number}:", f"plan:{number};"
    counted = select(rows.c.state, func.count()).where(rows.c.key >= low, rows.c.key < high).group_by(rows.c.state)
    effects: dict[str, int] = dict((await db.execute(counted)).all())
    done = by_state.get("undone" if undoing else "done", 0)
    return Progress(
        done, sum(by_state.values()), effects.get("done", 0), sum(effects.values()), effects.get("parked", 0)
    )


async def dependants(db: AsyncConnection, found: Kept) -> list[str]:
    """Return what came after a plan and builds on it: newer plans, people and offices at nodes that it made."""
    alive = (PlanState.APPLYING.value, PlanState.APPLIED.value, PlanState.UNDOING.value)
    newer = (
        select(plan.c.title, plan_touch.c.node)
        .join(plan, plan.c.id == plan_touch.c.plan)
        .where(plan.c.id > found.id, plan.c.state.in_(alive))
    )
    needed = [
        title
        for title, path in await db.execute(newer)
        if any(_related(NodePath(path), own) for own in found.diff.touched)
    ]
    inverses = await db.scalars(
        select(plan_step.c.inverse).where(plan_step.c.plan == found.id, plan_step.c.state == "done")
    )
    done = [inverse for inverse in inverses.all() if inverse]
    came = [NodePath(new) for each in done if each["do"] == "move" for new, _old in each["moves"]]
    made = [NodePath(each["path"]) for each in done if each["do"] == "create"]
    for path in made:
        needed += await _at_new(db, path, [*came, *made])
    return list(dict.fromkeys(needed))


async def _at_new(db: AsyncConnection, path: NodePath, came: list[NodePath]) -> list[str]:
    """Return what stands at a node that a plan made and did not come there by the plan."""
    others = [~within(member.c.home, each) for each in came if each != path]
    people = await db.scalar(
        select(func.count()).where(within(member.c.home, path), member.c.left_at.is_(None), *others)
    )
    needed = [f"{path}: {people} anggota"] if people else []
    if await db.scalar(select(exists().where(mandate.c.node == path, mandate.c.revoked_at.is_(None)))):
        needed.append(f"{path}: jabatan")
    below = await db.scalars(
        select(node.c.path).where(
            node.c.parent == path,
            node.c.valid_to.is_(None),
            node.c.path.not_in(came),
        )
    )
    return [*needed, *below]


def _related(one: NodePath, other: NodePath) -> bool:
    return one == other or one.startswith((f"{other}/", f"{other}.")) or other.startswith((f"{one}/", f"{one}."))


def _kept(row: Any) -> Kept:
    number, title, text, digest, diff, state, proposed_by, proposed_at, approved_by, applied_at = row
    return Kept(
        number,
        title,
        text,
        digest,
        diff_of_json(diff),
        PlanState(state),
        proposed_by,
        proposed_at,
        approved_by,
        applied_at,
    )
