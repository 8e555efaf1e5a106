"""Creates the two databases of a server on PostgreSQL: ours, and Synapse's beside it."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import asyncpg

from kamar.errors import KamarError

MAINTENANCE = "postgres"  # the database every cluster has
LOCALE = "C"  # Synapse sorts by bytes and refuses anything else
CONNECT_SECONDS = 15


def synapse_database(url: str) -> str:
    """Return the name of Synapse's database, which lies beside ours."""
    return f"{_database(urlsplit(url))}_synapse"


def server(url: str) -> str:
    """Return the server's host name, or the directory of its socket (``postgresql://user@/name?host=/run/postgresql``)."""
    return _server(urlsplit(url))


async def ensure(url: str) -> None:
    """Create our database and Synapse's where they are missing; existing ones are left alone.

    Raises:
        KamarError: ``database_unreachable``, ``database_refused``, ``database_cannot_create``, ``database_locale``.
    """
    parts = urlsplit(url)
    connection = await _connect(parts)
    try:
        await _ensure_one(connection, parts, _database(parts), locale=None)
        await _ensure_one(connection, parts, synapse_database(url), locale=LOCALE)
    finally:
        await connection.close()


async def _connect(parts: SplitResult) -> asyncpg.Connection:
    user = unquote(parts.username or "")
    for database in (MAINTENANCE, _database(parts)):
        try:
            return await asyncpg.connect(
                host=_server(parts),
                port=parts.port or 5432,
                user=user or None,
                password=unquote(parts.password) if parts.password else None,
                database=database,
                timeout=CONNECT_SECONDS,
            )
        except (asyncpg.InvalidCatalogNameError, asyncpg.InsufficientPrivilegeError):
            continue  # no maintenance database for this user: our own may exist already
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise KamarError("database_refused", user=user) from error
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
            raise KamarError(
                "database_unreachable",
                host=_server(parts),
                port=parts.port or 5432,
                what=type(error).__name__,
            ) from error
    raise KamarError("database_refused", user=user)


async def _ensure_one(connection: asyncpg.Connection, parts: SplitResult, database: str, locale: str | None) -> None:
    quoted = '"' + database.replace('"', '""') + '"'
    statement = f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0"
    if locale:
        statement += f" LC_COLLATE '{locale}' LC_CTYPE '{locale}'"
    found = await connection.fetchrow("SELECT datcollate FROM pg_database WHERE datname = $1", database)
    if found is None:
        try:
            await connection.execute(statement)
        except asyncpg.DuplicateDatabaseError:
            return  # somebody else made it just now
        except asyncpg.InsufficientPrivilegeError as error:
            user = unquote(parts.username or "")
            raise KamarError(
                "database_cannot_create",
                user=user,
                database=database,
                statement=f'{statement} OWNER "{user}";',
            ) from error
    elif locale and found["datcollate"] not in (locale, "POSIX"):
        raise KamarError("database_locale", database=database, locale=found["datcollate"], statement=f"{statement};")


def _database(parts: SplitResult) -> str:
    return unquote(parts.path.lstrip("/"))


def _server(parts: SplitResult) -> str:
    return parts.hostname or parse_qs(parts.query).get("host", ["127.0.0.1"])[0]
