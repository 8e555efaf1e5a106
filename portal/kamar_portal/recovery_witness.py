"""Confirming face to face: first the coordinator says who it is, then a neighbour that it is so. Two people, always."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.organisation import Right
from kamar.recovery import Stage, Witness, coordinates, door, near, refuse_neighbour
from kamar_portal import security
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render
from kamar_portal.portal import Portal, portal_of
from kamar_portal.recovery_meet import scan_token
from kamar_portal.security import Limit
from kamar_portal.session import member_of
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import recovery, recovery_request, vault, vault_access, vault_key, wilayah
from kamar_store.member import Member
from kamar_store.recovery_request import Candidate, Found
from kamar_store.store import Db
from kamar_store.vault import ContactKind

logger = logging.getLogger(__name__)

WRONG = Limit("recovery-scan", 30)  # wrong QR codes by one member
VOUCHED = Limit("recovery-vouch", 10, timedelta(days=1))  # confirmations by one member
AGAINST = Limit("recovery-against", 3, timedelta(days=1))  # requests about one member: nobody is pestered


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get("/tetangga/{scan}", show), web.post("/tetangga/{scan}", confirm)]


async def show(request: web.Request) -> web.Response:
    """``GET /tetangga/<scan>``: whom to look in the face; shown only to those who may confirm."""
    return await _page(request)


async def confirm(request: web.Request) -> web.Response:
    """``POST /tetangga/<scan>``: "I meet this person face to face"."""
    portal, member = portal_of(request), member_of(request)
    form = await read_form(request)
    found = await _scanned(request, member)
    people, witness = await _people(portal, member, found)
    chosen = next((one for one in people if str(one.member) == form.text("siapa")), people[0])
    if (len(people) > 1 and str(chosen.member) != form.text("siapa")) or form.text("bertemu") != "ya":
        return await _page(request, KamarError("witness_unsaid"))
    async with portal.store.write() as db:
        await security.count_in(db, request, VOUCHED, member.user_id)
        if witness is Witness.COORDINATOR:
            await security.count_in(db, request, AGAINST, f"member {chosen.member}")
            done = await _first(db, portal, found, chosen, member)
        else:
            done = await _second(db, portal, found, member)
        if not done:
            raise KamarError("scan_unknown")
        await vault_access.note(db, member.id, f"recovery-{witness}", chosen.member, portal.clock())
    logger.info("%s %s confirmed who asks to get back in", witness, member.user_id)
    return render(request, "recovery/witnessed.html", name=chosen.display_name, first=witness is Witness.COORDINATOR)


async def _first(db: Db, portal: Portal, found: Found, chosen: Candidate, member: Member) -> bool:
    now = portal.clock()
    scan = scan_token(portal, found.id, Stage.NEIGHBOUR)
    await recovery.warn(db, chosen.member, "asked", found.id, now)
    return await recovery_request.first_confirmed(db, found, chosen.member, member.id, scan, now)


async def _second(db: Db, portal: Portal, found: Found, member: Member) -> bool:
    now, subject = portal.clock(), found.request.subject
    assert subject is not None
    officer = await recovery_request.is_officer(db, subject, now)
    if officer:
        await recovery.warn(db, subject, "officer", found.id, now)
    spent = scan_token(portal, found.id, Stage.OVER)
    return await recovery_request.second_confirmed(db, found, member.id, spent, door(now, officer=officer), now)


async def _scanned(request: web.Request, member: Member) -> Found:
    """Return the request of a QR; wrong ones are counted.

    Raises:
        KamarError: ``scan_unknown``, ``too_many_tries``.
    """
    portal = portal_of(request)
    await security.refuse_beyond(request, WRONG, member.user_id)
    async with portal.store.read() as db:
        found = await recovery_request.scanned(db, request.match_info["scan"], portal.clock())
    if found is None or found.request.neighbour is not None:
        await security.note(request, WRONG, member.user_id)
        raise KamarError("scan_unknown")
    return found


async def _people(portal: Portal, member: Member, found: Found) -> tuple[list[Candidate], Witness]:
    """Return whom ``member`` may confirm with this QR, and as what.

    Raises:
        KamarError: ``witness_...``: may not.
    """
    request = found.request
    async with portal.store.read() as db:
        if request.coordinator is None:
            return await _candidates(db, portal, member, request.typed), Witness.COORDINATOR
        assert request.subject is not None
        shares = await recovery_request.share_kamar(db, member.id, request.subject)
        refuse_neighbour(request, member.id, vouched=member.vouched, shares=shares)
        subject = await members.by_id(db, request.subject)
    if subject is None:
        raise KamarError("scan_unknown")
    return [Candidate(subject.id, subject.display_name, subject.home, subject.user_id)], Witness.NEIGHBOUR


async def _candidates(db: Db, portal: Portal, member: Member, typed: str) -> list[Candidate]:
    nodes = near(await mandates.where_may(db, portal.site.organisation, member, Right.VERIFY, portal.clock()))
    if not nodes:
        raise KamarError("witness_first")
    found = await recovery_request.candidates(db, nodes, typed, portal.settings.server.name)
    others = [one for one in found if one.member != member.id and coordinates(nodes, one.home)]
    if not others:
        raise KamarError("witness_self" if found else "witness_nobody")
    return others


async def _page(request: web.Request, error: KamarError | None = None) -> web.Response:
    portal, member = portal_of(request), member_of(request)
    found = await _scanned(request, member)
    people, witness = await _people(portal, member, found)
    phones = await _phones(portal, people, member) if witness is Witness.COORDINATOR else {}
    async with portal.store.read() as db:
        homes = {one.member: await wilayah.get(db, one.home) for one in people}
    return render(
        request,
        "recovery/witness.html",
        status=status_of(error) if error else 200,
        people=[
            (one, home.full_name if (home := homes[one.member]) else one.home, phones.get(one.member, ""))
            for one in people
        ],
        first=witness is Witness.COORDINATOR,
        errors=beside_field(request, error) if error else {},
    )


async def _phones(portal: Portal, people: list[Candidate], member: Member) -> Mapping[MemberId, str]:
    """Return the masked telephone numbers of those who left one, to ask about; each is a read that is logged."""
    keys = vault_key.load(portal.site.state)
    found: dict[MemberId, str] = {}
    async with portal.store.write() as db:
        for one in people:
            number = await vault.read(
                db, keys, one.member, ContactKind.PHONE, actor=member.id, purpose="witness", now=portal.clock()
            )
            if number:
                found[one.member] = vault.mask(ContactKind.PHONE, number)
    return found
