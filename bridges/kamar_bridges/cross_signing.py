"""Cross-signing of an account's one device, because clients begin to leave out devices that their owner did not sign.

The rule is MSC4153 ("exclude non-cross-signed devices"), the format stands in the specification ("Cross-signing",
v1.18). nio knows nothing of it. There is no user-signing key: the account verifies nobody.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kamar.ids import UserId
from kamar_bridges.homeserver import Homeserver

CLIENT = "/_matrix/client/v3"
UNSIGNED = frozenset({"signatures", "unsigned"})  # what a signature does not cover


@dataclass(frozen=True, slots=True)
class Identity:
    """The two private keys of an account's identity; secrets, and therefore not shown."""

    master: Ed25519PrivateKey = field(repr=False)
    self_signing: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Make a new identity."""
        return cls(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what :meth:`text` wrote.

        Raises:
            ValueError: it is something else.
        """
        master, self_signing = (bytes.fromhex(part) for part in text.split())
        return cls(Ed25519PrivateKey.from_private_bytes(master), Ed25519PrivateKey.from_private_bytes(self_signing))

    def text(self) -> str:
        """Return both keys as one line for a secret file."""
        return f"{self.master.private_bytes_raw().hex()} {self.self_signing.private_bytes_raw().hex()}"


async def publish(homeserver: Homeserver, token: str, user: UserId, password: str, identity: Identity) -> None:
    """Upload the identity; the same one again changes nothing, another one replaces the old with the password.

    Raises:
        MatrixError: refused, or no answer.
    """
    auth = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": password}
    body = {**identity_keys(user, identity), "auth": auth}
    await homeserver.request("POST", f"{CLIENT}/keys/device_signing/upload", token=token, body=body, repeatable=True)


async def sign_device(homeserver: Homeserver, token: str, user: UserId, device: str, identity: Identity) -> bool:
    """Sign the device, unless it is signed; false when the homeserver does not know its keys yet.

    Raises:
        MatrixError: refused, or no answer.
    """
    keys = await device_keys(homeserver, token, user, device)
    if keys is None:
        return False
    if _key_id(identity.self_signing) in keys.get("signatures", {}).get(user, {}):
        return True
    bare = {name: value for name, value in keys.items() if name not in UNSIGNED}
    body: dict[str, Any] = {user: {device: signed(bare, user, identity.self_signing)}}
    answer = await homeserver.request(
        "POST", f"{CLIENT}/keys/signatures/upload", token=token, body=body, repeatable=True
    )
    return not answer.get("failures")


async def device_keys(homeserver: Homeserver, token: str, user: UserId, device: str) -> dict[str, Any] | None:
    """Return the keys that the homeserver holds of a device, none where it holds none."""
    body = {"device_keys": {user: [device]}}
    answer = await homeserver.request("POST", f"{CLIENT}/keys/query", token=token, body=body, repeatable=True)
    found: dict[str, Any] | None = answer.get("device_keys", {}).get(user, {}).get(device)
    return found


def identity_keys(user: UserId, identity: Identity) -> dict[str, Any]:
    """Return the public half of an identity as it is uploaded."""
    self_signing = _public(user, "self_signing", identity.self_signing)
    return {
        "master_key": _public(user, "master", identity.master),
        "self_signing_key": signed(self_signing, user, identity.master),
    }


def signed(value: Mapping[str, Any], user: UserId, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Return a JSON object with one signature, over its canonical form."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return {**value, "signatures": {user: {_key_id(key): _unpadded(key.sign(canonical))}}}


def _public(user: UserId, usage: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    return {"user_id": user, "usage": [usage], "keys": {_key_id(key): _public_text(key)}}


def _key_id(key: Ed25519PrivateKey) -> str:
    return f"ed25519:{_public_text(key)}"


def _public_text(key: Ed25519PrivateKey) -> str:
    return _unpadded(key.public_key().public_bytes_raw())


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
