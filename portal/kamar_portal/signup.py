"""Sign-up on the web: four screens behind one link, ``/g/<kode>``; broken off, it goes on there for seven days."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

from aiohttp import web

from kamar.consent import read_consent
from kamar.errors import KamarError
from kamar.ids import UserId
from kamar.membership import SIGNUP_AGE
from kamar.node import Axis
from kamar.referral import spoken
from kamar.signup import Step, next_step, read_age
from kamar_portal import cookies, join, once, peace_ban, signup_workplace
from kamar_portal.admin_link import claim
from kamar_portal.cookies import Cookie
from kamar_portal.errors import RETRY_SECONDS, beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import begin as begin_session
from kamar_portal.session import visitor_of
from kamar_portal.signup_page import PLACE, account_page, consent_page, named_place, place_page
from kamar_store import signup
from kamar_store.referral import Invitation
from kamar_store.signup import Signup

TOKEN_BYTES = 32
AGAIN_LASTS = timedelta(minutes=10)  # how long the browser keeps trying while Synapse starts
AGAIN = "again"  # purpose of the sealed cookie
CONSENT, ACCOUNT = "setuju", "akun"
SCREEN = {Step.PLACE: PLACE, Step.CONSENT: CONSENT, Step.ACCOUNT: ACCOUNT}


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/", home),
        web.post("/", type_code),
        web.get("/g/{code}", welcome),
        web.post("/g/{code}", start),
        web.get(f"/g/{{code}}/{PLACE}", ask_place),
        web.post(f"/g/{{code}}/{PLACE}", take_place),
        web.get(f"/g/{{code}}/{CONSENT}", ask_consent),
        web.post(f"/g/{{code}}/{CONSENT}", take_consent),
        web.get(f"/g/{{code}}/{ACCOUNT}", ask_account),
        web.post(f"/g/{{code}}/{ACCOUNT}", take_account),
    ]


async def home(request: web.Request) -> web.Response:
    """``GET /``: what this is, a field for a code, and the way in for members."""
    if visitor_of(request).member is not None:
        return see_other("/komunitas")
    return render(request, "home.html", code="")


async def type_code(request: web.Request) -> web.Response:
    """``POST /``: go to the code that was typed."""
    form = await read_form(request)
    text = form.text("kode")
    try:
        invitation = await join.open_code(request, text)
    except KamarError as error:
        errors = beside_field(request, error)
        return render(request, "home.html", status=status_of(error), code=text[:20], errors=errors)
    return see_other(f"/g/{invitation.code}")


async def welcome(request: web.Request) -> web.Response:
    """``GET /g/<kode>``: what this is; or straight on to where the sign-up was broken off."""
    invitation = await join.open_code(request, request.match_info["code"])
    if visitor_of(request).member is None:
        _, begun = await _begun(request, invitation)
        if begun is not None and begun.answers:
            return see_other(_screen(invitation, begun))
    place = await named_place(request, invitation)
    return render(request, "signup/welcome.html", place=place, spoken=spoken(invitation.code), code=invitation.code)


async def start(request: web.Request) -> web.Response:
    """``POST /g/<kode>``: begin."""
    invitation = await join.open_code(request, request.match_info["code"])
    if visitor_of(request).member is not None:
        return see_other("/komunitas")
    token, begun = await _begun(request, invitation)
    if begun is None:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        home = await join.home_of(portal_of(request), invitation)
        given = {"home": home} if home else None
        begun = await join.begin(request, token, invitation.code, _account(request), given)
    response = see_other(_screen(invitation, begun))
    lasts = timedelta(days=portal_of(request).settings.portal.signup_days)
    cookies.put(request, response, Cookie.SIGNUP, token, lasts)
    return response


async def ask_place(request: web.Request) -> web.Response:
    """``GET /g/<kode>/tempat``: find the village, then RT and RW."""
    invitation, _, begun = await _at(request)
    if await join.home_of(portal_of(request), invitation) is not None:
        return see_other(f"/g/{invitation.code}/{CONSENT}")
    if portal_of(request).site.organisation.home_axis is not Axis.WILAYAH:
        return signup_workplace.page(request, invitation)
    return await place_page(request, invitation, begun)


async def take_place(request: web.Request) -> web.Response:
    """``POST /g/<kode>/tempat``."""
    invitation, _, begun = await _at(request)
    if portal_of(request).site.organisation.home_axis is not Axis.WILAYAH:
        return await signup_workplace.take(request, invitation, begun)
    form = await read_form(request)
    try:
        home = await join.read_place(portal_of(request), form.text("desa"), form.text("rw"), form.text("rt"))
    except KamarError as error:
        return await place_page(request, invitation, begun, form, error)
    await join.answer(portal_of(request), begun, {"home": home})
    return see_other(f"/g/{invitation.code}/{CONSENT}")


async def ask_consent(request: web.Request) -> web.Response:
    """``GET /g/<kode>/setuju``: age, and one box for each purpose."""
    invitation, _, begun = await _at(request, Step.CONSENT)
    ticked = begun.answers.get("consent", [])
    return consent_page(request, invitation, ticked=ticked, adult=bool(ticked))


async def take_consent(request: web.Request) -> web.Response:
    """``POST /g/<kode>/setuju``."""
    invitation, _, begun = await _at(request, Step.CONSENT)
    form = await read_form(request)
    ticked, adult = form.every("setuju"), form.text("umur")
    try:
        read_age(adult)
        read_consent(ticked)
    except KamarError as error:
        return consent_page(request, invitation, ticked=ticked, adult=bool(adult), error=error)
    await join.answer(portal_of(request), begun, {"consent": ticked, "age": SIGNUP_AGE})
    return see_other(f"/g/{invitation.code}/{ACCOUNT}")


async def ask_account(request: web.Request) -> web.Response:
    """``GET /g/<kode>/akun``: name and password; or another try of a step that waits for Synapse."""
    invitation, token, begun = await _at(request, Step.ACCOUNT)
    portal = portal_of(request)
    kept = portal.seal.open(AGAIN, cookies.read(request, Cookie.AGAIN), begun.id, portal.clock())
    if kept is not None and "lagi" in request.query:
        name, password = json.loads(kept)
        return await _finish(request, invitation, token, begun, name, password)
    return account_page(request, invitation, token, begun)


async def take_account(request: web.Request) -> web.Response:
    """``POST /g/<kode>/akun``: make the account."""
    invitation, token, begun = await _at(request, Step.ACCOUNT)
    form = await read_form(request)
    generated = form.text("buatan") == "ya" or begun.user_id is not None
    password = None if generated else form.raw("sandi")
    return await _finish(request, invitation, token, begun, form.raw("nama"), password)


async def _finish(
    request: web.Request, invitation: Invitation, token: str, begun: Signup, name: str, password: str | None
) -> web.Response:
    portal = portal_of(request)
    await peace_ban.refuse_banned(request)
    try:
        joined = await join.finish(portal, token, begun, name, password)
    except KamarError as error:
        if error.code == "code_revoked":
            raise  # no field of this page can mend it
        if known(error).code in ("chat_starting", "disk_full"):
            return _try_again(request, begun, error, name, password)
        return account_page(request, invitation, token, begun, name=name, generated=password is None, error=error)
    response = see_other("/komunitas")
    if joined.matrix is not None:
        await begin_session(request, response, joined.user_id, joined.matrix)
    await peace_ban.hint(request, joined.member)
    made = join.passphrase(portal, token) if password is None and begun.user_id is None else ""
    once.keep(request, response, joined.user_id, once.Shown(joined.recovery, made))
    cookies.drop(request, response, Cookie.SIGNUP, Cookie.AGAIN)
    await claim(request, response, joined.member)
    await join.wait_for_seat(portal, joined.member)
    return response


def _try_again(request: web.Request, begun: Signup, error: KamarError, name: str, password: str | None) -> web.Response:
    """Return the page that tries the last step again by itself; what was typed waits sealed in the browser."""
    portal = portal_of(request)
    response = render(
        request,
        "signup/again.html",
        status=status_of(known(error)),
        code=begun.code,
        full=known(error).code == "disk_full",
        retry=RETRY_SECONDS,
        retry_address=f"/g/{begun.code}/{ACCOUNT}?lagi=1",
    )
    sealed = portal.seal.close(AGAIN, json.dumps([name, password]), begun.id, portal.clock() + AGAIN_LASTS)
    cookies.put(request, response, Cookie.AGAIN, sealed, AGAIN_LASTS)
    return response


async def _at(request: web.Request, step: Step = Step.PLACE) -> tuple[Invitation, str, Signup]:
    """Return the sign-up of this browser, which has come as far as ``step``.

    Raises:
        KamarError: the code is no good, ``signup_unknown``; a redirect when an earlier screen is still to be answered.
    """
    invitation = await join.open_code(request, request.match_info["code"])
    token, begun = await _begun(request, invitation)
    if begun is None or visitor_of(request).member is not None:
        raise web.HTTPSeeOther(f"/g/{invitation.code}")
    order = list(SCREEN)
    if order.index(next_step(begun.answers)) < order.index(step):
        raise web.HTTPSeeOther(_screen(invitation, begun))
    return invitation, token, begun


async def _begun(request: web.Request, invitation: Invitation) -> tuple[str, Signup | None]:
    """Return the sign-up that this browser began with this code; a finished one when the answer to its end was lost."""
    portal = portal_of(request)
    token = cookies.read(request, Cookie.SIGNUP)
    if not token:
        return "", None
    try:
        async with portal.store.read() as db:
            begun = await signup.find(db, token, portal.clock())
    except KamarError:  # forgotten or too old: begin anew
        return "", None
    return (token, begun) if begun.code == invitation.code else ("", None)


def _screen(invitation: Invitation, begun: Signup) -> str:
    return f"/g/{invitation.code}/{SCREEN[next_step(begun.answers)]}"


def _account(request: web.Request) -> UserId | None:
    """Return the account that exists already: somebody registered with a stock client and logged in here."""
    return visitor_of(request).user
