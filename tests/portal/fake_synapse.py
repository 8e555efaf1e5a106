"""A homeserver that behaves, behind the transport of the real bridge: accounts, devices, passwords, login tokens.

It knows what the portal asks of Synapse and of our modules, and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from tests.portal.fake_rooms import FakeRooms

AS_TOKEN = "as-secret"
MODULE = "/_synapse/client/kamar/v1/"


@dataclass
class Account:
    """One account."""

    password: str | None
    display_name: str
    key: str
    code: str | None = None


@dataclass
class FakeSynapse:
    """One homeserver. ``down`` makes it unreachable."""

    name: str = "kamar.test"
    down: bool = False
    accounts: dict[str, Account] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)  # access token: user
    logins: dict[str, str] = field(default_factory=dict)  # login token: user
    rooms: FakeRooms = field(default_factory=FakeRooms)

    def transport(self) -> httpx.MockTransport:
        """Return what the bridge sends its requests through."""
        return httpx.MockTransport(self._answer)

    def stock_client(self, user: str, password: str, code: str) -> None:
        """Register as a stock client does, with an invitation code as token."""
        self.accounts[user] = Account(password, "", "", code)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        path = unquote(request.url.raw_path.decode().split("?")[0])
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if path == f"{MODULE}login_token" and token in self.devices:
            self.logins[f"login_{len(self.logins)}"] = self.devices[token]
            return _ok(login_token=f"login_{len(self.logins) - 1}", expires_in_ms=120_000)
        if token in self.devices and (answer := self.rooms.answer(request, self.devices[token])) is not None:
            return answer
        body = json.loads(request.content or b"{}")
        if path.startswith(MODULE):
            if path.endswith("/login_token"):
                return _error(401, "M_UNKNOWN_TOKEN" if token else "M_MISSING_TOKEN")
            if token != AS_TOKEN:
                return _error(403, "M_FORBIDDEN")
            return self._module(path.removeprefix(MODULE), body)
        return self._matrix(path, body, token)

    def _module(self, path: str, body: dict[str, str]) -> httpx.Response:
        if path == "register":
            return self._register(body)
        if path.startswith("account/"):
            user = path.removeprefix("account/")
            known = self.accounts.get(user)
            return _ok(user_id=user, exists=known is not None, code=known.code if known else None)
        if path == "deactivate":
            self.accounts.pop(body["user_id"], None)
            return _ok()
        account = self.accounts[body["user_id"]]
        if path == "displayname":
            account.display_name = body["display_name"]
        elif path == "logout_all":
            self.devices = {token: user for token, user in self.devices.items() if user != body["user_id"]}
        elif path == "password":
            account.password = body["password"]
            if body["logout"]:
                self.devices = {token: user for token, user in self.devices.items() if user != body["user_id"]}
        return _ok()

    def _register(self, body: dict[str, str]) -> httpx.Response:
        user = f"@{body['localpart']}:{self.name}"
        if user in self.accounts and self.accounts[user].key != body["key"]:
            return _error(409, "M_USER_IN_USE")
        known = self.accounts.get(user)  # a repeated sign-up without a password keeps the one there is
        password = body["password"] or (known.password if known else None)
        self.accounts[user] = Account(password, body["display_name"], body["key"])
        return self._device(user) if body["device"] else _ok(user_id=user, device_id=None, access_token=None)

    def _device(self, user: str) -> httpx.Response:
        token = f"syt_{len(self.devices)}_{user}"
        self.devices[token] = user
        return _ok(user_id=user, device_id=f"D{len(self.devices)}", access_token=token)

    def _matrix(self, path: str, body: dict[str, str], token: str) -> httpx.Response:
        if path == "/_matrix/client/v3/login":
            user = json.loads(json.dumps(body))["identifier"]["user"]
            known = self.accounts.get(user)
            if known is None or known.password != body["password"]:
                return _error(403, "M_FORBIDDEN")
            return self._device(user)
        if path == "/_matrix/client/versions":
            return _ok(versions=["v1.11"])
        if token not in self.devices:
            return _error(401, "M_UNKNOWN_TOKEN")
        if path == "/_matrix/client/v3/logout":
            del self.devices[token]
            return _ok()
        return _error(404, "M_UNRECOGNIZED")


def _ok(**body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _error(status: int, errcode: str) -> httpx.Response:
    return httpx.Response(status, json={"errcode": errcode, "error": errcode})
