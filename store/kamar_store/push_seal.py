"""The addresses of browsers, sealed: whoever knows one may call that telephone, so the database alone must not do.

The key comes from the secret file ``portal_key``, which lies outside database and backup.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kamar.ids import MemberId
from kamar.state import State, read_secret

NONCE = 12  # bytes; what AES-GCM is made for


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser gives to be called: an address, its public key, a shared secret (RFC 8030, 8291)."""

    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)


class PushSeal:
    """Seals subscriptions, each for one member."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(_derive(key, b"push seal"))
        self._mark = _derive(key, b"push mark")

    def mark(self, endpoint: str) -> str:
        """Return what finds an address again without telling it."""
        return hmac.new(self._mark, endpoint.encode(), hashlib.sha256).hexdigest()

    def close(self, subscription: Subscription, member: MemberId) -> str:
        """Return a subscription as it may lie in the database; it opens for this member only."""
        keys = [urlsafe_b64encode(part).decode() for part in (subscription.p256dh, subscription.auth)]
        nonce = os.urandom(NONCE)
        inside = json.dumps([subscription.endpoint, *keys]).encode()
        return urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, inside, _bound(member))).decode()

    def open(self, sealed: str, member: MemberId) -> Subscription | None:
        """Return what was sealed; None when the key has changed since."""
        raw = urlsafe_b64decode(sealed)
        try:
            endpoint, *keys = json.loads(self._cipher.decrypt(raw[:NONCE], raw[NONCE:], _bound(member)))
        except InvalidTag:
            return None
        return Subscription(endpoint, *(urlsafe_b64decode(part) for part in keys))


def push_seal(state: State) -> PushSeal:
    """Return the seal of a server.

    Raises:
        KamarError: ``secret_missing`` or ``secret_open``.
    """
    return PushSeal(bytes.fromhex(read_secret(state.secret("portal_key"))))


def _bound(member: MemberId) -> bytes:
    return f"member {member}".encode()


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()
