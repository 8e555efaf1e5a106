"""Synapse's files and processes: everything below ``STATE/synapse``, rendered from the settings.

Safe to repeat at every start: secrets and the signing key are made once and kept, the rest is written anew.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kamar.errors import KamarError
from kamar.settings import SQLITE, Settings
from kamar.signup import PASSWORD_SHORTEST
from kamar.state import State, read_secret, write_secret
from kamar_provisioning.process import Process
from kamar_store.postgresql import server, synapse_database

SECRETS = ("as_token", "hs_token", "macaroon_secret_key", "form_secret", "worker_replication_secret", "ban_key")
SECRET_BYTES = 32
MB = 1_000_000
POOL_MIN, POOL_MAX = 2, 10  # connections of one Synapse process to PostgreSQL
ALWAYS = ("homeserver.yaml", "appservice.yaml", "logging.yaml", "well-known-client.json")
WORKER = "worker.yaml"


def render(settings: Settings, state: State) -> None:
    """Write all that Synapse reads. Every port must be known by now.

    Raises:
        KamarError: ``port_unknown``.
    """
    _refuse_unknown_ports(settings)
    _make_secrets(state)
    values = _values(settings, state)
    templates = Environment(
        loader=FileSystemLoader(template_directory()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - not HTML: every value passes through `tojson`
    )
    for name in (*ALWAYS, *([WORKER] if settings.workers.enabled else [])):
        write_secret(state.synapse / name, templates.get_template(f"{name}.j2").render(values))


def processes(settings: Settings, state: State) -> list[Process]:
    """Return what the supervisor runs of Synapse, in the order to start it."""
    directory = state.synapse.resolve()
    main = ("-m", "synapse.app.homeserver", "-c", str(directory / "homeserver.yaml"))
    found = [Process("synapse", (sys.executable, *main), _environment())]
    if settings.workers.enabled:
        configs = ("-c", str(directory / "homeserver.yaml"), "-c", str(directory / WORKER))
        worker = ("-m", "synapse.app.generic_worker", *configs)
        found.append(Process("worker", (sys.executable, *worker), _environment()))
    return found


def template_directory() -> Path:
    """Return where the templates lie: inside the installed package, or at the root of the working copy."""
    installed = Path(__file__).parent / "synapse_config"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "synapse_config"


def _environment() -> Mapping[str, str]:
    # Without written byte code every start would compile some 3,500 modules: five seconds instead of two.
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONUNBUFFERED": "1"}


def _refuse_unknown_ports(settings: Settings) -> None:
    needed = ["synapse", "appservice", "metrics"] + (["worker", "replication"] if settings.workers.enabled else [])
    for name in needed:
        if not getattr(settings.ports, name):
            raise KamarError("port_unknown", port=f"ports.{name}")


def _make_secrets(state: State) -> None:
    state.synapse.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in SECRETS:
        if not state.secret(name).exists():
            write_secret(state.secret(name), secrets.token_hex(SECRET_BYTES))
    key = state.synapse / "signing.key"
    if not key.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        write_secret(key, f"ed25519 a_{secrets.token_hex(2)} {seed}")  # Synapse's own format: algorithm, version, seed


def _values(settings: Settings, state: State) -> dict[str, Any]:
    media = settings.media
    return {
        "server": settings.server,
        "rooms": settings.rooms,
        "ports": settings.ports,
        "workers": settings.workers,
        "bot": settings.bot,
        "homeserver_url": settings.homeserver_url,
        "appservice_url": settings.appservice_url,
        "database": _database(settings, state),
        "directory": str(state.synapse.resolve()),
        "secret": {name: str(state.secret(name).resolve()) for name in SECRETS},
        "as_token": read_secret(state.secret("as_token")),
        "hs_token": read_secret(state.secret("hs_token")),
        "alias_regex": f"#kamar-.*:{re.escape(settings.server.name)}",
        "password_shortest": PASSWORD_SHORTEST,
        "media": dataclasses.asdict(media),
        "peace": settings.peace,
        "max_upload": max(media.image_mb, media.audio_mb, media.video_mb, media.file_mb) * MB,
    }


def _database(settings: Settings, state: State) -> dict[str, Any]:
    if settings.database.url == SQLITE:
        return {"name": "sqlite3", "args": {"database": str(state.synapse.resolve() / "homeserver.db")}}
    url = urlsplit(settings.database.url)
    args: dict[str, Any] = {
        **dict(parse_qsl(url.query)),  # sslmode and its kin are libpq's own words
        "dbname": synapse_database(settings.database.url),
        "host": server(settings.database.url),
        "port": url.port or 5432,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "cp_min": POOL_MIN,
        "cp_max": POOL_MAX,
    }
    return {"name": "psycopg2", "args": {name: value for name, value in args.items() if value != ""}}
