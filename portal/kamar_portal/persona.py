"""Tempat kerja: a member's second accounts, which nobody but himself can lay beside the first.

A second account is entered with a code from a colleague, or by opening the first kamar of a workplace. It is used in a
browser window of its own, by a one-time link, or in another app with the name and password shown once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web

from kamar.account import new_localpart
from kamar.display_name import skeleton
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId, localpart
from kamar.node import Axis, is_hidden
from kamar.signup import new_passphrase
from kamar_portal import join, security
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.session import begin, end, member_of
from kamar_store import belonging, cover, persona, referral, session, vault_key, workplace
from kamar_store import member as members
from kamar_store.display_name import read_name
from kamar_store.member import Member
from kamar_store.referral import Invitation

PURPOSE = "persona"
LINK_LASTS = timedelta(minutes=10)
TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Made:
    """A second account that has just been made, as it is shown once."""

    user_id: UserId
    passphrase: str = field(repr=False)


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/tempat-kerja", show),
        web.post("/tempat-kerja", enter),
        web.post("/tempat-kerja/buat", found),
        web.post("/tempat-kerja/tautan", link),
        web.get("/tempat-kerja/masuk/{token}", show_link),
        web.post("/tempat-kerja/masuk/{token}", use_link),
        web.post("/tempat-kerja/keluar", leave),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /tempat-kerja``: one's second accounts; every look is written down in the vault's log."""
    return await _page(request)


async def enter(request: web.Request) -> web.Response:
    """``POST /tempat-kerja``: make a second account for the workplace of a code."""
    form = await read_form(request)
    try:
        invitation = await join.open_code(request, form.text("kode"))
        node = invitation.node
        if node is None or not is_hidden(node):
            raise KamarError("code_without_workplace")
        made = await _make(request, form.raw("nama"), node, invitation)
    except KamarError as error:
        return await _page(request, error=error, typed=form.text("kode")[:20], name=form.raw("nama")[:100])
    return await _page(request, made=made)


async def found(request: web.Request) -> web.Response:
    """``POST /tempat-kerja/buat``: open the first kamar of a workplace."""
    form = await read_form(request)
    portal = portal_of(request)
    try:
        await security.count(request, security.SIGNUP)
        path = workplace.new_path(portal.site.organisation, portal.dice)
        made = await _make(request, form.raw("nama"), path, None)
    except KamarError as error:
        return await _page(request, error=error, name=form.raw("nama")[:100])
    return await _page(request, made=made)


async def link(request: web.Request) -> web.Response:
    """``POST /tempat-kerja/tautan``: a one-time link that opens a second account in another window."""
    portal, first = _owner(request)
    user = (await read_form(request)).text("akun")
    async with portal.store.write() as db:
        second = await persona.one_of(db, _keys(portal), first.id, user, purpose="persona_login", now=portal.clock())
        token = await session.new_link(db, PURPOSE, second.user_id, portal.clock(), LINK_LASTS)
    address = f"{portal.settings.portal_url}/tempat-kerja/masuk/{token}"
    return render(request, "persona_link.html", link=address, minutes=int(LINK_LASTS.total_seconds() // 60), used=False)


async def show_link(request: web.Request) -> web.Response:
    """``GET /tempat-kerja/masuk/<token>``: say what the link does, without using it up."""
    portal, token = portal_of(request), request.match_info["token"]
    await security.refuse_beyond(request, security.LINK)
    try:
        async with portal.store.read() as db:
            purpose, _user = await session.open_link(db, token, portal.clock())
        if purpose != PURPOSE:
            raise KamarError("link_used")
    except KamarError:
        await security.note(request, security.LINK)
        raise
    return render(request, "persona_link.html", link=f"/tempat-kerja/masuk/{token}", minutes=0, used=True)


async def use_link(request: web.Request) -> web.Response:
    """``POST /tempat-kerja/masuk/<token>``: open the second account in this browser, with a device of its own."""
    portal, token = portal_of(request), request.match_info["token"]
    await security.refuse_beyond(request, security.LINK)
    async with portal.store.write() as db:
        purpose, user = await session.open_link(db, token, portal.clock())
        if purpose != PURPOSE or user is None:
            raise KamarError("link_used")
        await session.use_link(db, token, portal.clock())
        found = await members.by_user(db, user)
    second = found if found is not None and found.persona else None
    if second is None:
        raise KamarError("link_used")
    name = localpart(user)
    matrix = await portal.module.register(name, None, second.display_name, _account_key(portal, name))
    response = see_other("/komunitas")
    await begin(request, response, user, matrix)
    return response


async def leave(request: web.Request) -> web.Response:
    """``POST /tempat-kerja/keluar``: erase a second account at one touch, from either side."""
    portal, who = portal_of(request), member_of(request)
    user = (await read_form(request)).text("akun")
    if who.persona:
        response = see_other("/")
        await end(request, response)
        await _erase(portal, who)
        return response
    async with portal.store.write() as db:
        second = await persona.one_of(db, _keys(portal), who.id, user, purpose="persona_leave", now=portal.clock())
    await _erase(portal, second)
    return see_other("/tempat-kerja?keluar=1")


async def refuse_alike(portal: Portal, who: Member, name: str) -> None:
    """Refuse a name that would tie the accounts of one person together.

    Raises:
        KamarError: ``persona_name``.
    """
    if portal.site.state.secret(vault_key.NAME).exists():  # without a vault there is no second account
        async with portal.store.write() as db:
            alike = await persona.is_named_alike(db, _keys(portal), who, name, portal.clock())
        if alike:
            raise KamarError("persona_name")


async def _erase(portal: Portal, second: Member) -> None:
    """Close the account first: what is erased here can't be named to Matrix any more."""
    await portal.module.deactivate(second.user_id)
    async with portal.store.write() as db:
        if (code := await referral.own_code(db, second.id)) is not None:
            await referral.revoke(db, code, portal.clock())
        await session.end_all(db, second.user_id)
        await persona.erase(db, _keys(portal), second)


async def _make(request: web.Request, typed: str, node: NodePath, invitation: Invitation | None) -> Made:
    """Make the account, then the member, the link in the vault and what he is to the workplace, in one transaction.

    Raises:
        KamarError: a field to be mended, or Matrix not answering.
    """
    portal, first = _owner(request)
    async with portal.store.read() as db:
        name = await read_name(db, portal.site.organisation, typed, node, portal.clock())
    if skeleton(name) == skeleton(first.display_name):
        raise KamarError("persona_name")
    keys = _keys(portal)
    async with portal.store.write() as db:
        mine = await persona.of(db, keys, first.id, purpose="persona_make", now=portal.clock())
    if len(mine) >= persona.MOST:
        raise KamarError("persona_many", most=persona.MOST)
    account = new_localpart(portal.dice)
    words = new_passphrase(portal.seal.dice("persona", secrets.token_urlsafe(TOKEN_BYTES)))
    user = await portal.module.make_account(account, words, name, _account_key(portal, account))
    async with portal.store.write() as db:
        number: MemberId = await persona.create(db, user, name, node, portal.clock())
        await persona.link(db, keys, first.id, number)
        if invitation is None:
            await workplace.found(db, node, number, portal.clock(), portal.site.organisation)
        else:
            await belonging.enter(db, number, invitation, node, portal.clock())
    return Made(user, words)


async def _page(
    request: web.Request,
    *,
    made: Made | None = None,
    error: KamarError | None = None,
    typed: str = "",
    name: str = "",
) -> web.Response:
    portal, first = _owner(request)
    async with portal.store.write() as db:
        mine = await persona.of(db, _keys(portal), first.id, purpose="persona_page", now=portal.clock())
        shown = [(each, await cover.said(db, each.home), await belonging.states_of(db, each.id)) for each in mine]
    return render(
        request,
        "persona.html",
        status=status_of(known(error)) if error else 200,
        mine=[(each, place.whole, states.get(each.home)) for each, place, states in shown],
        made=made,
        typed=typed or request.query.get("kode", "")[:20],
        name=name,
        left="keluar" in request.query,
        errors=beside_field(request, error) if error else {},
    )


def _owner(request: web.Request) -> tuple[Portal, Member]:
    """Return the member whose second accounts these are; a second account has none of its own.

    Raises:
        KamarError: ``login_needed``; ``not_found`` for second accounts, and where the organisation has none.
    """
    portal, first = portal_of(request), member_of(request)
    if first.persona or not portal.site.organisation.has_personas(Axis.KERJA):
        raise KamarError("not_found")
    return portal, first


def _keys(portal: Portal) -> vault_key.Keys:
    return vault_key.load(portal.site.state)


def _account_key(portal: Portal, account: str) -> str:
    """Return the key by which Synapse knows the account again: computed, so that no row need hold it."""
    return portal.seal.mac("persona_account", account)
