"""Find a village as people type it: part of its name, with mistakes, with its kecamatan, by postcode, in an address.

Every place is filed under the words of its own name (``wilayah_word``). The typed words give candidates, a word that
is nobody's is first replaced by those that look like it (``wilayah_vocabulary``: FTS5 trigrams on SQLite, pg_trgm on
PostgreSQL), and :mod:`kamar_store.wilayah_rank` puts the best of them in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.wilayah import Level, RtRw
from kamar.wilayah_search import Query, read
from kamar_store.tables import node
from kamar_store.wilayah import COLUMNS, IN_FORCE, Node, by_postcode, children, get, node_of
from kamar_store.wilayah_rank import Ranking, likeness

LIMIT = 10
MARGIN = 0.15  # of the best score: a place below it answers only a part of what was typed
FEW = 5  # in a short query, a word that fewer places bear may be a mistake for one that many bear
SHORT = 3  # words; longer queries have other words to go by
ALIKE = 15  # words taken for one typed word
RANKED = 120  # candidates compared letter by letter
TRIGRAM_ROWS = 6_000  # words looked at for one typed word; the rarest trigrams first
TRIGRAM_WORDS = 300
SIMILAR = "0.2"  # pg_trgm's own 0.3 misses "cna" for "cina"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer: places, best first, and the RT and RW that stood in the text."""

    places: tuple[Node, ...]
    rt_rw: RtRw | None


async def search(db: AsyncConnection, typed: str, limit: int = LIMIT) -> Answer:
    """Return the places that ``typed`` may mean: villages, but also kecamatan, kabupaten and provinsi."""
    query = read(typed)
    return Answer(tuple(place for place, _ in (await _ranked(db, query))[:limit]), query.rt_rw)


async def search_villages(db: AsyncConnection, typed: str, limit: int = LIMIT) -> Answer:
    """Return the villages that ``typed`` may mean. If it means a kecamatan rather, these are the villages there."""
    query = read(typed)
    ranked = await _ranked(db, query)
    good = ranked[0][1] - MARGIN if ranked else 0.0
    found = [place for place, score in ranked if place.level is Level.KELURAHAN and score >= good]
    for place, score in ranked:
        if place.level is Level.KECAMATAN and score >= good and len(found) < limit:
            found += [village for village in await children(db, place.path) if village not in found]
    found += [place for place, score in ranked if place.level is Level.KELURAHAN and score < good]
    return Answer(tuple(found[:limit]), query.rt_rw)


async def _ranked(db: AsyncConnection, query: Query) -> list[tuple[Node, float]]:
    """Return places with their scores, best first."""
    if query.code:
        place = await get(db, query.code)
        return [(place, 1.0)] if place else []
    places = {place.path: place for place in await _named(db, query)}
    if query.postcode:
        places |= {place.path: place for place in await by_postcode(db, query.postcode)}
    return Ranking(query).sort(list(places.values()))


async def _named(db: AsyncConnection, query: Query) -> list[Node]:
    """Return the best candidates by name, in no order."""
    if not query.words:
        return []
    meant = {word: {word: 1.0} for word in query.words}
    for joined, word in query.joined:
        meant[word][joined] = 1.0
    files = await _files(db, {word for words in meant.values() for word in words})
    few = FEW if len(query.words) <= SHORT else 1
    unsure = [word for word in query.words if sum(len(files[key]) for key in meant[word]) < few]
    for word in unsure:
        meant[word] |= await _alike(db, word)
    files |= await _files(db, {key for word in unsure for key in meant[word]} - set(files))
    best = _best(meant, files)
    rows = await db.execute(select(*COLUMNS).where(node.c.path.in_(best), *IN_FORCE))
    return [node_of(row) for row in rows]


Files = Mapping[str, Sequence[tuple[str, int]]]
"""A word's places: path and the number of letters in the name."""

_FILES = text("SELECT word, path, letters FROM wilayah_word WHERE word IN :words").bindparams(
    bindparam("words", expanding=True)
)


async def _files(db: AsyncConnection, words: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {word: [] for word in words}
    if found:
        for word, path, letters in await db.execute(_FILES, {"words": list(found)}):
            found[word].append((path, letters))
    return found


def _best(meant: Mapping[str, Mapping[str, float]], files: Files) -> list[str]:
    """Return the paths of the most promising places by the words alone, theirs and those of the places around."""
    said: dict[str, dict[str, float]] = defaultdict(dict)  # path, typed word: likeness
    share: dict[str, dict[str, float]] = defaultdict(dict)  # path, typed word: part of the name it makes up
    for word, keys in meant.items():
        for key, value in keys.items():
            for path, letters in files.get(key, ()):
                said[path][word] = max(said[path].get(word, 0.0), value)
                share[path][word] = max(share[path].get(word, 0.0), value * len(key) / letters)

    def promise(path: str) -> float:
        explained = said[path]
        for end in (8, 5, 2):
            if end < len(path) and (around := said.get(path[:end])):
                explained = {word: max(explained.get(word, 0.0), around.get(word, 0.0)) for word in meant}
        return sum(explained.values()) + min(sum(share[path].values()), 1.0)

    return sorted(said, key=lambda path: (-promise(path), len(path), path))[:RANKED]


_CONTAINING = text(
    "SELECT word FROM wilayah_vocabulary WHERE word LIKE '%' || :word || '%' ORDER BY length(word) LIMIT :rows"
)
_BEGINNING = text(
    "SELECT DISTINCT word FROM wilayah_word WHERE word >= :word AND word < :word || '{' ORDER BY word LIMIT :rows"
)
_TRIGRAMS = text("SELECT term, doc FROM wilayah_trigram WHERE term IN :terms ORDER BY doc").bindparams(
    bindparam("terms", expanding=True)
)
_SHARING = text(
    "SELECT word FROM wilayah_vocabulary WHERE wilayah_vocabulary MATCH :trigrams ORDER BY rank LIMIT :rows"
)
_FORGIVE = text("SELECT set_config('pg_trgm.similarity_threshold', :least, true)")
_SIMILAR = text(
    "SELECT word FROM wilayah_vocabulary WHERE word % :word ORDER BY similarity(word, :word) DESC LIMIT :rows"
)


async def _alike(db: AsyncConnection, typed: str) -> dict[str, float]:
    """Return the words that ``typed`` may stand for, with their likeness."""
    rows = {"word": typed, "rows": TRIGRAM_WORDS}
    if len(typed) < 3:
        near = [str(word) for word in await db.scalars(_BEGINNING, rows)]
    else:
        containing = [str(word).strip() for word in await db.scalars(_CONTAINING, rows)]
        near = containing + await (_similar(db, typed) if db.dialect.name == "postgresql" else _sharing(db, typed))
    valued = sorted(((likeness(typed, word), word) for word in set(near)), key=lambda item: (-item[0], item[1]))
    return {word: value for value, word in valued[:ALIKE] if value}


async def _similar(db: AsyncConnection, typed: str) -> list[str]:
    """Ask PostgreSQL's pg_trgm."""
    await db.execute(_FORGIVE, {"least": SIMILAR})
    return [str(word).strip() for word in await db.scalars(_SIMILAR, {"word": typed, "rows": TRIGRAM_WORDS})]


async def _sharing(db: AsyncConnection, typed: str) -> list[str]:
    """Ask SQLite's FTS5 for words that share trigrams; the rarest first, since "ang" alone is in 4,000 words."""
    padded = f" {typed} "
    trigrams = {padded[start : start + 3] for start in range(len(padded) - 2)}
    chosen: list[str] = []
    seen = 0
    for trigram, words in await db.execute(_TRIGRAMS, {"terms": sorted(trigrams)}):
        seen += words
        if len(chosen) > 1 and seen > TRIGRAM_ROWS:
            break
        chosen.append(f'"{trigram}"')
    if not chosen:
        return []
    found = await db.scalars(_SHARING, {"trigrams": " OR ".join(chosen), "rows": TRIGRAM_WORDS})
    return [str(word).strip() for word in found]
