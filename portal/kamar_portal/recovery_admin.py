"""Kelola > Bantu masuk lagi: a one-time link of an administrator, for a member whom nobody near can confirm.

Whoever holds the link gets in, so it is made rarely, asks for the administrator's password, is logged, and the old
devices are told; an officer's opens a day later.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import localpart
from kamar.recovery import LINK_LASTS, OFFICER_WAITS, Stage, door
from kamar_portal import cookies, security
from kamar_portal.cookies import Cookie
from kamar_portal.errors import beside_field, status_of
from kamar_portal.form import Form, read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.recovery_meet import TOKEN_BYTES, TYPED_MAX
from kamar_portal.recovery_own import prove
from kamar_portal.security import Limit
from kamar_portal.session import member_of
from kamar_store import recovery, recovery_request, vault_access, wilayah
from kamar_store.member import Member
from kamar_store.recovery import hash_of_token
from kamar_store.recovery_request import Candidate

logger = logging.getLogger(__name__)

HERE = "/kelola/pulih"
OPENED = Limit("recovery-admin", 5, timedelta(days=1))  # links by one administrator
AGAINST = Limit("recovery-admin-about", 2, timedelta(days=1))  # links to one member's account


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.get(HERE, show), web.post(HERE, open_link), web.get("/pulih/{token}", follow)]


async def show(request: web.Request) -> web.Response:
    """``GET /kelola/pulih``: who lost the telephone?"""
    _administrator(request)
    return render(request, "recovery/admin.html", name="", people=[], errors={})


async def open_link(request: web.Request) -> web.Response:
    """``POST /kelola/pulih``: find the member, then make the link."""
    portal, admin = portal_of(request), _administrator(request)
    form = await read_form(request)
    typed = " ".join(form.text("nama").split())[:TYPED_MAX]
    async with portal.store.read() as db:
        found = await recovery_request.candidates(db, None, typed, portal.settings.server.name) if typed else []
    people = [one for one in found if one.member != admin.id]
    chosen = next((one for one in people if str(one.member) == form.text("siapa")), None)
    try:
        if not people:
            raise KamarError("witness_self" if found else "recovery_nobody")
        if chosen is None:
            return await _page(request, form, people)
        if form.text("bertemu") != "ya":
            raise KamarError("witness_unsaid")
        await prove(request, admin, form.raw("sandi_lama"))
    except KamarError as error:
        return await _page(request, form, people, error)
    return await _opened(request, admin, chosen)


async def follow(request: web.Request) -> web.Response:
    """``GET /pulih/<token>``: keep the link in this browser. Chat clients look at links too: that does not use it up.

    Raises:
        KamarError: ``request_over``, ``too_many_tries``.
    """
    portal, token = portal_of(request), request.match_info["token"]
    await security.refuse_beyond(request, security.LINK)
    async with portal.store.read() as db:
        found = await recovery_request.find(db, token)
    if (
        found is None
        or found.request.administrator is None
        or found.request.stage(portal.clock()) not in (Stage.WAITING, Stage.OPEN)
    ):
        await security.note(request, security.LINK)
        raise KamarError("request_over")
    response = see_other("/lupa/tetangga/tunggu")
    cookies.put(request, response, Cookie.RECOVERY, token, OFFICER_WAITS + LINK_LASTS)
    return response


async def _opened(request: web.Request, admin: Member, chosen: Candidate) -> web.Response:
    portal = portal_of(request)
    now, token = portal.clock(), secrets.token_urlsafe(TOKEN_BYTES)
    async with portal.store.write() as db:
        await security.count_in(db, request, OPENED, admin.user_id)
        await security.count_in(db, request, AGAINST, f"member {chosen.member}")
        officer = await recovery_request.is_officer(db, chosen.member, now)
        opens = door(now, officer=officer, lasts=LINK_LASTS)
        await recovery_request.open_by_administrator(db, token, chosen.member, admin.id, opens, now)
        await recovery.warn(db, chosen.member, "link_later" if officer else "link", hash_of_token(token), now)
        await vault_access.note(db, admin.id, "recovery-admin", chosen.member, now)
    logger.info("administrator %s opened a way back for member %d", admin.user_id, chosen.member)
    link = f"{portal.settings.portal_url}/pulih/{token}"
    return render(request, "recovery/admin_link.html", name=chosen.display_name, link=link, officer=officer)


async def _page(
    request: web.Request, form: Form, people: list[Candidate], error: KamarError | None = None
) -> web.Response:
    async with portal_of(request).store.read() as db:
        homes = [await wilayah.get(db, one.home) for one in people]
    return render(
        request,
        "recovery/admin.html",
        status=status_of(error) if error else 200,
        name=form.text("nama")[:TYPED_MAX],
        people=[
            (one, localpart(one.user_id), home.full_name if home else one.home, _is_chosen(form, people, one))
            for one, home in zip(people, homes, strict=True)
        ],
        errors=beside_field(request, error) if error else {},
    )


def _is_chosen(form: Form, people: list[Candidate], one: Candidate) -> bool:
    return str(one.member) == form.text("siapa") or len(people) == 1


def _administrator(request: web.Request) -> Member:
    """Return the administrator who asks.

    Raises:
        KamarError: ``login_needed``, ``not_allowed``.
    """
    member = member_of(request)
    if not member.admin:
        raise KamarError("not_allowed")
    return member
