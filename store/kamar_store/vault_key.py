"""The vault's keys: they lie in one file outside the database and its backups, and never leave the server.

The file ``secrets/vault_key`` holds one key per line, ``ID HEX``, the newest first. The newest seals; all of them open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kamar.errors import KamarError
from kamar.state import State, read_secret, write_secret

NAME = "vault_key"
KEY = 32  # bytes
NONCE = 12  # bytes; what AES-GCM is made for
CODE_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Keys:
    """Every key of the vault by its id, the newest first."""

    by_id: dict[str, bytes] = field(repr=False)

    @property
    def newest(self) -> str:
        """Return the id of the key that seals."""
        return next(iter(self.by_id))

    def seal(self, text: str, bound: str) -> tuple[str, bytes]:
        """Return key id and ciphertext of ``text``, which opens only for the same ``bound``."""
        nonce = os.urandom(NONCE)
        return self.newest, nonce + self._cipher(self.newest).encrypt(nonce, text.encode(), bound.encode())

    def open(self, key_id: str, sealed: bytes, bound: str) -> str:
        """Return what was sealed.

        Raises:
            KamarError: ``vault_key_missing``, the file lacks this key.
            InvalidTag: the row was changed or moved.
        """
        if key_id not in self.by_id:
            raise KamarError("vault_key_missing", key=key_id)
        return self._cipher(key_id).decrypt(sealed[:NONCE], sealed[NONCE:], bound.encode()).decode()

    def lookup(self, kind: str, text: str) -> str:
        """Return what a value is found by: the same for equal values, and nobody without the key can compute it."""
        return self._mac(self.newest, "lookup", f"{kind}\0{text}").hex()

    def lookups(self, kind: str, text: str) -> list[str]:
        """Return the same under every key, while rows are being moved from one key to the next."""
        return [self._mac(key_id, "lookup", f"{kind}\0{text}").hex() for key_id in self.by_id]

    def code(self, about: str) -> str:
        """Return the eight digits that belong to ``about``; computed again each time, so no row need hold them."""
        return self._code(self.newest, about)

    def is_code(self, typed: str, about: str) -> bool:
        """Tell whether these are the digits, also when the key changed since they were sent."""
        fits = [hmac.compare_digest(typed, self._code(key_id, about)) for key_id in self.by_id]
        return any(fits)

    def _code(self, key_id: str, about: str) -> str:
        number = int.from_bytes(self._mac(key_id, "code", about)[:16], "big") % 10**CODE_DIGITS
        return f"{number:0{CODE_DIGITS}d}"

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(self._mac(key_id, "seal", ""))

    def _mac(self, key_id: str, purpose: str, text: str) -> bytes:
        return hmac.new(self.by_id[key_id], f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def ensure(state: State) -> None:
    """Make the key file of a new server."""
    if not state.secret(NAME).exists():
        _write(state, {_new_id({}): os.urandom(KEY)})


def load(state: State) -> Keys:
    """Return the keys.

    Raises:
        KamarError: ``secret_missing`` or ``secret_open``.
    """
    lines = read_secret(state.secret(NAME)).splitlines()
    return Keys({key_id: bytes.fromhex(text) for key_id, text in (line.split() for line in lines)})


def add(state: State) -> Keys:
    """Put a new key on top, keep the one before it, throw older ones away, and return both.

    Only once nothing is sealed with the older ones. The one before stays for whoever read the file a moment ago.
    """
    keys = load(state)
    _write(state, {_new_id(keys.by_id): os.urandom(KEY), keys.newest: keys.by_id[keys.newest]})
    return load(state)


def _new_id(taken: dict[str, bytes]) -> str:
    while (key_id := secrets.token_hex(4)) in taken:
        pass
    return key_id


def _write(state: State, keys: dict[str, bytes]) -> None:
    write_secret(state.secret(NAME), "\n".join(f"{key_id} {key.hex()}" for key_id, key in keys.items()))
