"""Getting back in with nothing left: the new telephone shows a QR, a coordinator and a neighbour confirm it.

The telephone's secret stays in its cookie. Each QR carries a token of its own, made with the portal's key, and is good
for one confirmation: whoever photographs it can confirm nothing a second time, and can never choose the password.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from aiohttp import web

from kamar.errors import KamarError
from kamar.recovery import MEET_LASTS, OFFICER_WAITS, Stage
from kamar.signup import PASSWORD_SHORTEST, read_password
from kamar_portal import cookies, security
from kamar_portal.cookies import Cookie
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, render_text, see_other
from kamar_portal.portal import Portal, portal_of
from kamar_portal.recovery import give_words, let_in
from kamar_portal.security import Limit
from kamar_store import member as members
from kamar_store import recovery_request
from kamar_store.recovery import hash_of_token
from kamar_store.recovery_request import Found

TOKEN_BYTES = 32
SCAN = 32  # hexadecimal digits of a QR's token: 128 bits, and a QR that an old camera reads
TYPED_MAX = 60  # characters of a name
LASTS = OFFICER_WAITS + 2 * MEET_LASTS
LOOK_SECONDS = 3
WAIT_SECONDS = 60  # while it takes a day
ASKED = Limit("recovery-ask", 30, timedelta(hours=1))  # requests from one place
SCAN_PURPOSE = "recovery-scan"


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get("/lupa/tetangga", ask),
        web.post("/lupa/tetangga", begin),
        web.get("/lupa/tetangga/tunggu", wait),
        web.get("/lupa/tetangga/keadaan", look),
        web.post("/lupa/tetangga/sandi", take),
    ]


async def ask(request: web.Request) -> web.Response:
    """``GET /lupa/tetangga``: the name that neighbours know."""
    return render(request, "recovery/meet.html", name="")


async def begin(request: web.Request) -> web.Response:
    """``POST /lupa/tetangga``: nothing is looked up, so a name that nobody bears goes the same way."""
    portal = portal_of(request)
    typed = " ".join((await read_form(request)).text("nama").split())[:TYPED_MAX]
    if not typed:
        errors = beside_field(request, KamarError("name_short", least=2))
        return render(request, "recovery/meet.html", status=422, name="", errors=errors)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with portal.store.write() as db:
        await security.count_in(db, request, ASKED)
        scan = scan_token(portal, hash_of_token(token), Stage.COORDINATOR)
        await recovery_request.begin(db, token, scan, typed, portal.clock())
    response = see_other("/lupa/tetangga/tunggu")
    cookies.put(request, response, Cookie.RECOVERY, token, LASTS)
    return response


async def wait(request: web.Request) -> web.Response:
    """``GET /lupa/tetangga/tunggu``: the QR, and how far it is."""
    return await _page(request)


async def look(request: web.Request) -> web.Response:
    """``GET /lupa/tetangga/keadaan``: the part of the page that changes."""
    found, values = await _state(request)
    if found is None:
        raise KamarError("request_over")
    return web.Response(text=render_text(request, "part/recovery_wait.html", **values), content_type="text/html")


async def take(request: web.Request) -> web.Response:
    """``POST /lupa/tetangga/sandi``: every old device is logged out, and new recovery words are made."""
    portal = portal_of(request)
    form = await read_form(request)
    try:
        new = read_password(form.raw("sandi"), "")
        found = await _found(request)
        if found is None:
            raise KamarError("request_over")
        async with portal.store.write() as db:
            user = await recovery_request.use(db, found, portal.clock())
            if user is None:
                raise KamarError("request_over")
            member = await members.by_user(db, user)
        assert member is not None
        try:
            response = await let_in(request, user, new, logout=True)
        except KamarError:
            async with portal.store.write() as db:
                await recovery_request.unuse(db, found)
            raise
    except KamarError as error:
        return await _page(request, error)
    await give_words(request, response, member)
    cookies.drop(request, response, Cookie.RECOVERY)
    return response


def scan_token(portal: Portal, request: str, stage: Stage) -> str:
    """Return what the QR of a stage carries; nobody computes it without the portal's key, and it says nothing."""
    return portal.seal.mac(SCAN_PURPOSE, f"{request} {stage}")[:SCAN]


async def _found(request: web.Request) -> Found | None:
    async with portal_of(request).store.read() as db:
        return await recovery_request.find(db, cookies.read(request, Cookie.RECOVERY))


async def _state(request: web.Request) -> tuple[Found | None, dict[str, object]]:
    portal = portal_of(request)
    now = portal.clock()
    found = await _found(request)
    if found is None:
        return None, {}
    stage = found.request.stage(now)
    account = ""
    if stage is Stage.OPEN and found.request.subject is not None:
        async with portal.store.read() as db:
            member = await members.by_id(db, found.request.subject)
        account = member.user_id if member else ""
    address = f"{portal.settings.portal_url}/tetangga/{scan_token(portal, found.id, stage)}"
    return found, {
        "stage": stage.value,
        "by_link": found.request.administrator is not None,
        "address": address,
        "account": account,
        "least": PASSWORD_SHORTEST,
        "minutes": _minutes(found.request.expires_at - now),
        "hours": _hours(found.request.ready_at, now),
        "look_seconds": WAIT_SECONDS if stage is Stage.WAITING else LOOK_SECONDS,
    }


async def _page(request: web.Request, error: KamarError | None = None) -> web.Response:
    found, values = await _state(request)
    if found is None:
        raise KamarError("request_over")
    return render(
        request,
        "recovery/wait.html",
        status=status_of(known(error)) if error else 200,
        errors=beside_field(request, error) if error else {},
        **values,
    )


def _minutes(left: timedelta) -> int:
    return max(0, round(left.total_seconds() / 60))


def _hours(ready_at: datetime | None, now: datetime) -> int:
    return 0 if ready_at is None else max(1, round((ready_at - now).total_seconds() / 3600))
