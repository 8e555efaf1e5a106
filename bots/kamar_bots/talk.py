"""What a conversation is made of: the question, the answer, and what a command may use. No transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kamar.ids import EventId, RoomId, UserId
from kamar.organisation import Organisation, profile
from kamar.referral import Dice
from kamar.settings import Settings
from kamar.structure import RoomKey
from kamar.words import translate
from kamar_store.store import Db


@dataclass(frozen=True, slots=True)
class Target:
    """A message of somebody that a command is about."""

    event_id: EventId
    sender: UserId
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Something said to the bot. ``room`` is none outside official rooms; ``direct``: nobody else reads along."""

    user: UserId
    room_id: RoomId
    text: str
    room: RoomKey | None
    direct: bool
    language: str
    now: datetime
    called: bool = False  # the message names @kamar
    encrypted: bool = False  # end to end, between the asker and the bot
    target: Target | None = None  # the message that this one answers
    picture: Mapping[str, Any] | None = None  # url, mimetype, size, w, h of a picture sent in a direct talk

    def say(self, sentence: str, **values: object) -> str:
        """Return a sentence of the catalogue in the asker's language, its braces filled."""
        return translate(sentence, self.language).format(**values)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: what people read, and the command it stands for."""

    label: str
    command: str


class Talk(StrEnum):
    """The two kinds of direct rooms."""

    ENCRYPTED = "encrypted"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of at most five lines, the first of which says it all.

    ``image`` is a link to be drawn as QR code beside the text. With ``login`` the text's ``{link}`` becomes a one-time
    link to the portal when the answer is sent, because nothing that waits to be sent may hold a secret. ``talk`` is the
    direct room that the bot makes for the asker.
    """

    text: str
    html: str | None = None
    image: str | None = None
    choices: tuple[Choice, ...] = ()
    login: bool = False
    talk: Talk | None = None
    quiet: bool = False  # nothing is said where others read, and the command itself is taken back


@dataclass(frozen=True, slots=True)
class Registry:
    """What a command works with: one transaction of the registry, the settings, and chance."""

    db: Db
    settings: Settings
    dice: Dice = field(repr=False)
    organisation: Organisation = field(default_factory=profile, repr=False)


Command = Callable[[Ask, Registry], Awaitable[Reply]]
