"""The door: which of the many events of a busy server concern the bot, and what of them it needs to know.

Everything else is forgotten at once, unread and unstored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kamar.ids import EventId, RoomId, UserId
from kamar.node import level_of
from kamar.peace_message import is_report
from kamar.structure import RoomKey, RoomKind
from kamar.wilayah import Level
from kamar_bridges.matrix import Event
from kamar_store.appservice import ANYBODY, Arrival, Question

LONGEST = 500  # characters of a message that the bot reads; no command is longer
LONGEST_DIRECT = 4500  # in a direct talk, where announcements are written
CALLED = re.compile(r"(?<!\w)@kamar\b(?!\w)", re.IGNORECASE)
NUMBER = re.compile(r"\s*([1-9])\s*[.)]?\s*")


class Concern(StrEnum):
    """Why an event concerns the bot."""

    SAID = "said"  # a command, or a word in a direct talk
    CHOSE = "chose"  # a reaction or a number under a question of the bot
    INVITED = "invited"  # the bot itself, to a direct talk
    JOINED = "joined"  # a newcomer, to be greeted
    LEFT = "left"  # a member, by the own wish
    REMOVED = "removed"  # a member, by somebody else
    REPORTED = "reported"  # a message, by a flag as reaction
    SEALED = "sealed"  # an encrypted message in a direct talk, which the bot can't read


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows about the rooms and questions that some events name."""

    official: Mapping[RoomId, RoomKey]
    questions: Mapping[EventId, Question]

    def asked(self, room: RoomId, user: UserId) -> Question | None:
        """Return the newest open question to ``user`` in ``room``."""
        return next((item for item in self.questions.values() if (item.room_id, item.asker) == (room, user)), None)


def arrivals(events: Iterable[Event], bot: UserId, known: Known) -> list[Arrival]:
    """Return the events that concern the bot, in their order, without what it needn't know."""
    found: list[Arrival] = []
    for event in events:
        content = _content(event, bot, known)
        if content is not None:
            content["sent"] = event.at
            waits = content["concern"] == Concern.JOINED
            found.append(Arrival(event.event_id, event.room_id, event.sender, event.type, content, waits))
    return found


def sent_at(arrival: Arrival, now: datetime) -> datetime:
    """Return when an event was sent, as the homeserver says; ``now`` where it does not."""
    milliseconds = arrival.content.get("sent")
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else now


def named(events: Iterable[Event]) -> tuple[set[RoomId], set[EventId]]:
    """Return the rooms and the questions to look up before :func:`arrivals`."""
    rooms, questions = set(), set()
    for event in events:
        rooms.add(event.room_id)
        target = _related(event.content).get("event_id")
        if isinstance(target, str):
            questions.add(EventId(target))
    return rooms, questions


def _content(event: Event, bot: UserId, known: Known) -> dict[str, Any] | None:
    if event.type == "m.room.member":
        return _membership(event, bot, known)
    if event.sender == bot or event.state_key is not None:
        return None
    if event.type == "m.room.message":
        return _message(event, bot, known)
    if event.type == "m.reaction":
        return _reaction(event, known)
    if event.type == "m.room.encrypted" and event.room_id not in known.official:
        return {"concern": Concern.SEALED}
    return None


def _message(event: Event, bot: UserId, known: Known) -> dict[str, Any] | None:
    text = event.content.get("body")
    related = _related(event.content)
    if event.content.get("msgtype") == "m.image" and event.room_id not in known.official:
        return _picture(event.content)
    if event.content.get("msgtype") != "m.text" or not isinstance(text, str) or related.get("rel_type") == "m.replace":
        return None  # other bots speak in notices; a corrected message is not a second command
    text = _own_words(text)
    number = NUMBER.fullmatch(text)
    asked = known.asked(event.room_id, event.sender) if number else None
    if number and asked:
        return {"concern": Concern.CHOSE, "question": asked.event_id, "number": int(number[1])}
    direct = event.room_id not in known.official
    mentioned = bot in _mentioned(event.content) or CALLED.search(text) is not None
    if text.lstrip().startswith("!") or direct or mentioned:
        return {
            "concern": Concern.SAID,
            "text": text[: LONGEST_DIRECT if direct else LONGEST],
            "called": mentioned,
            **_answered(related),
        }
    return None


def _picture(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a picture that is not encrypted, with its caption as text (Matrix 1.10, "media captions")."""
    url, body, name, info = (content.get(field) for field in ("url", "body", "filename", "info"))
    if not isinstance(url, str) or not url.startswith("mxc://"):
        return None
    kept: dict[str, Any] = {"url": url[:300]}
    if isinstance(info, Mapping):
        kept |= {field: info[field] for field in ("size", "w", "h") if isinstance(info.get(field), int)}
        kept |= {"mimetype": str(info["mimetype"])[:40]} if "mimetype" in info else {}
    caption = body if isinstance(name, str) and isinstance(body, str) and body != name else ""
    return {"concern": Concern.SAID, "text": caption[:LONGEST_DIRECT], "called": False, "picture": kept}


def _reaction(event: Event, known: Known) -> dict[str, Any] | None:
    related = _related(event.content)
    if is_report(event.type, event.content) and event.room_id in known.official:
        return {"concern": Concern.REPORTED, "target": str(related.get("event_id"))}
    asked = known.questions.get(EventId(str(related.get("event_id"))))
    key = str(related.get("key", "")).strip("\ufe0f\u20e3 ")
    if asked is None or asked.asker not in (event.sender, ANYBODY) or NUMBER.fullmatch(key) is None:
        return None
    return {"concern": Concern.CHOSE, "question": asked.event_id, "number": int(key)}


def _membership(event: Event, bot: UserId, known: Known) -> dict[str, Any] | None:
    membership = event.content.get("membership")
    if event.state_key == bot:
        invited = membership == "invite" and event.content.get("is_direct") is True
        if not invited or event.room_id in known.official:
            return None
        return {"concern": Concern.INVITED, "encrypted": event.encrypted}
    key = known.official.get(event.room_id)
    if key is None:
        return None
    if event.state_key != event.sender:
        return {"concern": Concern.REMOVED, "who": event.state_key} if membership in ("leave", "ban") else None
    if membership == "leave":
        return {"concern": Concern.LEFT}
    if membership == "join" and _greets(key) and event.before != "join":
        return {"concern": Concern.JOINED}
    return None


def _greets(key: RoomKey) -> bool:
    """Tell whether newcomers are greeted: where the neighbours are, not in the wider rooms."""
    return key.kind is RoomKind.PERINTIS or (key.kind is RoomKind.OBROLAN and level_of(key.node) is Level.RT)


def _own_words(text: str) -> str:
    """Return a message without the lines that older clients quote above a reply."""
    lines = text.split("\n")
    while lines and lines[0].startswith("> "):
        del lines[0]
    return "\n".join(lines).strip()


def _answered(related: Mapping[str, Any]) -> dict[str, str]:
    """Return the event that a reply answers."""
    reply = related.get("m.in_reply_to")
    target = reply.get("event_id") if isinstance(reply, Mapping) else None
    return {"target": target} if isinstance(target, str) else {}


def _related(content: Mapping[str, Any]) -> Mapping[str, Any]:
    related = content.get("m.relates_to")
    return related if isinstance(related, Mapping) else {}


def _mentioned(content: Mapping[str, Any]) -> list[Any]:
    mentions = content.get("m.mentions")
    users = mentions.get("user_ids") if isinstance(mentions, Mapping) else None
    return users if isinstance(users, list) else []
