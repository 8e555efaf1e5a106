"""Sign-ups begun and finished. A row never holds a name or a password."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.consent import VERSION, Answer
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.membership import MemberLevel
from kamar.node import Axis, axis_of
from kamar_store import belonging, outbox, referral, treaty, vouch, wave, workplace
from kamar_store import member as members
from kamar_store.referral import Invitation
from kamar_store.tables import consent, recovery, signup


@dataclass(frozen=True, slots=True)
class Signup:
    """One sign-up. ``member`` is set once it is finished; ``user_id`` only when the account existed before."""

    id: str
    code: str
    localpart: str
    answers: Mapping[str, Any]
    expires_at: datetime
    user_id: UserId | None
    member: MemberId | None


def hash_of(token: str) -> str:
    """Return the id of the sign-up whose link carries ``token``."""
    return hashlib.sha256(token.encode()).hexdigest()


async def begin(
    db: AsyncConnection,
    token: str,
    code: str,
    localpart: str,
    now: datetime,
    lasts: timedelta,
    user: UserId | None = None,
) -> None:
    """Write a sign-up with its reserved localpart; repeating it changes nothing."""
    taken = await db.execute(select(signup.c.id).where(signup.c.id == hash_of(token)))
    if taken.one_or_none() is not None:
        return
    values = {
        "id": hash_of(token),
        "code": code,
        "localpart": localpart,
        "answers": {},
        "created_at": now,
        "expires_at": now + lasts,
        "user_id": user,
    }
    await db.execute(insert(signup).values(values))


async def find(db: AsyncConnection, token: str, now: datetime) -> Signup:
    """Return the sign-up of a link.

    Raises:
        KamarError: ``signup_unknown``, ``signup_expired``.
    """
    found = await db.execute(
        select(
            signup.c.id,
            signup.c.code,
            signup.c.localpart,
            signup.c.answers,
            signup.c.expires_at,
            signup.c.user_id,
            signup.c.member,
        ).where(signup.c.id == hash_of(token))
    )
    row = found.one_or_none()
    if row is None:
        raise KamarError("signup_unknown")
    begun = Signup(*row)
    if begun.expires_at <= now and begun.member is None:
        raise KamarError("signup_expired", days=7)
    return begun


async def answer(db: AsyncConnection, begun: Signup, answers: Mapping[str, Any]) -> None:
    """Keep what the newcomer said on one screen."""
    merged = {**begun.answers, **answers}
    await db.execute(update(signup).where(signup.c.id == begun.id).values(answers=merged))


async def finish(
    db: AsyncConnection,
    begun: Signup,
    user: UserId,
    display_name: str,
    answers: Sequence[Answer],
    recovery_hash: str,
    now: datetime,
    channel: str = "portal",
    *,
    persona: bool = False,
) -> MemberId:
    """Write the member, the consents, the recovery hash and the seat to come; all or nothing, once.

    The home is ``begun.answers["home"]``; ``persona``: it is a workplace, where homes are in
    the territory. A sign-up that is finished already returns its member again.
    """
    invitation = await referral.find(db, begun.code)
    again = await db.execute(select(signup.c.member).where(signup.c.id == begun.id))
    if (done := again.scalar_one()) is not None:
        return MemberId(done)
    number = await _member(db, begun, invitation, user, display_name, now, persona=persona)
    rows = [
        {
            "member": number,
            "purpose": item.purpose.key,
            "given": item.given,
            "version": VERSION,
            "text_hash": item.purpose.text_hash,
            "channel": channel,
            "at": now,
        }
        for item in answers
    ]
    await db.execute(insert(consent), rows)
    await db.execute(insert(recovery).values(member=number, hash=recovery_hash, at=now))
    await db.execute(update(signup).where(signup.c.id == begun.id).values(member=number))
    await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, now, lane=f"member:{number}")
    return number


async def _member(
    db: AsyncConnection,
    begun: Signup,
    invitation: Invitation,
    user: UserId,
    display_name: str,
    now: datetime,
    *,
    persona: bool,
) -> MemberId:
    """Write the member at home, and at the node that the code carries."""
    home, owner = NodePath(begun.answers["home"]), invitation.owner
    entry = await referral.find(db, begun.answers.get("entry", begun.code))
    if axis_of(home) is Axis.WILAYAH:
        tree = await wave.tree_of(db, invitation)
        number = await members.create(db, user, display_name, home, begun.code, owner, now, tree=tree)
        await vouch.arrive(db, number, begun.code, now)
        if entry.node is not None and axis_of(entry.node) is not Axis.WILAYAH:
            await belonging.enter(db, number, entry, entry.node, now)
        return number
    level = MemberLevel.SIMPATISAN
    if axis_of(home) is Axis.ALIANSI:
        await treaty.refuse_ended(db, home, now)
        level = MemberLevel.TAMU
    number = await members.create(db, user, display_name, home, begun.code, owner, now, persona=persona, level=level)
    if begun.answers.get("founder"):
        await workplace.found(db, home, number, now)
    else:
        await belonging.enter(db, number, entry, home, now)
    return number


async def forget_expired(db: AsyncConnection, now: datetime) -> None:
    """Delete the sign-ups that nobody finished in time."""
    await db.execute(delete(signup).where(signup.c.expires_at < now, signup.c.member.is_(None)))
