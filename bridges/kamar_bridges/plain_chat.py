"""One room as one member sees it, in as few calls as can be: events come together with the names of who sent them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kamar.ids import EventId, RoomId, UserId
from kamar_bridges.homeserver import Download, Homeserver, MatrixError

CLIENT = "/_matrix/client/v3"
MEDIA = "/_matrix/client/v1/media"
SIDE = (800, 600)  # pixels; a size that Synapse makes of every picture when it arrives
ENCRYPTION = "m.room.encryption"


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Raw events, oldest first, with the names of those of their senders who are in the room.

    ``older`` continues before the first of them, empty at the beginning of what may be read.
    """

    events: Sequence[Mapping[str, Any]]
    names: Mapping[UserId, str]
    older: str


@dataclass(frozen=True, slots=True)
class News:
    """What happened since; ``gap`` when more happened than is told, ``left`` when the member is not there any more."""

    events: Sequence[Mapping[str, Any]]
    names: Mapping[UserId, str]
    since: str
    gap: bool = False
    left: bool = False


class RoomView:
    """One room, read with one member's own token."""

    def __init__(self, homeserver: Homeserver, token: str, room: RoomId) -> None:
        self._homeserver = homeserver
        self._token = token
        self._room = room
        self._path = f"{CLIENT}/rooms/{quote(room, safe='')}"

    async def page(self, kinds: Sequence[str], start: str = "", limit: int = 40) -> RoomPage:
        """Return the last events of some kinds, or those before ``start``: one call, names included."""
        wanted = json.dumps(_names({"types": list(kinds)}))
        params = {"dir": "b", "limit": str(limit), "filter": wanted, **({"from": start} if start else {})}
        answer = await self._call("GET", "/messages", params=params)
        return RoomPage(tuple(reversed(answer["chunk"])), _named(answer.get("state", ())), str(answer.get("end", "")))

    async def encrypted(self) -> bool:
        """Tell whether what is said here is encrypted."""
        try:
            return bool(await self._call("GET", f"/state/{ENCRYPTION}/"))
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            return False

    async def read(self, event: EventId) -> None:
        """Remember that the member has read up to ``event``."""
        await self._call("POST", "/read_markers", body={"m.fully_read": event, "m.read": event}, repeatable=True)

    async def event(self, event: EventId) -> Mapping[str, Any]:
        """Return one raw event; ``M_NOT_FOUND`` where the member may not see it."""
        return await self._call("GET", f"/event/{quote(event, safe='')}")

    async def wait(self, kinds: Sequence[str], since: str, seconds: float, limit: int = 20) -> News:
        """Return what is new since ``since``, as soon as something is; without ``since`` the last events at once."""
        nothing: Mapping[str, Any] = {"types": [], "limit": 0}
        rooms = {
            "rooms": [self._room],
            "timeline": _names({"types": [*kinds, "m.room.redaction"], "limit": limit}),
            "state": _names({"types": ["m.room.member"]}),
            "ephemeral": nothing,
            "account_data": nothing,
        }
        wanted = {"room": rooms, "presence": nothing, "account_data": nothing}
        params = {"filter": json.dumps(wanted), "set_presence": "offline"}
        params |= {"since": since, "timeout": str(int(seconds * 1000))} if since else {"timeout": "0"}
        answer = await self._homeserver.request("GET", f"{CLIENT}/sync", token=self._token, params=params)
        known = answer.get("rooms", {})
        here = known.get("join", {}).get(self._room, {})
        timeline = here.get("timeline", {})
        return News(
            events=tuple(timeline.get("events", ())),
            names=_named([*here.get("state", {}).get("events", ()), *timeline.get("events", ())]),
            since=str(answer["next_batch"]),
            gap=bool(timeline.get("limited")),
            left=self._room in known.get("leave", {}),
        )

    @asynccontextmanager
    async def file(self, server: str, media_id: str, *, small: bool) -> AsyncIterator[Download]:
        """Open a file, or the small form of a picture."""
        name = f"{quote(server, safe='')}/{quote(media_id, safe='')}"
        size = {"width": str(SIDE[0]), "height": str(SIDE[1]), "method": "scale"}
        path, params = (f"{MEDIA}/thumbnail/{name}", size) if small else (f"{MEDIA}/download/{name}", {})
        async with self._homeserver.open(path, token=self._token, params=params) as download:
            yield download

    async def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        return await self._homeserver.request(
            method, f"{self._path}{path}", token=self._token, body=body, params=params, repeatable=repeatable
        )


def _names(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for the members' names together with the events."""
    return {**wanted, "lazy_load_members": True, "include_redundant_members": True}


def _named(events: Sequence[Mapping[str, Any]]) -> dict[UserId, str]:
    """Return the names in member events; somebody who has left has none any more."""
    found: dict[UserId, str] = {}
    for event in events:
        content = event.get("content", {})
        if event.get("type") == "m.room.member" and content.get("membership") == "join":
            found[UserId(str(event.get("state_key")))] = str(content.get("displayname") or "")
    return found
