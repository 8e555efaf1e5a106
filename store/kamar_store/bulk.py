"""Many rows in one statement, the same on SQLite and PostgreSQL: they travel as one JSON text.

Ten times as quick as a row a time, and it lets an ``INSERT ... SELECT`` join what is already in the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK = 5_000  # rows of one statement: about 1 MB of text


async def insert(db: AsyncConnection, statement: str, fields: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Run ``statement`` over ``rows``; its ``{rows}`` stands for a subquery with the text columns ``fields``."""
    prepared = text(statement.format(rows=f"({_subquery(db.dialect.name, fields)})"))
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        await db.execute(prepared, {"rows": json.dumps(chunk)})


def _subquery(dialect: str, fields: Sequence[str]) -> str:
    if dialect == "postgresql":
        columns = ", ".join(f"value ->> {index} AS {field}" for index, field in enumerate(fields))
        return f"SELECT {columns} FROM json_array_elements(CAST(:rows AS json))"  # noqa: S608 - our own constants
    columns = ", ".join(f"json_extract(value, '$[{index}]') AS {field}" for index, field in enumerate(fields))
    return f"SELECT {columns} FROM json_each(:rows)"  # noqa: S608 - our own constants
