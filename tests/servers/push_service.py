"""A push service that behaves (RFC 8030) and a browser's half of web push: it checks who calls and opens what comes.

It speaks TLS on a free loopback port. A guard that lets a caller reach it exists in tests only (:func:`guard`).
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kamar_bridges.push_crypto import decode
from kamar_bridges.push_guard import Guard
from tests.servers.ports import free_ports

NAME = "push.example.com"
LOOPBACK = "127.0.0.1"
CURVE = ec.SECP256R1()


@dataclass
class FakeBrowser:
    """A browser's subscription with its private key."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def p256dh(self) -> bytes:
        """Return the public key that the server is given."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def open(self, body: bytes) -> bytes:
        """Return the text of an ``aes128gcm`` message to this browser (RFC 8188, 8291), with no code of ours."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert (length, len(record) <= size <= 4096) == (65, True)
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        secret = HKDF(SHA256(), 32, self.auth, b"WebPush: info\0" + self.p256dh + theirs).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        text, mark, padding = AESGCM(key).decrypt(nonce, record, None).rpartition(b"\x02")
        assert mark
        assert not padding.strip(b"\0")
        return text


@dataclass
class Received:
    """One call as the browser gets it."""

    path: str
    headers: dict[str, str]
    text: bytes
    size: int

    @property
    def said(self) -> Any:
        """Return what stands in it."""
        return json.loads(self.text)


@dataclass
class PushService:
    """Takes calls for its browsers; ``answers`` are given in turn before the usual 201."""

    port: int
    directory: Path
    browsers: dict[str, FakeBrowser] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # calls to what is no push address

    @property
    def origin(self) -> str:
        """Return the address that a caller's token must name."""
        return f"https://{NAME}:{self.port}"

    def browser(self) -> FakeBrowser:
        """Return a new subscription."""
        made = FakeBrowser(f"{self.origin}/send/{len(self.browsers)}-{os.urandom(12).hex()}")
        self.browsers[made.endpoint.removeprefix(self.origin)] = made
        return made

    def guard(self) -> Guard:
        """Return the guard that lets a test's caller come here, and nowhere else."""

        async def resolve(host: str, port: int) -> Sequence[str]:
            return [LOOPBACK] if (host, port) == (NAME, self.port) else []

        tls = ssl.create_default_context(cafile=str(self.directory / "push.pem"))
        return Guard(resolve, lambda address: address == LOOPBACK, self.port, tls)

    async def handle(self, request: web.Request) -> web.Response:
        """Take one call as a push service does: who calls comes first."""
        browser = self.browsers.get(request.path)
        if browser is None:
            self.elsewhere.append(request.path)
            return web.Response(status=404)
        body = await request.read()
        if (wrong := self._wrong(request)) is not None:
            self.refused.append(wrong)
            return web.Response(status=403, text=wrong)
        if self.answers:
            return self.answers.pop(0)
        self.received.append(Received(request.path, dict(request.headers), browser.open(body), len(body)))
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/1"})

    def _wrong(self, request: web.Request) -> str | None:
        """Return what is wrong with a caller's identification (RFC 8292), None when nothing is."""
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or set(parts) != {"t", "k"}:
            return "no vapid"
        head, claims, signature = parts["t"].split(".")
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(parts["k"]))
        raw = decode(signature)
        numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        said, now = json.loads(decode(claims)), datetime.now(UTC)
        lasts = datetime.fromtimestamp(said["exp"], UTC) - now
        checks = {
            "alg": json.loads(decode(head)) == {"typ": "JWT", "alg": "ES256"},
            "aud": said["aud"] == self.origin,
            "exp": timedelta(0) < lasts <= timedelta(hours=24),
            "sub": said["sub"].startswith(("mailto:", "https://")),
            "TTL": request.headers.get("TTL", "").isdigit(),
            "encoding": request.headers.get("Content-Encoding") == "aes128gcm",
            "host": request.host == f"{NAME}:{self.port}",
        }
        return next((name for name, right in checks.items() if not right), None)


@asynccontextmanager
async def push_service(directory: Path) -> AsyncIterator[PushService]:
    """Run a push service with a certificate of its own."""
    [port] = free_ports(1)
    service = PushService(port, directory)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(await asyncio.to_thread(_certificate, directory))
    await web.TCPSite(runner, LOOPBACK, port, ssl_context=tls).start()
    try:
        yield service
    finally:
        await runner.cleanup()


def _certificate(directory: Path) -> Path:
    """Write a key and a certificate for the push service's name, good for a day."""
    key = ec.generate_private_key(CURVE)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = directory / "push.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return file
