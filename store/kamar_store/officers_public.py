"""What everybody may know of officers: who leads a place, and whether an account belongs to an officer.

A name is shown only with its owner's consent. Of axes that are entered with a second account (workplaces) nothing is
told, and of places that only members make known (RT, RW, groups) nothing until an office is held there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.account import is_localpart
from kamar.consent import OFFICER_PUBLIC
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.node import axis_of
from kamar.organisation import Organisation
from kamar.tree import counted_out
from kamar_store import consent, tree
from kamar_store.mandate_find import in_force
from kamar_store.tables import mandate, member
from kamar_store.tree import Place


@dataclass(frozen=True, slots=True)
class PublicOffice:
    """One office that is held now; ``name`` is empty unless its holder agreed."""

    title: str
    node: NodePath
    name: str
    since: datetime
    until: datetime | None
    decree: str
    acting: bool


async def leaders(
    db: AsyncConnection, organisation: Organisation, path: str, now: datetime
) -> tuple[Place, list[PublicOffice]]:
    """Return a place and the offices held there, in the order of the organisation's file.

    Raises:
        KamarError: ``node_unknown``, of a hidden place exactly as of one that never was.
    """
    if is_hidden(organisation, NodePath(path)):  # before anything is looked up: the time would tell
        raise KamarError("node_unknown", path=path[:64])
    place = await tree.place(db, path)
    held = await _held(db, organisation, mandate.c.node == place.path, now)
    if not (held or counted_out(place.path)):
        raise KamarError("node_unknown", path=path[:64])
    return place, held


async def of_account(
    db: AsyncConnection, organisation: Organisation, typed: str, server: str, now: datetime
) -> list[tuple[PublicOffice, Place]]:
    """Return the offices that an account holds now; of a member without one nothing, as of nobody at all.

    ``typed`` is a user name, with or without ``@`` and server.
    """
    localpart = typed.strip().lower().removeprefix("@").removesuffix(f":{server}")
    user = UserId(f"@{localpart}:{server}") if is_localpart(localpart) else UserId("")
    held = await _held(db, organisation, member.c.user_id == user, now)
    places = await tree.places(db, [each.node for each in held])
    return [(each, places[each.node]) for each in held if each.node in places]


def is_hidden(organisation: Organisation, path: NodePath) -> bool:
    """Tell whether a node's very existence is nobody else's business."""
    rules = organisation.axes.get(axis_of(path))
    return rules is None or rules.persona


async def _held(
    db: AsyncConnection, organisation: Organisation, which: ColumnElement[bool], now: datetime
) -> list[PublicOffice]:
    rows = await db.execute(
        select(
            mandate.c.office,
            mandate.c.node,
            mandate.c.member,
            member.c.display_name,
            mandate.c.starts_at,
            mandate.c.ends_at,
            mandate.c.decree,
            mandate.c.acting,
        )
        .join(member, member.c.id == mandate.c.member)
        .where(which, in_force(now), member.c.left_at.is_(None))
        .order_by(mandate.c.id)
    )
    found = [row for row in rows if row.office in organisation.offices and not is_hidden(organisation, row.node)]
    named = await consent.agreed(db, _people(row.member for row in found), OFFICER_PUBLIC.key)
    order = {code: number for number, code in enumerate(organisation.offices)}
    return [
        PublicOffice(
            organisation.office(row.office).title,
            NodePath(row.node),
            row.display_name if row.member in named else "",
            row.starts_at,
            row.ends_at,
            row.decree,
            row.acting,
        )
        for row in sorted(found, key=lambda row: order[row.office])
    ]


def _people(numbers: Iterable[int]) -> set[MemberId]:
    return {MemberId(number) for number in numbers}
