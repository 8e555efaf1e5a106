"""Vacant offices in the registry, and "Saya bersedia": members offer themselves, the office above takes one or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import Appointment, MandateId, status
from kamar.mandate_words import DECLINED, OFFERED
from kamar.node import axis_of, chain_of, is_hidden, is_within
from kamar.organisation import OfficeCode, Organisation
from kamar.vacancy import WORDS_MOST, OfferState, Vacancy
from kamar.vacancy import vacancies as gaps
from kamar_store import belonging, mandate_log
from kamar_store import mandate as mandates
from kamar_store.mandate_effect import tell
from kamar_store.mandate_find import appointers, at_node, nearest
from kamar_store.member import Member
from kamar_store.tables import belonging as belongings
from kamar_store.tables import mandate_offer

DAY = timedelta(days=1)
MOST = 50  # open offers of one office


@dataclass(frozen=True, slots=True)
class Offer:
    """One member who is ready to take an office."""

    id: int
    member: MemberId
    node: NodePath
    office: OfficeCode
    words: str
    state: OfferState
    at: datetime
    vote: int | None  # the vote it stands in
    votes: int


OFFER = (
    mandate_offer.c.id,
    mandate_offer.c.member,
    mandate_offer.c.node,
    mandate_offer.c.office,
    mandate_offer.c.words,
    mandate_offer.c.state,
    mandate_offer.c.at,
    mandate_offer.c.vote,
    mandate_offer.c.votes,
)


async def vacancies(
    db: AsyncConnection, organisation: Organisation, node: NodePath, now: datetime
) -> tuple[Vacancy, ...]:
    """Return the offices of a node with a seat that nobody holds now."""
    there = await at_node(db, node, now)
    return gaps(organisation, node, [(each, status(each, now)) for each in there])


async def belongs(db: AsyncConnection, who: Member, node: NodePath, *, before: datetime | None = None) -> bool:
    """Tell whether a member has a word at a node: lives there or was let in there, and is no newcomer.

    ``before``: who was let in later has none. A workplace keeps only the day: there it must have been an earlier one.
    """
    if not who.vouched:
        return False
    if not who.persona and is_within(who.home, node):
        return True
    return any(is_within(own, node) for own in await _let_in(db, who, node, before))


async def places_of(db: AsyncConnection, who: Member) -> list[NodePath]:
    """Return the nodes where a member has a word, those of the home first, smallest first."""
    nodes = [] if who.persona else [*chain_of(who.home)]
    for own in await belonging.nodes_of(db, who.id):
        nodes += chain_of(own)
    return [node for node in dict.fromkeys(nodes) if await belongs(db, who, node)]


def latest(node: NodePath, before: datetime) -> datetime:
    """Return the last moment at which one can have been let in for a word in what began at ``before``."""
    return before.replace(hour=0, minute=0, second=0, microsecond=0) - DAY if is_hidden(node) else before


async def _let_in(db: AsyncConnection, who: Member, node: NodePath, before: datetime | None) -> list[NodePath]:
    if before is None:
        return await belonging.nodes_of(db, who.id)
    rows = belongings.c
    inside = (rows.member == who.id, rows.state == Belonging.IN, rows.since <= latest(node, before))
    return [NodePath(path) for path in (await db.execute(select(rows.node).where(*inside))).scalars()]


def judges(node: NodePath, able: list[tuple[NodePath, Member]]) -> list[Member]:
    """Return the nearest of those who decide about an office; of a hidden node nobody outside its axis hears."""
    return nearest([(own, who) for own, who in able if not is_hidden(node) or axis_of(own) is axis_of(node)])


async def offer(
    db: AsyncConnection,
    organisation: Organisation,
    who: Member,
    node: NodePath,
    office: OfficeCode,
    words: str,
    now: datetime,
) -> int:
    """Let a member offer himself for a vacant office of a node he belongs to; those who decide are told.

    Raises:
        KamarError: ``offer_stranger``, ``offer_needless`` (not vacant), ``offer_twice``, ``reason_long``,
            ``office_unknown``.
    """
    await mandate_log.alone(db)
    wanted = organisation.office(office)
    tidy = " ".join(words.split())
    if len(tidy) > WORDS_MOST:
        raise KamarError("reason_long", most=WORDS_MOST)
    if not await belongs(db, who, node):
        raise KamarError("offer_stranger")
    if all(each.office is not wanted for each in await vacancies(db, organisation, node, now)):
        raise KamarError("offer_needless", office=wanted.title)
    waiting = await offers(db, node, office)
    if len(waiting) >= MOST or any(each.member == who.id for each in waiting):
        raise KamarError("offer_twice")
    values = {"member": who.id, "node": node, "office": office, "words": tidy, "state": OfferState.OPEN, "at": now}
    number = (await db.execute(insert(mandate_offer).values(values).returning(mandate_offer.c.id))).scalar_one()
    for judge in judges(node, await appointers(db, organisation, wanted, node, now)):
        await tell(db, judge.id, OFFERED, number, wanted, node, now)
    return int(number)


async def offers(db: AsyncConnection, node: NodePath, office: OfficeCode | None = None) -> list[Offer]:
    """Return the open offers at a node, of one office or all, eldest first."""
    asked = select(*OFFER).where(mandate_offer.c.node == node, mandate_offer.c.state == OfferState.OPEN)
    if office is not None:
        asked = asked.where(mandate_offer.c.office == office)
    return [read(row) for row in await db.execute(asked.order_by(mandate_offer.c.id))]


async def get(db: AsyncConnection, number: int) -> Offer:
    """Return an open offer.

    Raises:
        KamarError: ``offer_unknown``.
    """
    asked = select(*OFFER).where(mandate_offer.c.id == number, mandate_offer.c.state == OfferState.OPEN)
    row = (await db.execute(asked)).one_or_none()
    if row is None:
        raise KamarError("offer_unknown")
    return read(row)


async def take(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    number: int,
    decree: str,
    now: datetime,
) -> MandateId:
    """Appoint whoever offered himself, from now for the term of the office.

    Raises:
        KamarError: ``offer_unknown``, ``offer_voted`` (a vote decides), and as
            :func:`kamar_store.mandate.appoint_by`.
    """
    await mandate_log.alone(db)
    found = await get(db, number)
    if found.vote is not None:
        raise KamarError("offer_voted")
    wanted = Appointment(found.member, found.office, found.node, decree, now)
    made = await mandates.appoint_by(db, organisation, actor, wanted, now)
    await close(db, number, OfferState.TAKEN, actor)
    return made


async def decline(
    db: AsyncConnection,
    organisation: Organisation,
    actor: Member | None,
    number: int,
    answer: str,
    now: datetime,
) -> None:
    """Decline an offer with thanks; whoever made it may take it back.

    Raises:
        KamarError: ``offer_unknown``, ``offer_voted``, ``appoint_not_allowed``.
    """
    found = await get(db, number)
    if found.vote is not None:
        raise KamarError("offer_voted")
    if actor is not None and actor.id == found.member:
        await close(db, number, OfferState.WITHDRAWN, actor)
        return
    office = organisation.office(found.office)
    await mandates.authority(db, organisation, actor, office, found.node, now)
    await close(db, number, OfferState.DECLINED, actor, answer[:WORDS_MOST])
    await tell(db, found.member, DECLINED, number, office, found.node, now)


async def close(db: AsyncConnection, number: int, state: OfferState, actor: Member | None, answer: str = "") -> None:
    """Write how an offer ended."""
    decided_by = mandates.number_of(actor)
    values = {"state": state, "decided_by": decided_by, "answer": answer}
    await db.execute(update(mandate_offer).where(mandate_offer.c.id == number).values(values))


def read(row: Sequence[Any]) -> Offer:
    """Return the offer in a row of :data:`OFFER`."""
    number, member, node, office, words, state, at, vote, votes = row
    return Offer(
        number, MemberId(member), NodePath(node), OfficeCode(office), words, OfferState(state), at, vote, votes
    )
