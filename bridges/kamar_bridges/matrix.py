"""Matrix's client-server API as one user: a member with an access token, or ``@kamar`` with its ``as_token``.

Only what the programs need. Rooms and people are named by their full ids, contents are passed through unread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from kamar.ids import EventId, RoomId, UserId
from kamar_bridges.homeserver import Homeserver, MatrixError

__all__ = ["Event", "Homeserver", "LoginToken", "Matrix", "MatrixError", "Page", "Session", "parse_event"]

CLIENT = "/_matrix/client/v3"


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a room; ``state_key`` is none for what is not state, ``at`` is milliseconds since 1970.

    ``before`` is the membership that a membership event replaces, empty where there was none. ``encrypted`` tells of an
    invitation whether its room is encrypted.
    """

    event_id: EventId
    room_id: RoomId
    type: str
    sender: UserId
    content: Mapping[str, Any]
    state_key: str | None = None
    at: int = 0
    before: str = ""
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some events of a room; ``end`` continues behind the last one, empty at the end of what there is."""

    events: Sequence[Event]
    end: str


@dataclass(frozen=True, slots=True)
class Session:
    """A device of an account. The token is a secret, and therefore not shown."""

    user_id: UserId
    device_id: str
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginToken:
    """Logs another client in, once, within ``expires`` seconds."""

    token: str = field(repr=False)
    expires: float


class Matrix:
    """One user on one homeserver; an empty ``token`` is nobody, who may only log in."""

    def __init__(self, homeserver: Homeserver, token: str = "") -> None:
        self.homeserver = homeserver
        self._token = token

    async def versions(self) -> Sequence[str]:
        """Return the versions of the specification that the homeserver speaks."""
        answer = await self.homeserver.request("GET", "/_matrix/client/versions")
        return tuple(str(version) for version in answer["versions"])

    async def login_password(self, user: str, password: str, device: str, address: str = "") -> Session:
        """Log in and return the new device, shown to its owner as ``device``; ``address`` is where the person sits."""
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "initial_device_display_name": device,
        }
        return await self._login(body, address)

    async def login_with_token(self, token: str, device: str) -> Session:
        """Log in with a :class:`LoginToken`'s token."""
        return await self._login({"type": "m.login.token", "token": token, "initial_device_display_name": device})

    async def login_token(self) -> LoginToken:
        """Return a token that logs another client of this user in."""
        answer = await self._call("POST", "/_matrix/client/v1/login/get_token", {})
        return LoginToken(str(answer["login_token"]), answer["expires_in_ms"] / 1000)

    async def logout(self) -> None:
        """End this device."""
        await self._call("POST", f"{CLIENT}/logout", {})

    async def logout_all(self) -> None:
        """End every device of this user."""
        await self._call("POST", f"{CLIENT}/logout/all", {})

    async def whoami(self) -> UserId:
        """Return who the token belongs to."""
        return UserId((await self._call("GET", f"{CLIENT}/account/whoami"))["user_id"])

    async def create_room(self, content: Mapping[str, Any]) -> RoomId:
        """Make a room. Never repeated by itself: two answers lost are two rooms."""
        return RoomId((await self._call("POST", f"{CLIENT}/createRoom", content))["room_id"])

    async def send(self, room: RoomId, kind: str, content: Mapping[str, Any], txn_id: str) -> EventId:
        """Send a message event; the same ``txn_id`` sends it once only."""
        path = f"{_room(room)}/send/{_quoted(kind)}/{_quoted(txn_id)}"
        return EventId((await self._call("PUT", path, content))["event_id"])

    async def put_state(self, room: RoomId, kind: str, content: Mapping[str, Any], state_key: str = "") -> EventId:
        """Set a state event; setting what already stands changes nothing."""
        path = f"{_room(room)}/state/{_quoted(kind)}/{_quoted(state_key)}"
        return EventId((await self._call("PUT", path, content))["event_id"])

    async def get_state(self, room: RoomId, kind: str, state_key: str = "") -> Mapping[str, Any]:
        """Return the content of one state event; ``M_NOT_FOUND`` where there is none."""
        return await self._call("GET", f"{_room(room)}/state/{_quoted(kind)}/{_quoted(state_key)}")

    async def state(self, room: RoomId) -> Sequence[Event]:
        """Return the whole state of a room, members included: for small rooms."""
        answers = await self.homeserver.request_list("GET", f"{_room(room)}/state", token=self._token)
        return tuple(parse_event(raw) for raw in answers)

    async def get_event(self, room: RoomId, event: EventId) -> Event:
        """Return one event."""
        return parse_event(await self._call("GET", f"{_room(room)}/event/{_quoted(event)}"))

    async def messages(self, room: RoomId, start: str = "", *, limit: int = 100, backwards: bool = True) -> Page:
        """Return a page of events from ``start``, or from the newest (backwards) or oldest."""
        params = {"dir": "b" if backwards else "f", "limit": str(limit), **({"from": start} if start else {})}
        answer = await self.homeserver.request("GET", f"{_room(room)}/messages", token=self._token, params=params)
        return Page(tuple(parse_event(raw) for raw in answer["chunk"]), str(answer.get("end", "")))

    async def joined_rooms(self) -> Sequence[RoomId]:
        """Return the rooms that this user is in."""
        return tuple(RoomId(room) for room in (await self._call("GET", f"{CLIENT}/joined_rooms"))["joined_rooms"])

    async def joined_members(self, room: RoomId) -> Mapping[UserId, str]:
        """Return who is in a room, with the display name, empty where there is none."""
        joined = (await self._call("GET", f"{_room(room)}/joined_members"))["joined"]
        return {UserId(user): str(profile.get("display_name") or "") for user, profile in joined.items()}

    async def join(self, room: RoomId) -> None:
        """Join a room."""
        await self._call("POST", f"{_room(room)}/join", {}, repeatable=True)

    async def leave(self, room: RoomId) -> None:
        """Leave a room."""
        await self._call("POST", f"{_room(room)}/leave", {}, repeatable=True)

    async def invite(self, room: RoomId, user: UserId) -> None:
        """Invite somebody."""
        await self._call("POST", f"{_room(room)}/invite", {"user_id": user})

    async def kick(self, room: RoomId, user: UserId, reason: str) -> None:
        """Take somebody out of a room."""
        await self._call("POST", f"{_room(room)}/kick", {"user_id": user, "reason": reason}, repeatable=True)

    async def ban(self, room: RoomId, user: UserId, reason: str) -> None:
        """Shut somebody out of a room."""
        await self._call("POST", f"{_room(room)}/ban", {"user_id": user, "reason": reason}, repeatable=True)

    async def unban(self, room: RoomId, user: UserId) -> None:
        """Let somebody be invited to a room again; does not bring him back."""
        await self._call("POST", f"{_room(room)}/unban", {"user_id": user}, repeatable=True)

    async def redact(self, room: RoomId, event: EventId, reason: str, txn_id: str) -> EventId:
        """Empty an event; the same ``txn_id`` does it once only."""
        path = f"{_room(room)}/redact/{_quoted(event)}/{_quoted(txn_id)}"
        return EventId((await self._call("PUT", path, {"reason": reason}))["event_id"])

    async def resolve_alias(self, alias: str) -> RoomId:
        """Return the room that bears an alias; ``M_NOT_FOUND`` where none does."""
        return RoomId((await self._call("GET", f"{CLIENT}/directory/room/{_quoted(alias)}"))["room_id"])

    async def aliases(self, room: RoomId) -> Sequence[str]:
        """Return the aliases of a room on this server."""
        return tuple(str(alias) for alias in (await self._call("GET", f"{_room(room)}/aliases"))["aliases"])

    async def put_alias(self, alias: str, room: RoomId) -> None:
        """Let an alias lead to a room, away from whichever it led to."""
        try:
            if await self.resolve_alias(alias) == room:
                return
            await self.remove_alias(alias)
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
        await self._call("PUT", f"{CLIENT}/directory/room/{_quoted(alias)}", {"room_id": room})

    async def remove_alias(self, alias: str) -> None:
        """Take an alias away; one that is gone already is no error."""
        try:
            await self._call("DELETE", f"{CLIENT}/directory/room/{_quoted(alias)}")
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise

    async def upload(self, content: bytes, content_type: str, filename: str) -> str:
        """Store a file and return its ``mxc://`` address."""
        answer = await self.homeserver.upload(
            "/_matrix/media/v3/upload", content, content_type, token=self._token, filename=filename
        )
        return str(answer["content_uri"])

    async def download(self, mxc: str) -> bytes:
        """Return the file at an ``mxc://`` address."""
        server, media = mxc.removeprefix("mxc://").split("/", 1)
        path = f"/_matrix/client/v1/media/download/{_quoted(server)}/{_quoted(media)}"
        return await self.homeserver.download(path, token=self._token)

    async def set_avatar(self, user: UserId, mxc: str) -> None:
        """Set this user's own picture."""
        await self._call("PUT", f"{CLIENT}/profile/{_quoted(user)}/avatar_url", {"avatar_url": mxc})

    async def ping_appservice(self, appservice: str, txn_id: str = "") -> float:
        """Let the homeserver call the application service back; return the seconds that took."""
        path = f"/_matrix/client/v1/appservice/{_quoted(appservice)}/ping"
        answer = await self._call("POST", path, {"transaction_id": txn_id} if txn_id else {}, repeatable=True)
        return float(answer["duration_ms"]) / 1000

    async def _login(self, body: Mapping[str, Any], address: str = "") -> Session:
        answer = await self.homeserver.request("POST", f"{CLIENT}/login", body=body, address=address)
        return Session(UserId(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"]))

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, repeatable: bool | None = None
    ) -> dict[str, Any]:
        return await self.homeserver.request(method, path, token=self._token, body=body, repeatable=repeatable)


def parse_event(raw: Mapping[str, Any]) -> Event:
    """Return an event as it stands in an answer or in a transaction of the application service."""
    replaced = raw.get("unsigned", {}).get("prev_content", {})
    stripped = raw.get("unsigned", {}).get("invite_room_state", ())
    return Event(
        event_id=EventId(raw["event_id"]),
        room_id=RoomId(raw.get("room_id", "")),
        type=str(raw["type"]),
        sender=UserId(raw["sender"]),
        content=raw.get("content", {}),
        state_key=raw.get("state_key"),
        at=int(raw.get("origin_server_ts", 0)),
        before=str(replaced.get("membership", "")),
        encrypted=any(state.get("type") == "m.room.encryption" for state in stripped),
    )


def _room(room: RoomId) -> str:
    return f"{CLIENT}/rooms/{_quoted(room)}"


def _quoted(part: str) -> str:
    return quote(part, safe="")
