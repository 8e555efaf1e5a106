"""Seals what a browser keeps for us: only this portal can read it, nobody can change it, and it runs out."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12  # bytes; what AES-GCM is made for


class Seal:
    """One secret key; every ``purpose`` has a key of its own derived from it."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, purpose: str, text: str, bound: str, until: datetime) -> str:
        """Return ``text`` sealed; it opens for the same ``purpose`` and ``bound`` only, and before ``until``."""
        nonce = os.urandom(NONCE)
        inside = f"{int(until.timestamp())}|{text}".encode()
        return urlsafe_b64encode(nonce + self._cipher(purpose).encrypt(nonce, inside, bound.encode())).decode()

    def open(self, purpose: str, sealed: str, bound: str, now: datetime) -> str | None:
        """Return what was sealed; None when it has run out, is not ours, or was meant for something else."""
        try:
            raw = urlsafe_b64decode(sealed.encode())
            inside = self._cipher(purpose).decrypt(raw[:NONCE], raw[NONCE:], bound.encode()).decode()
        except (InvalidTag, ValueError):
            return None
        until, text = inside.split("|", 1)
        return text if now.timestamp() < int(until) else None

    def mac(self, purpose: str, text: str) -> str:
        """Return what only this portal can compute from ``text``, in hex."""
        return self._derive(purpose, text).hex()

    def dice(self, purpose: str, text: str) -> SealedDice:
        """Return dice that fall the same way whenever ``text`` is shown again, and that nobody else can throw."""
        return SealedDice(self._derive(purpose, text))

    def _cipher(self, purpose: str) -> AESGCM:
        return AESGCM(self._derive("seal", purpose))

    def _derive(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


class SealedDice:
    """Dice for :mod:`kamar.signup`: repeating a step that was broken off gives the same words again."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._thrown = 0

    def choice(self, seq: Sequence[str], /) -> str:
        """Return one element; 128 bits of each throw make the unevenness too small to matter."""
        self._thrown += 1
        block = hashlib.sha256(self._seed + self._thrown.to_bytes(4, "big")).digest()
        return seq[int.from_bytes(block[:16], "big") % len(seq)]


def same(left: str, right: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(left.encode(), right.encode())
