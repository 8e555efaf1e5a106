"""Our own endpoints inside Synapse, called as ``@kamar``: accounts, codes, seats, rooms.

Every call may be repeated. The other side is ``modules/kamar_modules``; ``docs/architecture.md`` has the
table of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kamar.ids import EventId, RoomId, UserId
from kamar.reconcile import Found, found_room
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.matrix import LoginToken, Session

PATH = "/_synapse/client/kamar/v1"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the homeserver; ``code`` is what a stock client registered with."""

    user_id: UserId
    exists: bool
    code: str | None


@dataclass(frozen=True, slots=True)
class Seated:
    """What seating did. ``failed`` holds Matrix's word per room; repeating tries those again."""

    joined: Sequence[RoomId]
    left: Sequence[RoomId]
    failed: Mapping[RoomId, str]


@dataclass(frozen=True, slots=True)
class Seats:
    """Where a member may sit, and in which of these rooms he is."""

    rooms: Sequence[RoomId]
    joined: Sequence[RoomId]


@dataclass(frozen=True, slots=True)
class Have:
    """Official rooms as Matrix has them; ``closed``: which of the people asked about have no living account."""

    rooms: Mapping[RoomId, Found]
    closed: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class FoundRoom:
    """The room of a key; ``complete`` when its making came to the end."""

    room_id: RoomId
    complete: bool


@dataclass(frozen=True, slots=True)
class MissedEvent:
    """An event for the bot that its transaction may have lost."""

    event_id: EventId
    room_id: RoomId
    stream: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Events after a position, oldest first, and the position to ask from next."""

    events: Sequence[MissedEvent]
    next: int


@dataclass(frozen=True, slots=True)
class PeaceHealth:
    """Whether the rules of rooms can be read; whether clamd answers, none where there is none."""

    readable: bool
    clamd: bool | None


class KamarModule:
    """The endpoints of one homeserver, with the application service's token."""

    def __init__(self, homeserver: Homeserver, as_token: str) -> None:
        self.homeserver = homeserver
        self._token = as_token

    async def health(self) -> Sequence[str]:
        """Return the names of the modules that run."""
        answer = await self._call("GET", "health")
        return tuple(str(name) for name in answer["modules"])

    async def register(self, localpart: str, password: str | None, display_name: str, key: str) -> Session:
        """Make an account, or open it again: the same ``key`` sets the password anew and gives a new device.

        Raises:
            MatrixError: ``M_USER_IN_USE`` when somebody else has the localpart.
        """
        body = {"localpart": localpart, "password": password, "display_name": display_name, "key": key}
        answer = await self._call("POST", "register", {**body, "device": True})
        return Session(UserId(answer["user_id"]), str(answer["device_id"]), str(answer["access_token"]))

    async def make_account(self, localpart: str, password: str | None, display_name: str, key: str) -> UserId:
        """Make an account as :meth:`register` does, without a device."""
        body = {"localpart": localpart, "password": password, "display_name": display_name, "key": key}
        return UserId((await self._call("POST", "register", {**body, "device": False}))["user_id"])

    async def account(self, user: UserId) -> Account:
        """Tell what the homeserver knows of an account."""
        answer = await self._call("GET", f"account/{_quoted(user)}")
        return Account(UserId(answer["user_id"]), bool(answer["exists"]), answer["code"])

    async def set_display_name(self, user: UserId, display_name: str) -> None:
        """Change a name; the only way to change one."""
        await self._call("PUT", "displayname", {"user_id": user, "display_name": display_name})

    async def set_password(self, user: UserId, password: str, *, logout: bool) -> None:
        """Change a password; ``logout`` ends every device."""
        await self._call("PUT", "password", {"user_id": user, "password": password, "logout": logout})

    async def logout_all(self, user: UserId) -> None:
        """End every device of an account; its password stays."""
        await self._call("POST", "logout_all", {"user_id": user})

    async def deactivate(self, user: UserId) -> None:
        """Close an account for ever and erase it."""
        await self._call("POST", "deactivate", {"user_id": user})

    async def open_code(self, code: str) -> None:
        """Let stock clients register with a code."""
        await self._call("PUT", "code", {"code": code, "revoked": False})

    async def revoke_code(self, code: str) -> None:
        """Stop a code."""
        await self._call("PUT", "code", {"code": code, "revoked": True})

    async def login_token(self, access_token: str) -> LoginToken:
        """Return what logs another client of a member in; asked with the member's own token, not with ours."""
        path = f"{PATH}/login_token"
        answer = await self.homeserver.request("POST", path, token=access_token, body={}, repeatable=True)
        return LoginToken(str(answer["login_token"]), answer["expires_in_ms"] / 1000)

    async def seat(
        self,
        user: UserId,
        space: RoomId | None,
        rooms: Sequence[RoomId],
        leave: Sequence[RoomId] = (),
    ) -> Seated:
        """Give a member seats and join them: the space first, then the rooms; then leave."""
        body = {"user_id": user, "space": space, "rooms": list(rooms), "leave": list(leave)}
        answer = await self._call("POST", "seat", body)
        failed = {RoomId(room): str(errcode) for room, errcode in answer["failed"].items()}
        return Seated(_rooms(answer["joined"]), _rooms(answer["left"]), failed)

    async def seats(self, user: UserId) -> Seats:
        """Return where a member may sit and sits."""
        answer = await self._call("GET", f"seats/{_quoted(user)}")
        return Seats(_rooms(answer["rooms"]), _rooms(answer["joined"]))

    async def have(self, rooms: Sequence[RoomId], users: Sequence[UserId] = ()) -> Have:
        """Return how official rooms stand, at most 200 of them, and which of ``users`` are gone, of at most 2,000."""
        answer = await self._call("POST", "have", {"rooms": list(rooms), "users": list(users)})
        found = {RoomId(room): found_room(each) for room, each in answer["rooms"].items()}
        return Have(found, frozenset(UserId(user) for user in answer["closed"]))

    async def room(self, key: str) -> FoundRoom | None:
        """Return the room that was made for a key, or none."""
        try:
            answer = await self._call("GET", f"room/{_quoted(key)}")
        except MatrixError as error:
            if error.errcode == "M_NOT_FOUND":
                return None
            raise
        return FoundRoom(RoomId(answer["room_id"]), bool(answer["complete"]))

    async def named(self, room: RoomId, user: UserId) -> Sequence[EventId]:
        """Return the membership events of somebody who left that still show a name."""
        params = {"room_id": room, "member": user}
        answer = await self.homeserver.request("GET", f"{PATH}/named", token=self._token, params=params)
        return tuple(EventId(event) for event in answer["events"])

    async def shut(self, room: RoomId) -> None:
        """Remove an official room and everybody in it."""
        await self._call("POST", "shut", {"room_id": room})

    async def map_again(self, room: RoomId) -> None:
        """Let the map of official rooms follow a room whose node is another now."""
        await self._call("POST", "map", {"room_id": room})

    async def missed(self, after: int | None) -> Missed:
        """Return events for the bot after a position; none asks for the present position only."""
        params = {"after": "now" if after is None else str(after)}
        answer = await self.homeserver.request("GET", f"{PATH}/missed", token=self._token, params=params)
        events = tuple(
            MissedEvent(EventId(event["event_id"]), RoomId(event["room_id"]), int(event["stream"]))
            for event in answer["events"]
        )
        return Missed(events, int(answer["next"]))

    async def peace(self) -> PeaceHealth:
        """Tell whether messages and files can be judged."""
        answer = await self._call("GET", "peace")
        clamd = answer["clamd"]
        return PeaceHealth(bool(answer["readable"]), None if clamd is None else bool(clamd))

    async def set_rules(self, room: RoomId, rules: Mapping[str, Any]) -> None:
        """Write what holds in a room (:func:`kamar.peace_message.rules_to_json`)."""
        await self._call("PUT", "peace", {"room_id": room, "rules": dict(rules)})

    async def set_block(self, user: UserId, other: UserId, *, blocked: bool) -> None:
        """Let a member block another, or no more."""
        await self._call("PUT", "block", {"user_id": user, "other": other, "blocked": blocked})

    async def set_removed(self, sha256: str, *, removed: bool) -> None:
        """Put the hash of a file on the list of removed ones, or take it off."""
        await self._call("PUT", "removed_media", {"sha256": sha256, "removed": removed})

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self.homeserver.request(method, f"{PATH}/{path}", token=self._token, body=body, repeatable=True)


def _rooms(names: Sequence[str]) -> Sequence[RoomId]:
    return tuple(RoomId(name) for name in names)


def _quoted(part: str) -> str:
    return quote(part, safe="")
