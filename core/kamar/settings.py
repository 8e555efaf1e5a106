"""``kamar.toml``: the one settings file of a server, as frozen values.

Everything else a server needs (homeserver.yaml, registration, well-known) is rendered from it. Unknown keys are errors,
and every error is reported with its path, all at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from kamar.account import ENCRYPTED
from kamar.errors import KamarError
from kamar.ids import UserId

ROOM_VERSIONS = ("11", "12")  # the two that the tests cover
PORT_MAX = 65_535
SQLITE = "sqlite"
MAIL_SECURITY = ("starttls", "tls", "none")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Server:
    """Who this server is. ``name`` is for ever: it stands in every user id."""

    name: str = "localhost"
    public_url: str = ""  # https address of the portal; empty: this computer only
    code: str = "K2"  # the two characters that begin every invitation code of this server
    bind: str = "127.0.0.1"
    organisation: str = "Sosial Kamar"


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports; 0 lets ``kamar up`` choose one at the first start and keep it."""

    portal: int = 0
    synapse: int = 0
    appservice: int = 0
    metrics: int = 0
    worker: int = 0
    replication: int = 0


@dataclass(frozen=True, slots=True)
class Database:
    """``sqlite`` or ``postgresql://user:password@host:port/name``, by a socket ``postgresql://user@/name?host=/directory``.

    Synapse's own lies beside it, ``NAME_synapse``.
    """

    url: str = SQLITE


@dataclass(frozen=True, slots=True)
class Rooms:
    """Kamar: when they open and how they are made."""

    version: str = "12"
    open_at_rt: int = 5
    open_at_rw: int = 8
    open_at_kelurahan: int = 8
    open_at_perintis: int = 5
    perintis_max: int = 150
    children_max: int = 50


@dataclass(frozen=True, slots=True)
class Media:
    """Limits of one upload by kind, in megabytes (10^6 bytes)."""

    image_mb: int = 20
    audio_mb: int = 25
    video_mb: int = 50
    file_mb: int = 25


@dataclass(frozen=True, slots=True)
class Peace:
    """Peace in the kamar."""

    clamd: str = ""  # path of clamd's unix socket; empty: files are not scanned


@dataclass(frozen=True, slots=True)
class Siaran:
    """Announcements."""

    approve_rooms: int = 50  # one that reaches more rooms needs a second officer


@dataclass(frozen=True, slots=True)
class Portal:
    """The web portal."""

    session_hours: int = 24 * 30
    signup_days: int = 7
    proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For is believed


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that takes our letters. Without ``host`` there are none."""

    host: str = ""
    port: int = 587
    security: str = "starttls"  # starttls, tls; none only for a server on this machine
    user: str = ""  # its password is the file secrets/mail_password
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Workers:
    """Synapse beyond one process: needs PostgreSQL and Redis."""

    enabled: bool = False
    redis_host: str = "127.0.0.1"
    redis_port: int = 6379


@dataclass(frozen=True, slots=True)
class Settings:
    """One server, whole."""

    server: Server = field(default_factory=Server)
    ports: Ports = field(default_factory=Ports)
    database: Database = field(default_factory=Database)
    rooms: Rooms = field(default_factory=Rooms)
    media: Media = field(default_factory=Media)
    peace: Peace = field(default_factory=Peace)
    siaran: Siaran = field(default_factory=Siaran)
    portal: Portal = field(default_factory=Portal)
    mail: Mail = field(default_factory=Mail)
    workers: Workers = field(default_factory=Workers)

    @property
    def bot(self) -> UserId:
        """Return the user id of the application service, owner of every official room."""
        return UserId(f"@kamar:{self.server.name}")

    @property
    def encrypted_bot(self) -> UserId:
        """Return the user id of the bot's second account, for encrypted direct talk."""
        return UserId(f"@{ENCRYPTED}:{self.server.name}")

    @property
    def portal_url(self) -> str:
        """Return the address people type for the portal, without a final slash."""
        return self.server.public_url.rstrip("/") or f"http://localhost:{self.ports.portal}"

    @property
    def homeserver_url(self) -> str:
        """Return the address Matrix clients use. With a public address the portal hands ``/_matrix`` on."""
        return self.server.public_url.rstrip("/") or f"http://localhost:{self.ports.synapse}"

    @property
    def chat_url(self) -> str:
        """Return the address of the web client, with its final slash."""
        return f"{self.portal_url}/chat/"

    @property
    def synapse_url(self) -> str:
        """Return Synapse's own client listener, for programs on this machine."""
        return f"http://127.0.0.1:{self.ports.synapse}"

    @property
    def appservice_url(self) -> str:
        """Return where Synapse pushes events to."""
        return f"http://127.0.0.1:{self.ports.appservice}"

    @property
    def local_only(self) -> bool:
        """Tell whether only this computer can use the server (no public https address)."""
        return not self.server.public_url


class SettingsError(KamarError):
    """What is wrong in ``kamar.toml``; ``problems`` holds one line each, ``path: what``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings_invalid", problems="; ".join(problems))
        self.problems = problems


def parse(document: Mapping[str, Any]) -> Settings:
    """Turn a parsed TOML document into settings.

    Raises:
        SettingsError: with every problem found, each with its path.
    """
    problems: list[str] = []
    sections: dict[str, Any] = {}
    known = get_type_hints(Settings)
    for name, value in document.items():
        if name not in known:
            problems.append(f"{name}: unknown section")
        elif not isinstance(value, Mapping):
            problems.append(f"{name}: must be a section [{name}]")
        else:
            sections[name] = _section(name, known[name], value, problems)
    if problems:
        raise SettingsError(problems)
    settings = Settings(**sections)
    problems = list(_violations(settings))
    if problems:
        raise SettingsError(problems)
    return settings


def _section(name: str, kind: type[Any], values: Mapping[str, Any], problems: list[str]) -> Any:
    types = get_type_hints(kind)
    taken: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{name}.{key}"
        if key not in types:
            problems.append(f"{path}: unknown key")
        elif types[key] is bool or types[key] is str or types[key] is int:
            if type(value) is types[key]:
                taken[key] = value
            else:
                problems.append(f"{path}: must be {_word(types[key])}")
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            taken[key] = tuple(value)
        else:
            problems.append(f"{path}: must be a list of texts")
    return kind(**taken)


def _word(kind: type[Any]) -> str:
    return {bool: "true or false", str: "a text", int: "a whole number"}[kind]


def _violations(settings: Settings) -> list[str]:
    server, rooms, ports, mail = settings.server, settings.rooms, settings.ports, settings.mail
    url = urlsplit(server.public_url)
    database = urlsplit(settings.database.url)
    checks: dict[str, bool] = {
        "server.name: must not be empty": bool(server.name.strip()),
        "server.public_url: must begin with https:// and have no path": not server.public_url
        or (url.scheme == "https" and bool(url.hostname) and url.path in ("", "/")),
        "server.code: must be two characters of 23456789ABCDEFGHJKLMNPQRSTUVWXYZ": len(server.code) == 2
        and set(server.code) <= set("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"),
        "database.url: must be sqlite or postgresql://user:password@host:port/name": settings.database.url == SQLITE
        or (database.scheme == "postgresql" and len(database.path) > 1),
        f"rooms.version: must be one of {', '.join(ROOM_VERSIONS)}": rooms.version in ROOM_VERSIONS,
        "rooms.perintis_max: must be from 10 to 1000": 10 <= rooms.perintis_max <= 1000,
        "rooms.children_max: must be from 4 to 50": 4 <= rooms.children_max <= 50,
        "peace.clamd: must be empty or an absolute path": settings.peace.clamd[:1] in ("", "/"),
        "siaran.approve_rooms: must be >= 0": settings.siaran.approve_rooms >= 0,
        "portal.session_hours: must be > 0": settings.portal.session_hours > 0,
        "portal.signup_days: must be > 0": settings.portal.signup_days > 0,
        f"mail.security: must be one of {', '.join(MAIL_SECURITY)}": mail.security in MAIL_SECURITY,
        "mail.security: none only for a mail server on this machine": mail.security != "none"
        or mail.host in ("", *LOOPBACK),
        "mail.port: must be from 1 to 65535": 1 <= mail.port <= PORT_MAX,
        "mail.sender: must be an e-mail address where mail.host is given": not mail.host
        or "@" in mail.sender.strip("@"),
        "workers.enabled: needs PostgreSQL (database.url)": not settings.workers.enabled
        or settings.database.url != SQLITE,
    }
    for section in (rooms, settings.media):
        for item in dataclasses.fields(section):
            value = getattr(section, item.name)
            if isinstance(value, int):
                checks[f"{type(section).__name__.lower()}.{item.name}: must be > 0"] = value > 0
    for item in dataclasses.fields(ports):
        checks[f"ports.{item.name}: must be from 0 to {PORT_MAX}"] = 0 <= getattr(ports, item.name) <= PORT_MAX
    return [problem for problem, kept in checks.items() if not kept]
