"""``POST /api/v1/join``: the whole sign-up in one request, for programs that help people in; described in OpenAPI."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from kamar.consent import read_consent
from kamar.errors import KamarError
from kamar.membership import SIGNUP_AGE
from kamar.node import Axis
from kamar.signup import read_age, read_password
from kamar_portal import join
from kamar_portal.openapi import document
from kamar_portal.portal import Portal, portal_of
from kamar_portal.signup import TOKEN_BYTES
from kamar_store import signup
from kamar_store.display_name import read_name
from kamar_store.signup import Signup

KEY = re.compile(r"[A-Za-z0-9_-]{22,128}")
NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The body of a request, each field of its type."""

    code: str
    village: str
    rw: str
    rt: str
    consent: tuple[str, ...]
    display_name: str
    password: str | None = field(repr=False)


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [web.post("/api/v1/join", take), web.get("/api/v1/openapi.json", describe)]


async def describe(request: web.Request) -> web.Response:
    """``GET /api/v1/openapi.json``."""
    return web.json_response(document(portal_of(request).settings.portal_url))


async def take(request: web.Request) -> web.Response:
    """``POST /api/v1/join``: sign somebody up.

    With an ``Idempotency-Key`` the request may be repeated and is answered the same; the key is a secret.
    """
    portal = portal_of(request)
    token = _token(request)
    newcomer = _newcomer(await _body(request))
    invitation = await join.open_code(request, newcomer.code)
    if (done := await _finished(portal, token)) is not None:
        return await _answer(portal, token, done, newcomer)
    home = await join.home_of(portal, invitation)
    if home is None and portal.site.organisation.home_axis is not Axis.WILAYAH:
        raise KamarError("code_without_workplace")
    home = home or await join.read_place(portal, newcomer.village, newcomer.rw, newcomer.rt)
    read_consent(newcomer.consent)
    async with portal.store.read() as db:
        name = await read_name(db, portal.site.organisation, newcomer.display_name, home, portal.clock())
    if newcomer.password is not None:
        read_password(newcomer.password, name)
    answers = {"home": home, "consent": list(newcomer.consent), "age": SIGNUP_AGE}
    begun = await join.begin(request, token, invitation.code, answers=answers)
    await join.finish(portal, token, begun, name, newcomer.password, api=True)
    return await _answer(portal, token, begun, newcomer)


async def _finished(portal: Portal, token: str) -> Signup | None:
    try:
        async with portal.store.read() as db:
            begun = await signup.find(db, token, portal.clock())
    except KamarError:
        return None
    return begun if begun.member is not None else None


async def _answer(portal: Portal, token: str, begun: Signup, newcomer: Newcomer) -> web.Response:
    settings = portal.settings
    body: dict[str, object] = {
        "user_id": join.user_of(portal, begun),
        "home": begun.answers["home"],
        "homeserver": settings.homeserver_url,
        "recovery": list(join.recovery_words(portal, token)),
        "chat": settings.chat_url,
        "portal": f"{settings.portal_url}/komunitas",
    }
    if newcomer.password is None:
        body["password"] = join.passphrase(portal, token)
    return web.json_response(body, status=201, headers={"Cache-Control": "no-store"})


def _token(request: web.Request) -> str:
    """Return the sign-up's token: the caller's key, or one that nobody can repeat."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return secrets.token_urlsafe(TOKEN_BYTES)
    if not KEY.fullmatch(key):
        raise KamarError("idempotency_key")
    return f"api:{key}"


async def _body(request: web.Request) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        raise KamarError("body_malformed")
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise KamarError("body_malformed") from error
    if not isinstance(body, dict):
        raise KamarError("body_malformed")
    return body


def _newcomer(body: Mapping[str, Any]) -> Newcomer:
    consent = body.get("consent")
    if not isinstance(consent, list) or not all(isinstance(item, str) for item in consent):
        raise KamarError("body_malformed", field="consent")
    if body.get("adult") is not True:
        read_age("")
    password = body.get("password")
    return Newcomer(
        code=_text(body, "code"),
        village=_text(body, "village") if body.get("village") is not None else "",
        rw=_number(body, "rw"),
        rt=_number(body, "rt"),
        consent=tuple(consent),
        display_name=_text(body, "display_name"),
        password=None if password is None else _text(body, "password"),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or "\0" in value:
        raise KamarError("body_malformed", field=name)
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair is no text
        raise KamarError("body_malformed", field=name) from error
    return value


def _number(body: Mapping[str, Any], name: str) -> str:
    """Return RW or RT as it is typed; absent, null or empty means unknown."""
    value = body.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise KamarError("body_malformed", field=name)
    if not NUMBER.fullmatch(str(value)):
        raise KamarError(f"{name}_out_of_range")
    return str(value)
