"""The application service's HTTP endpoint: Synapse pushes events here, and nobody else is listened to."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from kamar_bridges.matrix import Event, parse_event

logger = logging.getLogger(__name__)

BODY_MAX = 16 * 2**20  # bytes: a hundred events of 64 KB each, and what Synapse adds to them
PREFIX = "/_matrix/app/v1"
HEALTH = "/healthz"  # the one path without a token

Push = Callable[[str, list[Event]], Awaitable[None]]


def application(hs_token: str, push: Push) -> web.Application:
    """Return the endpoint; ``push`` stores a transaction before Synapse hears that it arrived."""
    app = web.Application(client_max_size=BODY_MAX, middlewares=[_guard(hs_token)])
    app.add_routes(
        [
            web.put(f"{PREFIX}/transactions/{{txn}}", _transactions(push)),
            web.get(f"{PREFIX}/users/{{name}}", _unknown),
            web.get(f"{PREFIX}/rooms/{{name}}", _unknown),
            web.post(f"{PREFIX}/ping", _ping),
            web.get(HEALTH, _ping),
        ]
    )
    return app


def _guard(hs_token: str) -> Any:
    expected = f"Bearer {hs_token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
        said = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if request.path != HEALTH and not said:
            return _refuse(401, "M_MISSING_TOKEN")
        if request.path != HEALTH and not hmac.compare_digest(said, expected):
            return _refuse(403, "M_FORBIDDEN")
        try:
            return await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return _refuse(413, "M_TOO_LARGE")
        except web.HTTPException as error:
            return _refuse(error.status, "M_UNRECOGNIZED")

    return guard


def _transactions(push: Push) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def transactions(request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError):
            return _refuse(400, "M_NOT_JSON")
        if not isinstance(body, dict) or not isinstance(body.get("events"), list):
            return _refuse(400, "M_BAD_JSON")
        await push(request.match_info["txn"], readable(body["events"]))
        return web.json_response({})

    return transactions


def readable(raw: list[Any]) -> list[Event]:
    """Return the events that can be read. One that can't must not hold up all behind it for ever."""
    found: list[Event] = []
    for item in raw:
        try:
            event = parse_event(item)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            logger.warning("an event that can't be read was left out")
            continue
        if isinstance(event.content, dict) and all(isinstance(name, str) for name in _names(event)):
            found.append(event)
    return found


def _names(event: Event) -> tuple[object, ...]:
    return event.event_id, event.room_id, event.sender


async def _unknown(request: web.Request) -> web.Response:
    """Answer a query for a user or an alias: nothing is ever made because somebody asked."""
    del request
    return _refuse(404, "M_NOT_FOUND")


async def _ping(request: web.Request) -> web.Response:
    del request
    return web.json_response({})


def _refuse(status: int, errcode: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": errcode}, status=status)
