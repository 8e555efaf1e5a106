"""What a room's events say to somebody who reads them as a plain page: text, who, when, what to do with it.

Nothing a sender formats is trusted: only the plain body is read, addresses become links only when they begin with http,
and Matrix ids are replaced by names wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kamar.ids import EventId, NodePath, UserId
from kamar.plain_chat_text import Piece, Reader, clean, pieces_of, visible, without_quote
from kamar.policy import may_open
from kamar.structure import RoomKind
from kamar.words import mark as _

LONGEST = 4000  # characters of one message written here; more is a document, not a message
CAPTION = 500  # characters of a photo's description
EXCERPT = 90  # characters of what is answered
REACTIONS = {  # what may be answered with one button; the order is the order of the buttons
    "👍": _("Suka"),
    "🙏": _("Terima kasih"),
    "❤️": _("Sayang"),
    "😂": _("Lucu"),
    "😢": _("Sedih"),
}
POLLS = ("m.poll.start", "org.matrix.msc3381.poll.start")
MESSAGES = ("m.room.message", "m.sticker", "m.room.encrypted", *POLLS)
EVENTS = (*MESSAGES, "m.reaction")  # what a page asks the homeserver for

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PICTURE_NAME = re.compile(r"[^\s/]+\.(jpe?g|png|gif|webp|heic|bmp)", re.IGNORECASE)


class Kind(StrEnum):
    """What a line is, and so how it is shown."""

    TEXT = "text"
    NOTICE = "notice"  # said by a program
    ACTION = "action"  # "/me waves"
    PICTURE = "picture"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    POLL = "poll"
    ENCRYPTED = "encrypted"
    DELETED = "deleted"


_KINDS = {
    "m.notice": Kind.NOTICE,
    "m.emote": Kind.ACTION,
    "m.image": Kind.PICTURE,
    "m.audio": Kind.AUDIO,
    "m.video": Kind.VIDEO,
    "m.file": Kind.FILE,
}
_WITH_FILE = (Kind.PICTURE, Kind.AUDIO, Kind.VIDEO, Kind.FILE)


@dataclass(frozen=True, slots=True)
class Media:
    """A file on this server; sizes as the sender claims them, 0 where unknown."""

    media_id: str
    size: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers; empty where it stands too far back to be known here."""

    name: str = ""
    own: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """One sign below a message; ``mine`` is one's own event that gave it."""

    sign: str
    count: int
    mine: EventId | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a conversation. ``name`` is empty for one's own and for people no longer here."""

    event_id: EventId
    at: datetime
    kind: Kind
    name: str = ""
    own: bool = False
    badge: str = ""  # the office that the writer holds
    text: str = ""  # of a picture: its description, empty where there is none
    media: Media | None = None
    choices: tuple[str, ...] = ()
    edited: bool = False
    answers: Quote | None = None
    reactions: tuple[Reaction, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return the text cut into words and addresses."""
        return pieces_of(self.text)

    @property
    def excerpt(self) -> str:
        """Return the beginning of the text on one line."""
        line = " ".join(self.text.split())
        return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


def conversation(events: Sequence[Mapping[str, Any]], reader: Reader) -> list[Message]:
    """Return the messages among raw ``events``, in their order (oldest first), each with its reactions."""
    given = _reactions(events, reader)
    made: dict[str, Message] = {}
    for event in events:
        message = _message(event, reader, given.get(str(event.get("event_id")), ()), made)
        if message is not None:
            made[message.event_id] = message
    return list(made.values())


def may_write(kind: RoomKind, node: NodePath, coordinated: Collection[NodePath]) -> bool:
    """Tell whether a member may write in a room: announcements come from the coordinators of the place only."""
    return kind is not RoomKind.SIARAN or may_open(coordinated, node)


def _message(
    event: Mapping[str, Any], reader: Reader, reactions: tuple[Reaction, ...], before: Mapping[str, Message]
) -> Message | None:
    """Return what one event says; None for what is no message, or only changes another."""
    content, kind = _content(event)
    if kind is None:
        return None
    sender = str(event.get("sender", ""))
    relates = _mapping(content.get("m.relates_to"))
    answered = _mapping(relates.get("m.in_reply_to")).get("event_id")
    if relates.get("rel_type") == "m.replace":
        return None
    media = _media(content, reader.server) if kind in _WITH_FILE else None
    return Message(
        event_id=EventId(str(event.get("event_id", ""))),
        at=datetime.fromtimestamp(_count(event.get("origin_server_ts")) / 1000, UTC),
        kind=kind,
        name="" if sender == reader.user else reader.name(sender),
        own=sender == reader.user,
        badge=reader.badges.get(UserId(sender), ""),
        text=_text(content, kind, reader, answer=isinstance(answered, str)),
        media=media,
        choices=_choices(content, reader) if kind is Kind.POLL else (),
        edited=_replaced(event) is not None and kind is not Kind.DELETED,
        answers=_quote(before.get(answered)) if isinstance(answered, str) and kind is not Kind.DELETED else None,
        reactions=reactions,
    )


def _content(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], Kind | None]:
    """Return an event's content as it was last edited, and its kind."""
    content, form = _mapping(event.get("content")), event.get("type")
    if form not in MESSAGES:
        return content, None
    if "redacted_because" in _mapping(event.get("unsigned")) or not content:
        return {}, Kind.DELETED
    if form == "m.room.encrypted":
        return content, Kind.ENCRYPTED
    if form in POLLS:
        return content, Kind.POLL
    if form == "m.sticker":
        return content, Kind.PICTURE
    newer = _replaced(event)
    if newer is not None:
        content = {**newer, "m.relates_to": content.get("m.relates_to", {})}
    return content, _KINDS.get(str(content.get("msgtype")), Kind.TEXT)


def _replaced(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the content of the latest edit by the same sender, which the homeserver puts beside an event."""
    relations = _mapping(_mapping(event.get("unsigned")).get("m.relations"))
    edit = _mapping(relations.get("m.replace"))
    newer = _mapping(edit.get("content")).get("m.new_content")
    return newer if isinstance(newer, Mapping) and edit.get("sender") == event.get("sender") else None


def _text(content: Mapping[str, Any], kind: Kind, reader: Reader, *, answer: bool) -> str:
    if kind in (Kind.DELETED, Kind.ENCRYPTED):
        return ""
    if kind is Kind.POLL:
        return _spoken(_poll(content).get("question"), reader)
    body = str(content.get("body", ""))
    if kind is Kind.PICTURE and not _is_description(content, body):
        return ""
    return clean(without_quote(body) if answer else body, reader)


def _is_description(content: Mapping[str, Any], body: str) -> bool:
    """Tell whether a picture's body describes it, or is only its file name (Matrix 1.10, "media captions")."""
    name = content.get("filename")
    return body != name if isinstance(name, str) else not _PICTURE_NAME.fullmatch(body.strip())


def _quote(message: Message | None) -> Quote:
    return Quote() if message is None else Quote(message.name, message.own, message.excerpt)


def _media(content: Mapping[str, Any], server: str) -> Media | None:
    """Return the file of a message, if it lies on this server and is not encrypted."""
    host, _slash, name = str(content.get("url", "")).removeprefix("mxc://").partition("/")
    if host != server or not _MEDIA_ID.fullmatch(name):
        return None
    info = _mapping(content.get("info"))
    return Media(name, _count(info.get("size")), _count(info.get("w")), _count(info.get("h")))


def _poll(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((_mapping(content[name]) for name in ("m.poll", POLLS[1]) if name in content), {})


def _choices(content: Mapping[str, Any], reader: Reader) -> tuple[str, ...]:
    answers = _poll(content).get("answers", ())
    return tuple(_spoken(each, reader) for each in answers[:20]) if isinstance(answers, list) else ()


def _spoken(part: object, reader: Reader) -> str:
    """Return the words of a part of a poll, in whichever form of the specification it is written."""
    if isinstance(part, list):
        part = part[0] if part else {}
    said = _mapping(part)
    for name in ("org.matrix.msc1767.text", "body", "m.text"):
        if name in said:
            value = said[name]
            return _spoken(value, reader) if isinstance(value, list) else clean(str(value), reader)
    return ""


def _reactions(events: Sequence[Mapping[str, Any]], reader: Reader) -> dict[str, tuple[Reaction, ...]]:
    """Return the signs below each message, the commonest first."""
    found: dict[str, dict[str, dict[str, EventId]]] = {}
    for event in events:
        relation = _mapping(_mapping(event.get("content")).get("m.relates_to"))
        sign, target = relation.get("key"), relation.get("event_id")
        if event.get("type") == "m.reaction" and isinstance(sign, str) and isinstance(target, str):
            people = found.setdefault(target, {}).setdefault(visible(sign)[:16], {})
            people[str(event.get("sender"))] = EventId(str(event.get("event_id")))
    return {
        target: tuple(
            Reaction(sign, len(people), people.get(reader.user))
            for sign, people in sorted(signs.items(), key=lambda item: -len(item[1]))
            if sign
        )
        for target, signs in found.items()
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**15 else 0
