"""Bring the official places in, and file each under the words it is found by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import NodePath
from kamar.wilayah import parse
from kamar.wilayah_search import keys_of, words_of
from kamar_store import bulk


@dataclass(frozen=True, slots=True)
class OfficialNode:
    """A place with an official code, its decree and the day from which that holds."""

    path: NodePath
    kind: str
    name: str
    full_name: str
    postcode: str
    decree: str
    valid_from: date


_NODE_FIELDS = ("path", "parent", "level", "kind", "name", "full_name", "postcode", "decree", "valid_from")
_NODES = """
    INSERT INTO node (path, parent, axis, level, kind, name, full_name, postcode, decree, valid_from)
    SELECT path, parent, 'wilayah', level, kind, name, full_name, postcode, decree, CAST(valid_from AS {date})
    FROM {{rows}} AS official WHERE true ON CONFLICT DO NOTHING
"""
_WORD_FIELDS = ("word", "path", "letters")
_WORDS = """
    INSERT INTO wilayah_word (word, path, letters) SELECT word, path, CAST(letters AS INTEGER)
    FROM {rows} AS named WHERE true ON CONFLICT DO NOTHING
"""
_VOCABULARY = (
    "DELETE FROM wilayah_vocabulary",
    # With a blank at both ends, the first and the last letter make trigrams of their own, as they do in pg_trgm.
    "INSERT INTO wilayah_vocabulary (word) SELECT DISTINCT ' ' || word || ' ' FROM wilayah_word",
)
_SETTLE = {
    "sqlite": ("ANALYZE",),
    "postgresql": (
        "SELECT gin_clean_pending_list('ix_wilayah_vocabulary_trigram')",  # else every search reads all words
        "ANALYZE node, wilayah_word, wilayah_vocabulary",
    ),
}


async def insert_official(db: AsyncConnection, nodes: Iterable[OfficialNode]) -> None:
    """Bring official places in; those that are there stay as they are. :func:`index` follows, once, at the end."""
    chosen = list(nodes)
    # SQLite keeps dates as text and would turn a CAST to DATE into the year alone.
    statement = _NODES.format(date="DATE" if db.dialect.name == "postgresql" else "TEXT")
    await bulk.insert(db, statement, _NODE_FIELDS, (_row(item) for item in chosen))
    await bulk.insert(db, _WORDS, _WORD_FIELDS, _words(chosen))


async def index(db: AsyncConnection) -> None:
    """Make the list of all words, which forgives typing mistakes, anew; and let the database count its rows."""
    for statement in _VOCABULARY + _SETTLE[db.dialect.name]:
        await db.execute(text(statement))


async def file_again(db: AsyncConnection, path: str, name: str) -> None:
    """File one place under the words of another name; with none, it is found no more."""
    await db.execute(text("DELETE FROM wilayah_word WHERE path = :path"), {"path": path})
    letters = sum(len(word) for word in words_of(name))
    for word in keys_of(name):
        known = await db.execute(text("SELECT 1 FROM wilayah_word WHERE word = :word LIMIT 1"), {"word": word})
        if known.first() is None:
            padded = {"word": f" {word} "}
            await db.execute(text("DELETE FROM wilayah_vocabulary WHERE word = :word"), padded)
            await db.execute(text("INSERT INTO wilayah_vocabulary (word) VALUES (:word)"), padded)
        values = {"word": word, "path": path, "letters": letters}
        await db.execute(text("INSERT INTO wilayah_word (word, path, letters) VALUES (:word, :path, :letters)"), values)


def _row(official: OfficialNode) -> tuple[str, ...]:
    place = parse(official.path)
    return (
        official.path,
        place.parent or "",
        place.level,
        official.kind,
        official.name,
        official.full_name,
        official.postcode,
        official.decree,
        official.valid_from.isoformat(),
    )


def _words(nodes: Iterable[OfficialNode]) -> Iterator[tuple[str, str, int]]:
    for item in nodes:
        letters = sum(len(word) for word in words_of(item.name))
        for word in keys_of(item.name):
            yield word, item.path, letters
