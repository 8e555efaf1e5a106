"""Announcements: what one may say, who has to agree, when rooms sleep, and what stands in each room. Pure.

One announcement is one row that the jobs carry into every pengumuman room at and below a node. It is said as a notice:
Matrix then writes nothing for each member who reads it, however many those are, and members are called back by our own
push as they chose (:mod:`kamar.push`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from kamar.errors import KamarError
from kamar.ids import EventId, NodePath
from kamar.nik import find_nik
from kamar.node import chain_of, is_within
from kamar.words import mark as _

LONGEST = 4000  # characters
MARK = "id.sosialkamar.siaran"  # in each event: which announcement, and which version of its text
QUIET_FROM = time(22)  # on the clock of the room's place
QUIET_TO = time(5)
FLOOR = 10  # a smaller number of people is not told
ROUND = 10
STEPS = 10  # times that the progress is told, at most
ZONES = (7, 8, 9)  # hours ahead of UTC; Indonesia has no summer time

FEW = _("kurang dari 10 orang")
ABOUT = _("sekitar {people} orang")
SIGNED = _("Pengumuman dari {by}")


class TextState(StrEnum):
    """Life of one version of an announcement's text."""

    DRAFT = "draft"
    WAITING = "waiting"  # for a second officer
    APPROVED = "approved"
    DROPPED = "dropped"


class Step(StrEnum):
    """What is to be done in one room."""

    SEND = "send"
    EDIT = "edit"
    REDACT = "redact"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an announcement goes."""

    rooms: int
    people: int


def read_text(text: str) -> str:
    """Return the text of an announcement, tidied.

    Raises:
        KamarError: ``siaran_empty``, ``siaran_long`` (``most``), ``message_nik``.
    """
    tidy = text.replace("\r\n", "\n").strip()
    if not tidy:
        raise KamarError("siaran_empty")
    if len(tidy) > LONGEST:
        raise KamarError("siaran_long", most=LONGEST)
    if find_nik(tidy):
        raise KamarError("message_nik")
    return tidy


def needs_second(rooms: int, limit: int) -> bool:
    """Tell whether a second officer has to agree."""
    return rooms > limit


def may_approve(nodes: Collection[NodePath], node: NodePath, *, own: bool) -> bool:
    """Tell whether whoever may announce at ``nodes`` may agree to somebody's announcement at ``node``."""
    return not own and any(is_within(node, held) for held in nodes)


def may_change(nodes: Collection[NodePath], node: NodePath, *, own: bool) -> bool:
    """Tell whether one may correct or recall: the author while he may announce there, and the offices above."""
    if own:
        return any(is_within(node, held) for held in nodes)
    return bool(set(chain_of(node)[1:]) & set(nodes))


def awake(now: datetime) -> tuple[int, ...]:
    """Return the zones, as hours ahead of UTC, where rooms may hear something that is not urgent."""
    return tuple(zone for zone in ZONES if QUIET_TO <= (now + timedelta(hours=zone)).time() < QUIET_FROM)


def until_morning(zones: Collection[int], now: datetime) -> timedelta:
    """Return how long until the first of ``zones`` wakes; nothing where one is awake."""
    if set(zones) & set(awake(now)) or not zones:
        return timedelta(0)
    return min(_morning(zone, now) for zone in zones)


def people_words(people: int) -> str:
    """Return about how many people, as a sentence of the catalogue with its number filled in by the caller."""
    return FEW if people < FLOOR else ABOUT


def rounded(people: int) -> str:
    """Return a number of people, rounded so that nobody can count single ones: 1.230."""
    return f"{people // ROUND * ROUND:,}".replace(",", ".")


def body_of(text: str, by: str) -> str:
    """Return what people read: the text first, because it is what a telephone shows, then who says it."""
    return f"{text}\n\n{SIGNED.format(by=by)}"


def content_of(key: str, revision: int, body: str) -> dict[str, Any]:
    """Return the event of an announcement. A notice, so that it costs nothing for each member; nobody is mentioned."""
    return {"msgtype": "m.notice", "body": body, "m.mentions": {}, MARK: {"key": key, "revision": revision}}


def edit_of(key: str, revision: int, body: str, of: EventId) -> dict[str, Any]:
    """Return the event that corrects ``of``."""
    newer = content_of(key, revision, body)
    return {
        **newer,
        "body": f"* {body}",
        "m.new_content": newer,
        "m.relates_to": {"rel_type": "m.replace", "event_id": of},
    }


def picture_of(key: str, picture: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the picture of an announcement, an ``m.sticker``: shown like a picture, and ringing for nobody."""
    info = {name: picture[name] for name in ("mimetype", "size", "w", "h") if name in picture}
    return {"body": text.split("\n")[0][:200], "url": picture["url"], "info": info, MARK: {"key": key, "revision": 0}}


def said_here(content: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return which announcement and version an event carries."""
    mark = content.get(MARK)
    if not isinstance(mark, Mapping) or not isinstance(mark.get("revision"), int):
        return None
    return str(mark.get("key")), int(mark["revision"])


def step_of(event: EventId | None, *, recalled: bool) -> Step:
    """Return what a room that is behind needs."""
    if recalled:
        return Step.REDACT
    return Step.SEND if event is None else Step.EDIT


def tenth(done: int, rooms: int) -> int:
    """Return the progress in steps: it is told only when it changes."""
    return STEPS if rooms == 0 else done * STEPS // rooms


def _morning(zone: int, now: datetime) -> timedelta:
    local = now + timedelta(hours=zone)
    wait = datetime.combine(local.date(), QUIET_TO, UTC) - local
    return wait if wait > timedelta(0) else wait + timedelta(days=1)
