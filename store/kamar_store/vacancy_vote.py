"""A vote of a node's members about a vacant office. Each votes once, and for whom is kept nowhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import Appointment
from kamar.mandate_words import DECLINED, VOTE_UNDECIDED
from kamar.node import below
from kamar.organisation import OfficeCode, Organisation
from kamar.vacancy import OfferState, VoteState, check_vote, quorum_of, winner
from kamar_store import mandate as mandates
from kamar_store import mandate_log, outbox, vacancy
from kamar_store.mandate_effect import tell
from kamar_store.mandate_find import appointers
from kamar_store.mandate_log import Action
from kamar_store.member import Member
from kamar_store.tables import belonging, mandate_offer, mandate_vote, mandate_voter, member
from kamar_store.vacancy import OFFER, Offer, belongs, judges, latest, read

Row = mandate_vote.c
COLUMNS = (Row.id, Row.node, Row.office, Row.quorum, Row.opened_at, Row.closes_at, Row.state)


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote; its candidates are the offers that stand in it."""

    id: int
    node: NodePath
    office: OfficeCode
    quorum: int
    opened_at: datetime
    closes_at: datetime
    state: VoteState


async def open_vote(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    node: NodePath,
    office: OfficeCode,
    lasts: timedelta,
    now: datetime,
) -> int:
    """Let the members of a node choose among those who offered themselves; whoever may appoint may ask them.

    Raises:
        KamarError: ``appoint_not_allowed``, ``vote_lasting``, ``vote_candidates``, ``office_unknown``.
    """
    await mandate_log.alone(db)
    wanted = organisation.office(office)
    by = await mandates.authority(db, organisation, actor, wanted, node, now)
    if by.second_needed:
        raise KamarError("appoint_not_allowed", office=wanted.title)
    candidates = [each for each in await vacancy.offers(db, node, office) if each.vote is None]
    check_vote(lasts, len(candidates))
    closes_at = now + lasts
    values = {
        "node": node,
        "office": office,
        "quorum": quorum_of(await _voters(db, node, now)),
        "opened_by": mandates.number_of(actor),
        "opened_at": now,
        "closes_at": closes_at,
        "state": VoteState.OPEN,
    }
    number = int((await db.execute(insert(mandate_vote).values(values).returning(Row.id))).scalar_one())
    chosen = mandate_offer.c.id.in_([each.id for each in candidates])
    await db.execute(update(mandate_offer).where(chosen).values(vote=number))
    payload = {"vote": number, "node": node, "office": office, "closes_at": closes_at.isoformat()}
    await mandate_log.note(db, mandates.number_of(actor), Action.VOTED, payload, now)
    await outbox.put(db, "vote", f"vote:{number}", {"vote": number}, closes_at)  # no lane: it holds nobody up
    return number


async def get(db: AsyncConnection, number: int) -> Vote:
    """Return a vote.

    Raises:
        KamarError: ``vote_unknown``.
    """
    row = (await db.execute(select(*COLUMNS).where(Row.id == number))).one_or_none()
    if row is None:
        raise KamarError("vote_unknown")
    return _vote(row)


async def running(db: AsyncConnection, nodes: Collection[NodePath], now: datetime) -> list[Vote]:
    """Return the votes that members of the nodes can take part in now, eldest first."""
    wanted = (Row.node.in_(nodes), Row.state == VoteState.OPEN, Row.closes_at > now)
    return [_vote(row) for row in await db.execute(select(*COLUMNS).where(*wanted).order_by(Row.id))]


async def closed(db: AsyncConnection, nodes: Collection[NodePath], since: datetime) -> list[Vote]:
    """Return the votes at the nodes that were closed since then, newest first."""
    wanted = (Row.node.in_(nodes), Row.state != VoteState.OPEN, Row.closes_at > since)
    return [_vote(row) for row in await db.execute(select(*COLUMNS).where(*wanted).order_by(Row.id.desc()))]


async def candidates(db: AsyncConnection, number: int) -> list[Offer]:
    """Return the offers that stand in a vote. Their counts are for nobody before it is closed."""
    found = await db.execute(select(*OFFER).where(mandate_offer.c.vote == number).order_by(mandate_offer.c.id))
    return [read(row) for row in found]


async def has_voted(db: AsyncConnection, who: MemberId, number: int) -> bool:
    """Tell whether a member gave his voice in a vote."""
    asked = select(mandate_voter.c.member).where(mandate_voter.c.vote == number, mandate_voter.c.member == who)
    return (await db.execute(asked)).one_or_none() is not None


async def may_vote(db: AsyncConnection, who: Member, vote: Vote) -> bool:
    """Tell whether a member has a voice in a vote: he belonged to its node before it was opened."""
    joined = (await db.execute(select(member.c.joined_at).where(member.c.id == who.id))).scalar_one()
    return joined <= vote.opened_at and await belongs(db, who, vote.node, before=vote.opened_at)


async def cast(db: AsyncConnection, who: Member, number: int, offer: int, now: datetime) -> None:
    """Count the voice of a member, once; people who came after the vote was opened have none in it.

    Raises:
        KamarError: ``vote_unknown``, ``vote_over``, ``vote_stranger``, ``vote_twice``, ``offer_unknown``.
    """
    found = await get(db, number)
    if found.state is not VoteState.OPEN or found.closes_at <= now:
        raise KamarError("vote_over")
    if not await may_vote(db, who, found):
        raise KamarError("vote_stranger")
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    voice = dialect.insert(mandate_voter).values(vote=number, member=who.id).on_conflict_do_nothing()
    if (await db.execute(voice.returning(mandate_voter.c.member))).one_or_none() is None:
        raise KamarError("vote_twice")
    counted = (
        update(mandate_offer)
        .where(mandate_offer.c.id == offer, mandate_offer.c.vote == number, mandate_offer.c.state == OfferState.OPEN)
        .values(votes=mandate_offer.c.votes + 1)
        .returning(mandate_offer.c.id)
    )
    if (await db.execute(counted)).one_or_none() is None:
        raise KamarError("offer_unknown")


async def close(db: AsyncConnection, organisation: Organisation, number: int, now: datetime) -> VoteState:
    """Close a vote whose time has come and appoint whom it chose. Repeatable; before its time nothing happens."""
    await mandate_log.alone(db)
    found = await get(db, number)
    if found.state is not VoteState.OPEN or found.closes_at > now:
        return found.state
    standing = await candidates(db, number)
    running = [each for each in standing if each.state is OfferState.OPEN]
    chosen = winner({each.id: each.votes for each in running}, found.quorum)
    state = VoteState.UNDECIDED if chosen is None else await _appoint(db, organisation, found, running, chosen, now)
    await db.execute(update(mandate_vote).where(Row.id == number).values(state=state))
    await mandate_log.note(db, None, Action.VOTED, {"vote": number, "outcome": state.value}, now)
    office = organisation.office(found.office)
    for each in running:
        if state is VoteState.WON and each.id != chosen:
            await vacancy.close(db, each.id, OfferState.DECLINED, None)
            await tell(db, each.member, DECLINED, each.id, office, found.node, now)
    if state is not VoteState.WON:
        await db.execute(update(mandate_offer).where(mandate_offer.c.vote == number).values(vote=None))
        for judge in judges(found.node, await appointers(db, organisation, office, found.node, now)):
            await tell(db, judge.id, VOTE_UNDECIDED, number, office, found.node, now)
    return state


def _vote(row: Any) -> Vote:
    number, node, office, quorum, opened_at, closes_at, state = row
    return Vote(number, NodePath(node), OfficeCode(office), quorum, opened_at, closes_at, VoteState(state))


async def _appoint(
    db: AsyncConnection,
    organisation: Organisation,
    vote: Vote,
    running: list[Offer],
    chosen: int,
    now: datetime,
) -> VoteState:
    holder = next(each.member for each in running if each.id == chosen)
    wanted = Appointment(holder, vote.office, vote.node, f"Pemungutan suara {vote.id}", now)
    try:
        await mandates.appoint_by(db, organisation, None, wanted, now)
    except KamarError:  # the seat was given otherwise, or the winner is gone: nobody is chosen in his place
        return VoteState.VOID
    await vacancy.close(db, chosen, OfferState.TAKEN, None)
    return VoteState.WON


async def _voters(db: AsyncConnection, node: NodePath, now: datetime) -> int:
    """Return how many members of a node may vote."""
    low, high = below(node)

    def within(column: ColumnElement[str]) -> ColumnElement[bool]:
        return or_(column == node, and_(column >= low, column < high))

    let_in = select(belonging.c.member).where(
        belonging.c.state == Belonging.IN, belonging.c.since <= latest(node, now), within(belonging.c.node)
    )
    here = or_(and_(within(member.c.home), member.c.persona.is_(False)), member.c.id.in_(let_in))
    may = (member.c.left_at.is_(None), member.c.vouched_at.is_not(None), member.c.joined_at <= now)
    return int((await db.execute(select(func.count()).select_from(member).where(here, *may))).scalar_one())
