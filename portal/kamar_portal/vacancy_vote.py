"""Pemilihan: the votes about vacant offices where a member belongs; one voice each, and the count only at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.vacancy import OfferState, VoteState
from kamar.when import zone_of
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import read_form
from kamar_portal.officers_words import date_words
from kamar_portal.page import language_of, render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import member_of
from kamar_store import cover, tree, vacancy, vacancy_vote
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Db
from kamar_store.vacancy_vote import Vote

SHOWN = timedelta(days=30)  # how long a result stays on the page
ADDRESS = "/pemilihan"


@dataclass(frozen=True, slots=True)
class Stands:
    """One who stands; ``votes`` only once it is over."""

    offer: int
    name: str
    words: str
    votes: int | None = None
    won: bool = False


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote as a member reads it."""

    vote: Vote
    title: str
    place: str
    until: str
    standing: Sequence[Stands]
    voted: bool
    may: bool


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get(ADDRESS, show), web.post(ADDRESS, cast)]


async def show(request: web.Request) -> web.Response:
    """``GET /pemilihan``: the running votes with a ballot, and the results of the last month."""
    return await _page(request)


async def cast(request: web.Request) -> web.Response:
    """``POST /pemilihan``: give the one voice."""
    portal, who = portal_of(request), member_of(request)
    form = await read_form(request)
    try:
        async with portal.store.write() as db:
            vote = await vacancy_vote.get(db, _number(form.text("pemilihan")))
            if vote.node not in await vacancy.places_of(db, who):
                raise KamarError("vote_unknown")  # a vote elsewhere is none of his business
            await vacancy_vote.cast(db, who, vote.id, _number(form.text("calon")), portal.clock())
    except KamarError as error:
        return await _page(request, error)
    return see_other(f"{ADDRESS}?tersimpan=1")


async def count_for(db: Db, portal: Portal, who: Member) -> int:
    """Return how many votes wait for a member's voice."""
    running = await vacancy_vote.running(db, await vacancy.places_of(db, who), portal.clock())
    return len([each for each in running if await _waits(db, who, each)])


async def _waits(db: Db, who: Member, vote: Vote) -> bool:
    return await vacancy_vote.may_vote(db, who, vote) and not await vacancy_vote.has_voted(db, who.id, vote.id)


async def _page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, who = portal_of(request), member_of(request)
    now = portal.clock()
    async with portal.store.read() as db:
        nodes = await vacancy.places_of(db, who)
        running = [await _ballot(request, db, who, each) for each in await vacancy_vote.running(db, nodes, now)]
        over = [await _ballot(request, db, who, each) for each in await vacancy_vote.closed(db, nodes, now - SHOWN)]
    return render(
        request,
        "officers/votes.html",
        status=status_of(error) if error else 200,
        running=running,
        over=over,
        saved="tersimpan" in request.query,
        errors=beside_field(request, error) if error else {},
    )


async def _ballot(request: web.Request, db: Db, who: Member, vote: Vote) -> Ballot:
    organisation = portal_of(request).site.organisation
    office = organisation.offices.get(vote.office)
    place = (await tree.places(db, [vote.node])).get(vote.node)
    return Ballot(
        vote,
        office.title if office else vote.office,
        await cover.instead(db, vote.node) or (place.full_name if place else vote.node),
        date_words(vote.closes_at, zone_of(vote.node), language_of(request)),
        await _standing(db, vote),
        await vacancy_vote.has_voted(db, who.id, vote.id),
        await vacancy_vote.may_vote(db, who, vote),
    )


async def _standing(db: Db, vote: Vote) -> list[Stands]:
    over = vote.state is VoteState.WON
    found = []
    for each in await vacancy_vote.candidates(db, vote.id):
        name = await _name(db, each.member)
        if over:
            found.append(Stands(each.id, name, each.words, each.votes, each.state is OfferState.TAKEN))
        elif name and each.state is OfferState.OPEN:
            found.append(Stands(each.id, name, each.words))
    return sorted(found, key=lambda each: -(each.votes or 0))


async def _name(db: Db, number: MemberId) -> str:
    found = await members.by_id(db, number)
    return found.display_name if found else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
