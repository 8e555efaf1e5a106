"""Plain Synapse as it comes, for comparison: default settings without rate limits, used by an ordinary client."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench.measure import Meter
from tests.servers.ports import free_ports
from tests.servers.postgres import create_database

START_SECONDS = 300
FAST = {"per_second": 100_000, "burst_count": 100_000}
TOKEN = "undangan"


@dataclass
class Plain:
    """A running plain homeserver."""

    url: str
    meter: Meter
    admin: str = ""

    async def call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """Call the client-server API, as often as rate limits ask for."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=120) as client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await client.request(method, path, headers=headers, json=body)
            answer.raise_for_status()
            return answer.json()

    async def register(self, name: str, password: str) -> str:
        """Register with a token through the interactive flow of three requests; return the access token."""
        body: dict[str, Any] = {"username": name, "password": password}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=120) as client:
            path = "/_matrix/client/v3/register"
            session = (await client.post(path, json=body)).json()["session"]
            for stage in ({"type": "m.login.registration_token", "token": TOKEN}, {"type": "m.login.dummy"}):
                answer = await client.post(path, json={**body, "auth": {**stage, "session": session}})
            answer.raise_for_status()
            return str(answer.json()["access_token"])

    async def join(self, room: str, token: str) -> None:
        """Join a room."""
        await self.call("POST", f"/_matrix/client/v3/rooms/{room}/join", token, {})


@contextmanager
def plain(directory: Path, database: str, cluster: Path) -> Iterator[Plain]:
    """Run plain Synapse in ``directory`` with a database of its own beside the one at ``database``."""
    directory.mkdir(parents=True)
    port, metrics = free_ports(2)
    url = create_database(database, "plain")
    config = directory / "homeserver.yaml"
    config.write_text(json.dumps(_config(directory, url, port, metrics)))
    keys = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(config)]
    subprocess.run([*keys, "--generate-keys"], check=True, capture_output=True)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(keys, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        meter = Meter(f"http://127.0.0.1:{metrics}/_synapse/metrics", (process.pid,), cluster)
        yield Plain(f"http://127.0.0.1:{port}", meter)
    finally:
        process.terminate()
        process.wait(30)


async def make_user(server: Plain, name: str, *, admin: bool = False) -> str:
    """Make an account with the shared secret of a benchmark's server, and return its access token."""
    nonce = (await server.call("GET", "/_synapse/admin/v1/register", ""))["nonce"]
    secret = hmac.new(b"shared", digestmod=hashlib.sha1)
    secret.update(b"\x00".join([nonce.encode(), name.encode(), b"password123", b"admin" if admin else b"notadmin"]))
    body = {"nonce": nonce, "username": name, "password": "password123", "admin": admin, "mac": secret.hexdigest()}
    return str((await server.call("POST", "/_synapse/admin/v1/register", "", body))["access_token"])


async def make_token(server: Plain) -> None:
    """Make an administrator and a registration token."""
    server.admin = await make_user(server, "admin", admin=True)
    await server.call("POST", "/_synapse/admin/v1/registration_tokens/new", server.admin, {"token": TOKEN})


def _config(directory: Path, url: str, port: int, metrics: int) -> dict[str, Any]:
    address, _slash, name = url.rpartition("/")
    user, _at, place = address.removeprefix("postgresql://").partition("@")
    host, _colon, number = place.partition(":")
    limits = (
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_joins_per_room",
        "rc_room_creation",
    )
    arguments = {"user": user, "host": host, "port": int(number), "dbname": name, "cp_min": 5, "cp_max": 10}
    return {
        "server_name": "plain.test",
        "listeners": [
            {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]},
            {"port": metrics, "bind_addresses": ["127.0.0.1"], "type": "metrics"},
        ],
        "enable_metrics": True,
        "report_stats": False,
        "database": {"name": "psycopg2", "args": arguments},
        "media_store_path": str(directory / "media"),
        "signing_key_path": str(directory / "signing.key"),
        "macaroon_secret_key": "m",
        "form_secret": "f",
        "registration_shared_secret": "shared",
        "enable_registration": True,
        "registration_requires_token": True,
        "trusted_key_servers": [],
        **dict.fromkeys(limits, FAST),
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), FAST),
        "rc_joins": dict.fromkeys(("local", "remote"), FAST),
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), FAST),
    }


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
