"""The cryptography of web push: RFC 8291 (what only the browser reads), RFC 8188, RFC 8292 (VAPID: who calls)."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
POINT = 65  # bytes of an uncompressed point
AUTH = 16  # bytes of the browser's secret
RECORD = 4096  # bytes; every push service must take this much (RFC 8030, 7.2)
PADDED = 128  # bytes of every message, so that its length says nothing
TOKEN_LASTS = timedelta(hours=12)  # at most 24 (RFC 8292, 2)
COORDINATE = 32  # bytes


@dataclass(frozen=True, slots=True)
class Vapid:
    """The server's own key, by which push services know one caller from another; ``contact`` is a URL."""

    key: ec.EllipticCurvePrivateKey
    contact: str

    @property
    def public(self) -> str:
        """Return what browsers are given as ``applicationServerKey``."""
        return encode(_point(self.key.public_key()))

    def authorization(self, endpoint: str, now: datetime) -> str:
        """Return the header that says to the push service of ``endpoint``, and to no other, who calls."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + TOKEN_LASTS).timestamp()),
            "sub": self.contact,
        }
        signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
        numbers = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(SHA256())))
        signature = b"".join(number.to_bytes(COORDINATE, "big") for number in numbers)
        return f"vapid t={signed}.{encode(signature)}, k={self.public}"


def new_vapid_key() -> str:
    """Return a new private key as it stands in the secret file ``vapid_key``."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return number.to_bytes(COORDINATE, "big").hex()


def read_vapid(text: str, contact: str) -> Vapid:
    """Return the key of a secret file."""
    return Vapid(ec.derive_private_key(int(text, 16), CURVE), contact)


def encrypt(text: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """Return the body of a push message that only the browser with these keys reads."""
    return sealed(text.ljust(PADDED), p256dh, auth, ec.generate_private_key(CURVE), os.urandom(16))


def sealed(text: bytes, p256dh: bytes, auth: bytes, key: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return one record of ``aes128gcm``; ``key`` and ``salt`` are to be used once."""
    browser = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh)
    ours = _point(key.public_key())
    shared = key.exchange(ec.ECDH(), browser)
    secret = _hkdf(auth, shared, b"WebPush: info\0" + p256dh + ours, 32)
    content_key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([POINT]) + ours
    return head + AESGCM(content_key).encrypt(nonce, text + b"\x02", None)  # 2: the last record


def is_key(p256dh: bytes) -> bool:
    """Tell whether this is a point of the curve."""
    if len(p256dh) != POINT:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, p256dh)
    except ValueError:
        return False
    return True


def encode(raw: bytes) -> str:
    """Return base64url without padding, as browsers and tokens write it."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url with or without padding.

    Raises:
        ValueError: it is something else.
    """
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _json(value: dict[str, object]) -> str:
    return encode(json.dumps(value, separators=(",", ":")).encode())
