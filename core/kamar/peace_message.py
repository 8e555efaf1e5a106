"""Which messages are refused before they are stored: identity numbers, photos of identity cards, words, floods.

Pure: the Synapse module asks these for every message of a local member, and hands over what it remembers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from kamar.errors import KamarError
from kamar.nik import find_nik
from kamar.peace_time import HOME_ZONE, spoken_time

FLAG_FIELD = "id.sosialkamar.flag"  # a client may say itself that a photo shows a card
CARD = "ktp"
REPORT = "\N{TRIANGULAR FLAG ON POST}"
MEDIA = frozenset({"m.image", "m.file", "m.video", "m.audio", "m.sticker"})
SLOWEST = timedelta(hours=1)
_ADDRESSES = frozenset(  # never words of a person: file names of the server, keys, ids
    {"url", "thumbnail_url", "event_id", "file", "thumbnail_file", "user_ids", "info", "device_id", "blurhash"}
)
_TAG = re.compile(r"<[^>]*>")
_CARD_WORDS = re.compile(
    r"(?<![a-z])e?-?ktp(?:el)?(?![a-z])|kartu\s*(?:keluarga|tanda\s*penduduk)"
    r"|(?<![a-z])(?:foto|scan|pindaian|fotokopi|fotocopy|fc|no|nomor|berkas)\s*kk(?![a-z])|(?<![a-z])kk\s*(?:saya|asli)"
)
_CARD_NAME = re.compile(r"(?<![a-z])(?:scan|foto|img|e)?-?(?:ktp|kk)(?:el)?(?![a-z])")
_CAPITALS = re.compile(r"(?<![A-Za-z])KK(?![A-Za-z])")  # "kk" alone is how people write "kakak"
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Flood:
    """At most ``count`` messages within ``seconds`` seconds from one member in one room."""

    count: int = 12
    seconds: int = 20


@dataclass(frozen=True, slots=True)
class RoomRules:
    """What holds in one room now. Times are milliseconds since 1970.

    ``text_only_hours``: whose account is younger sends no pictures and files.
    """

    muted: Mapping[str, int] = field(default_factory=dict)  # user id: until when
    slow_seconds: int = 0
    slow_until: int = 0
    flood: Flood = Flood()
    words: tuple[str, ...] = ()
    text_only_hours: int = 0
    officers: frozenset[str] = frozenset()  # neither slowed nor counted
    zone: str = HOME_ZONE  # in which people are told until when

    def slow(self, now: int) -> int:
        """Return the seconds an ordinary member waits between two messages, 0 for none."""
        return self.slow_seconds if now < self.slow_until else 0


def rules_to_json(rules: RoomRules) -> dict[str, Any]:
    """Return the rules as they are written down."""
    return {
        "muted": dict(rules.muted),
        "slow_seconds": rules.slow_seconds,
        "slow_until": rules.slow_until,
        "flood": [rules.flood.count, rules.flood.seconds],
        "words": list(rules.words),
        "text_only_hours": rules.text_only_hours,
        "officers": sorted(rules.officers),
        "zone": rules.zone,
    }


def rules_from_json(raw: Mapping[str, Any]) -> RoomRules:
    """Return rules that were written down.

    Raises:
        ValueError: they are none.
    """
    try:
        count, seconds = (int(number) for number in raw["flood"])
        return RoomRules(
            {str(user): int(until) for user, until in raw["muted"].items()},
            min(int(raw["slow_seconds"]), int(SLOWEST.total_seconds())),
            int(raw["slow_until"]),
            Flood(max(1, count), max(1, seconds)),
            tuple(str(word) for word in raw["words"]),
            int(raw["text_only_hours"]),
            frozenset(str(user) for user in raw["officers"]),
            str(raw.get("zone", HOME_ZONE)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("these are no rules of a room") from error


def refuse_private(kind: str, content: Mapping[str, Any]) -> None:
    """Refuse a message that shows somebody's identity: a NIK anywhere in it, or a photo named as a card.

    Raises:
        KamarError: ``message_nik``, ``message_card``.
    """
    texts = list(_texts(content))
    if any(find_nik(text) for text in texts):
        raise KamarError("message_nik")
    for part in (content, content.get("m.new_content")):
        if isinstance(part, Mapping) and (kind == "m.sticker" or part.get("msgtype") in MEDIA) and _shows_card(part):
            raise KamarError("message_card")


def refuse_muted(rules: RoomRules, user: str, kind: str, content: Mapping[str, Any], now: int) -> None:
    """Refuse everything of who is muted, but a report: 🚩 stays possible for everybody.

    Raises:
        KamarError: ``message_muted`` (``until``, in words).
    """
    until = rules.muted.get(user, 0)
    if now < until and not is_report(kind, content):
        raise KamarError("message_muted", until=spoken_time(datetime.fromtimestamp(until / 1000, UTC), rules.zone))


def refuse_words(rules: RoomRules, content: Mapping[str, Any]) -> None:
    """Refuse a word that the room does not want.

    Raises:
        KamarError: ``message_word`` (``word``).
    """
    for text in _texts(content):
        found = unwanted(text, rules.words)
        if found is not None:
            raise KamarError("message_word", word=found)


def unwanted(text: str, words: Collection[str]) -> str | None:
    """Return the unwanted word that a text holds, however it is stretched or dressed ("ANJ1IING").

    A word matches whole; one that ends with ``*`` matches every longer one too.
    """
    said = {_folded(word) for word in _WORD.findall(_dressed(text))}
    for word in words:
        stem = _folded(word.rstrip("*"))
        if stem and (stem in said or (word.endswith("*") and any(each.startswith(stem) for each in said))):
            return word
    return None


def refuse_flood(rules: RoomRules, earlier: Sequence[float], now: float) -> None:
    """Refuse the next message of who wrote at ``earlier`` (seconds) too often.

    Raises:
        KamarError: ``message_flood`` (``seconds``).
    """
    recent = [at for at in earlier if at > now - rules.flood.seconds]
    if len(recent) >= rules.flood.count:
        raise KamarError("message_flood", seconds=max(1, round(recent[0] + rules.flood.seconds - now)))


def is_media(kind: str, content: Mapping[str, Any]) -> bool:
    """Tell whether a message brings a picture or a file."""
    return kind == "m.sticker" or content.get("msgtype") in MEDIA


def is_report(kind: str, content: Mapping[str, Any]) -> bool:
    """Tell whether an event is a report by reaction."""
    related = content.get("m.relates_to")
    key = related.get("key") if isinstance(related, Mapping) else None
    return kind == "m.reaction" and isinstance(key, str) and is_flag(key)


def is_flag(key: str) -> bool:
    """Tell whether a reaction means "report"."""
    return key.strip().rstrip("\ufe0f\ufe0e") in (REPORT, "\N{BLACK FLAG}", "\N{WAVING BLACK FLAG}")


def _shows_card(content: Mapping[str, Any]) -> bool:
    if str(content.get(FLAG_FIELD, "")).lower() == CARD:
        return True
    body, name = (content.get(part) if isinstance(content.get(part), str) else None for part in ("body", "filename"))
    caption = body if name is not None else None  # without a name of its own, the body is the file's name
    names = [text for text in (name, body if name is None else None) if text]
    return (
        any(_CARD_NAME.search(_spaced(text)) for text in names)
        or any(_CARD_WORDS.search(_spaced(text)) for text in (*names, caption) if text)
        or (caption is not None and _CAPITALS.search(caption) is not None)
    )


def _spaced(text: str) -> str:
    """Return words in small letters, apart: "scanKTP_budi.jpg" is "scan ktp budi jpg"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s_.\-()]+", " ", apart).lower()


def _texts(value: object) -> list[str]:
    """Return every text of a content, without markup and without addresses."""
    if isinstance(value, str):
        return [_TAG.sub("", value)]
    if isinstance(value, Mapping):
        return [text for name, item in value.items() if name not in _ADDRESSES for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)] if isinstance(value, int) and not isinstance(value, bool) else []


def _dressed(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")


def _folded(word: str) -> str:
    """Return a word with digits read as letters and repeated letters once."""
    read = _dressed(word)
    if any(char.isalpha() for char in read):
        read = read.translate(_LEET)
    return re.sub(r"(.)\1+", r"\1", read)
