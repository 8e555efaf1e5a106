"""How well a place answers what was typed; values in, numbers out.

Word is compared with word by rapidfuzz's ``ratio``: its ``WRatio`` takes ten times as long and likes short noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from kamar.wilayah import Level
from kamar.wilayah_search import KINDS, Query, words_of
from kamar_store.wilayah import Node

LEAST = 0.7  # below it two words are different words: "batu" and "baru" are 0.75
RUN_TOGETHER = 0.85  # "tanjungpriuk" for "Tanjung Priok"
TOGETHER_LEAST = 5  # letters; less proves nothing
TOGETHER_LETTERS = 4  # names that differ by more can't be RUN_TOGETHER alike at any usual length
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
    _likeness: dict[str, tuple[float, ...]] = field(default_factory=dict)
    _neighbours: tuple[tuple[str, int, int], ...] = ()

    def __post_init__(self) -> None:
        self._neighbours = tuple(_neighbours(self.query.words))

    def sort(self, places: Sequence[Node]) -> list[tuple[Node, float]]:
        """Return the places with their scores, best first; of equals the largest."""
        scored = [(place, round(self.score(place), 3)) for place in places]
        return sorted(scored, key=lambda item: (-item[1], SIZES.index(item[0].level), item[0].path))

    def score(self, place: Node) -> float:
        """Return how well the place answers, 0 to about 1.5."""
        own_words = words_of(place.name)
        own = self._match(own_words)
        others = [words_of(part) for part in place.full_name.split(", ")[place.name.count(", ") + 1 :]]
        around = [self._match(_without_kind(words)) for words in others]
        score = OWN * own.covered
        for found in zip(own.typed, *(match.typed for match in around), strict=True):
            best = max(found)
            score += (1 - OWN) * best / len(self.query.words)
            score += TWICE * (best > 0 and found.count(best) > 1)
        if self.query.kinds:
            kinds = {*words_of(place.kind), *own_words, *(word for words in others for word in words[:1])}
            score += KIND * len(kinds.intersection(self.query.kinds))
        score += POSTCODE * bool(self.query.postcode and self.query.postcode == place.postcode)
        return score + ORDER * fuzz.ratio(" ".join(self.query.words), " ".join(own_words)) / 100

    def _match(self, words: tuple[str, ...]) -> _Match:
        found = self._matches.get(words)
        if found is None:
            found = self._matches[words] = self._compare(words)
        return found

    def _compare(self, words: tuple[str, ...]) -> _Match:
        """Compare every typed word with every word of the name, then typed neighbours with the name run together."""
        columns = [self._column(word) for word in words]
        rows = [max(row) for row in zip(*columns, strict=True)] if columns else [0.0] * len(self.query.words)
        letters = sum(map(len, words)) or 1
        kinds = self.query.kinds
        explained = (
            len(word) * (1.0 if word in kinds else max(column, default=0.0))
            for word, column in zip(words, columns, strict=True)
        )
        covered = sum(explained) / letters
        together = "".join(words)
        for joined, start, end in self._neighbours:
            near = abs(len(joined) - len(together)) <= TOGETHER_LETTERS
            if near and (end - start > 1 or len(words) > 1):
                value = fuzz.ratio(joined, together) / 100
                if value >= RUN_TOGETHER and value > covered:
                    covered = value
                    rows[start:end] = [max(value, row) for row in rows[start:end]]
        return _Match(tuple(rows), covered)

    def _column(self, word: str) -> tuple[float, ...]:
        found = self._likeness.get(word)
        if found is None:
            found = self._likeness[word] = tuple(likeness(typed, word) for typed in self.query.words)
        return found


def _neighbours(typed: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Give one, two and three typed words run together, with their place in the query."""
    for start in range(len(typed)):
        for end in range(start + 1, min(start + 3, len(typed)) + 1):
            joined = "".join(typed[start:end])
            if len(joined) >= TOGETHER_LEAST:
                yield joined, start, end


def _without_kind(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in KINDS else words
