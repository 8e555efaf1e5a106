"""How well a place answers what was typed; values in, numbers out.

Word is compared with word by rapidfuzz's ``ratio``: its ``WRatio`` takes ten times as long and likes short noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from kamar.wilayah import Level
from kamar.wilayah_search import KINDS, Query, words_of
from kamar_store.wilayah import Node

LEAST = 0.7  # below it two words are different words: "batu" and "baru" are 0.75
RUN_TOGETHER = 0.85  # "tanjungpriuk" for "Tanjung Priok"
OWN = 0.35  # weight of how much of the place's own name was typed; the rest: how much of what was typed it explains
KIND = 0.05  # "kota bekasi" prefers the kota
POSTCODE = 0.4
ORDER = 0.02  # the same words in the same order
TWICE = 0.01  # the village Menteng in Kecamatan Menteng before every other Menteng

SIZES = (Level.KOTA, Level.PROVINSI, Level.KECAMATAN, Level.KELURAHAN)  # of equals, what people mean first


def likeness(typed: str, word: str) -> float:
    """Return how much ``typed`` looks like ``word`` or its beginning or a part of it: 0, or from LEAST to 1."""
    if typed == word:
        return 1.0
    best = fuzz.ratio(typed, word) / 100
    if len(typed) > 1 and word.startswith(typed):
        best = max(best, 0.8 + 0.15 * len(typed) / len(word))
    elif len(typed) > 3 and typed in word:
        best = max(best, LEAST + 0.15 * len(typed) / len(word))
    return best if best >= LEAST else 0.0


@dataclass(frozen=True, slots=True)
class _Match:
    """One name against the typed words: the likeness of each typed word, and how much of the name was typed."""

    typed: tuple[float, ...]
    covered: float


@dataclass(slots=True)
class Ranking:
    """Scores places for one query; names that come again (every kecamatan does) are compared once."""

    query: Query
    _matches: dict[tuple[str, ...], _Match] = field(default_factory=dict)

    def sort(self, places: Sequence[Node]) -> list[tuple[Node, float]]:
        """Return the places with their scores, best first; of equals the largest."""
        scored = [(place, round(self.score(place), 3)) for place in places]
        return sorted(scored, key=lambda item: (-item[1], SIZES.index(item[0].level), item[0].path))

    def score(self, place: Node) -> float:
        """Return how well the place answers, 0 to about 1.5."""
        own = self._match(words_of(place.name))
        others = [words_of(part) for part in place.full_name.split(", ")[place.name.count(", ") + 1 :]]
        around = [self._match(_without_kind(words)) for words in others]
        score = OWN * own.covered
        for index in range(len(self.query.words)):
            found = sorted((match.typed[index] for match in (own, *around)), reverse=True)
            score += (1 - OWN) * found[0] / len(self.query.words)
            score += TWICE * (len(found) > 1 and found[0] == found[1] > 0)
        kinds = {*words_of(place.kind), *words_of(place.name), *(word for words in others for word in words[:1])}
        score += KIND * len(kinds.intersection(self.query.kinds))
        score += POSTCODE * bool(self.query.postcode and self.query.postcode == place.postcode)
        return score + ORDER * fuzz.ratio(" ".join(self.query.words), " ".join(words_of(place.name))) / 100

    def _match(self, words: tuple[str, ...]) -> _Match:
        found = self._matches.get(words)
        if found is None:
            found = self._matches[words] = _compare(self.query.words, words, self.query.kinds)
        return found


def _without_kind(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in KINDS else words


def _compare(typed: Sequence[str], words: Sequence[str], kinds: Sequence[str]) -> _Match:
    table = [[likeness(one, word) for word in words] for one in typed]
    letters = sum(len(word) for word in words) or 1
    best = [max((row[index] for row in table), default=0.0) for index in range(len(words))]
    best = [1.0 if word in kinds else value for word, value in zip(words, best, strict=True)]
    covered = sum(len(word) * value for word, value in zip(words, best, strict=True)) / letters
    rows = [max(row, default=0.0) for row in table]
    together = "".join(words)
    for start in range(len(typed)):
        for end in (start + 1, start + 2, start + 3):
            joined = "".join(typed[start:end])
            if (end - start > 1 or len(words) > 1) and end <= len(typed) and len(joined) > 4:
                value = fuzz.ratio(joined, together) / 100
                if value >= RUN_TOGETHER and value > covered:
                    covered = value
                    rows[start:end] = [max(value, row) for row in rows[start:end]]
    return _Match(tuple(rows), covered)
