"""The screens of a sign-up as pages: what stands in their fields, and which sentence beside which."""

from __future__ import annotations

from aiohttp import web

from kamar.consent import PURPOSES, VERSION
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.membership import SIGNUP_AGE
from kamar.node import Axis, axis_of, level_of, village_of
from kamar.signup import PASSWORD_SHORTEST
from kamar.wilayah import Wilayah, parse
from kamar_portal import join, wilayah
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import Form
from kamar_portal.page import render
from kamar_portal.portal import portal_of
from kamar_store import cover
from kamar_store.referral import Invitation
from kamar_store.signup import Signup

PLACE = "tempat"  # the last part of the screen's address


async def place_page(
    request: web.Request,
    invitation: Invitation,
    begun: Signup,
    form: Form | None = None,
    error: KamarError | None = None,
) -> web.Response:
    """Return the screen that asks where somebody lives."""
    portal = portal_of(request)
    query = (form.text("q") if form else request.query.get("q", ""))[: wilayah.LONGEST_QUERY]
    inside = request.query.get("dalam", "")
    code = form.text("desa") if form else request.query.get("desa", "")
    rt, rw = (form.text("rt"), form.text("rw")) if form else ("", "")
    if not form and not request.query:
        code, rt, rw = _proposed(invitation, begun)
        inside = "" if code or not invitation.node or level_of(invitation.node) is None else invitation.node
    chosen = await wilayah.village(portal, code or inside)
    if chosen is not None and not form and (said := wilayah.rt_rw_of(query)) is not None:
        rt, rw = _digits(said.rt), _digits(said.rw)
    found, _ = await wilayah.villages(portal, "" if chosen else query)
    return render(
        request,
        "signup/place.html",
        status=status_of(error) if error else 200,
        code=invitation.code,
        here=f"/g/{invitation.code}/{PLACE}",
        query=query,
        villages=found,
        chosen=chosen,
        choice=None if chosen else await wilayah.choose(portal, inside),
        inside=inside,
        rt=rt[:8],
        rw=rw[:8],
        errors=beside_field(request, error) if error else {},
    )


def consent_page(
    request: web.Request, invitation: Invitation, *, ticked: list[str], adult: bool, error: KamarError | None = None
) -> web.Response:
    """Return the screen with age and consents."""
    return render(
        request,
        "signup/consent.html",
        status=status_of(error) if error else 200,
        code=invitation.code,
        purposes=PURPOSES,
        missing=error.detail.get("purpose", "") if error else "",
        version=VERSION,
        age=SIGNUP_AGE,
        ticked=ticked,
        adult=adult,
        errors=beside_field(request, error) if error else {},
    )


def account_page(
    request: web.Request,
    invitation: Invitation,
    token: str,
    begun: Signup,
    *,
    name: str = "",
    generated: bool = False,
    error: KamarError | None = None,
) -> web.Response:
    """Return the screen with name and password; a password that was typed is not in it."""
    portal = portal_of(request)
    return render(
        request,
        "signup/account.html",
        status=status_of(known(error)) if error else 200,
        code=invitation.code,
        name=name[:200],
        account=join.user_of(portal, begun),
        existing=begun.user_id is not None,
        generated=generated,
        passphrase=join.passphrase(portal, token),
        least=PASSWORD_SHORTEST,
        errors=beside_field(request, error) if error else {},
    )


def _proposed(invitation: Invitation, begun: Signup) -> tuple[str, str, str]:
    """Return village, RT and RW to begin with: answered before, else those that the invitation carries."""
    home = begun.answers.get("home") or invitation.node
    if not home or village_of(home) is None:
        return "", "", ""
    place = parse(home)
    return _base(place), _digits(place.rt), _digits(place.rw)


def _digits(number: int | None) -> str:
    return "" if number is None else f"{number:03d}"


def _base(place: Wilayah) -> NodePath:
    """Return the village or unit that an RT or RW lies in."""
    return place.path if "/R" not in place.path else NodePath(place.path.partition("/R")[0])


async def named_place(request: web.Request, invitation: Invitation) -> str:
    """Return the name of the place that an invitation carries; empty for those that carry none."""
    if not invitation.node:
        return ""
    if axis_of(invitation.node) is not Axis.WILAYAH:
        async with portal_of(request).store.read() as db:
            return (await cover.said(db, invitation.node)).whole
    try:
        return (await wilayah.existing(portal_of(request), invitation.node)).full_name
    except KamarError:
        return ""
