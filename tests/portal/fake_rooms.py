"""Rooms for the homeserver that behaves: what was said, who is called what, and every call that arrives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

ROOMS = "/_matrix/client/v3/rooms/"
MEDIA = "/_matrix/client/v1/media/"


@dataclass
class FakeRooms:
    """Answers the calls of a plain page for everybody who has a device."""

    events: list[dict[str, Any]] = field(default_factory=list)  # oldest first
    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)  # by media id
    calls: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)  # content by transaction id
    encrypted: bool = False
    refusal: dict[str, str] | None = None  # what a module answers to a message

    def say(self, sender: str, body: str, **more: Any) -> str:
        """Put a message into the room."""
        return self.put(sender, "m.room.message", {"msgtype": "m.text", "body": body, **more})

    def put(self, sender: str, kind: str, content: dict[str, Any], **more: Any) -> str:
        """Put an event into the room."""
        number = f"${len(self.events)}"
        made = {"event_id": number, "type": kind, "sender": sender, "content": content}
        self.events.append({**made, "origin_server_ts": 1_795_262_400_000 + len(self.events) * 60_000, **more})
        return number

    def answer(self, request: httpx.Request, user: str) -> httpx.Response | None:
        """Answer a call; None when it is about something else."""
        path, _, query = request.url.raw_path.decode().partition("?")
        path, asked = unquote(path), {name: values[0] for name, values in parse_qs(query).items()}
        self.calls.append(f"{request.method} {path}")
        if path.startswith(MEDIA):
            data = self.files.get(path.rpartition("/")[2])
            return _gone() if data is None else httpx.Response(200, content=data)
        if path == "/_matrix/media/v3/upload":
            self.files[f"up{len(self.files)}"] = request.content
            return httpx.Response(200, json={"content_uri": f"mxc://kamar.test/up{len(self.files) - 1}"})
        if not path.startswith(ROOMS):
            return None
        what = path.removeprefix(ROOMS).split("/", 1)[1]
        return self._acts()[what.split("/")[0]](what, json.loads(request.content or b"{}"), asked, user)

    def _acts(self) -> dict[str, Callable[..., httpx.Response]]:
        return {
            "messages": self._messages,
            "state": self._state,
            "read_markers": self._mark,
            "event": self._event,
            "send": self._send,
            "redact": self._redact,
        }

    def _messages(self, _what: str, _body: Any, asked: dict[str, str], _user: str) -> httpx.Response:
        end = int(asked.get("from", f"t{len(self.events)}")[1:])
        start = max(0, end - int(asked["limit"]))
        chunk = self.events[start:end][::-1]
        senders = {event["sender"] for event in chunk} & set(self.names)
        state = [
            {
                "type": "m.room.member",
                "state_key": who,
                "content": {"membership": "join", "displayname": self.names[who]},
            }
            for who in senders
        ]
        more = {"end": f"t{start}"} if start else {}
        return httpx.Response(200, json={"chunk": chunk, "state": state, "start": f"t{end}", **more})

    def _state(self, *_: Any) -> httpx.Response:
        return httpx.Response(200, json={"algorithm": "m.megolm.v1.aes-sha2"}) if self.encrypted else _gone()

    def _mark(self, _what: str, body: Any, *_: Any) -> httpx.Response:
        self.marks.append(body["m.read"])
        return httpx.Response(200, json={})

    def _event(self, what: str, *_: Any) -> httpx.Response:
        found = [event for event in self.events if event["event_id"] == what.split("/")[1]]
        return httpx.Response(200, json=found[0]) if found else _gone()

    def _send(self, what: str, body: Any, _asked: Any, user: str) -> httpx.Response:
        _, kind, txn = what.split("/", 2)
        if self.refusal:
            return httpx.Response(403, json=self.refusal)
        if txn not in self.sent:
            self.sent[txn] = body
            self.put(user, kind, body)
        return httpx.Response(200, json={"event_id": f"${len(self.events) - 1}"})

    def _redact(self, what: str, *_: Any) -> httpx.Response:
        self.events = [event for event in self.events if event["event_id"] != what.split("/")[1]]
        return httpx.Response(200, json={"event_id": "$gone"})


def _gone() -> httpx.Response:
    return httpx.Response(404, json={"errcode": "M_NOT_FOUND", "error": "gone"})
