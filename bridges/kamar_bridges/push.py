"""Calls a browser through its push service (RFC 8030): one request, bounded patience, nothing read but the status."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from kamar.errors import KamarError
from kamar.push import PushKind
from kamar_bridges.push_crypto import Vapid, encode, encrypt
from kamar_bridges.push_guard import Guard

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
AT_ONCE = 3  # calls in work: a push service that answers slowly must not hold up what members wait for
KEPT = timedelta(hours=12)  # for how long a push service keeps a call for a telephone that is off
LONGEST_WAIT = timedelta(hours=1)
SHORTEST_WAIT = timedelta(seconds=5)
URGENCY = "normal"  # a chat message (RFC 8030, 5.3); the same for every kind, for the push service reads it
TOPIC = 18  # bytes; at most 32 characters
GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The push service has taken the call."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The browser is no longer there, or its address never was one: forget it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The push service asks for patience."""

    time: timedelta


@dataclass(frozen=True, slots=True)
class Refused:
    """The push service does not want this call; repeating it would not help."""

    status: int


Outcome = Delivered | Gone | Wait | Refused


class Push:
    """Calls browsers; tests give a guard of their own, a running server never does."""

    def __init__(self, guard: Guard | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._guard = guard or Guard()
        self._clock = clock
        self._running = 0

    @property
    def busy(self) -> bool:
        """Tell whether a further call would have to wait."""
        return self._running >= AT_ONCE

    async def call(self, endpoint: str, p256dh: bytes, auth: bytes, kind: PushKind, vapid: Vapid) -> Outcome:
        """Call one browser and return what came of it.

        Raises:
            KamarError: ``push_unreachable``: no answer; try again later.
        """
        headers = {
            "Authorization": vapid.authorization(endpoint, self._clock()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(KEPT.total_seconds())),
            "Urgency": URGENCY,
            "Topic": _topic(kind, auth),
        }
        body = encrypt(json.dumps({"kind": kind}).encode(), p256dh, auth)
        self._running += 1
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                address = await self._guard.address(endpoint)
                return await self._send(endpoint, address, headers, body)
        except httpx.InvalidURL:
            return Gone()
        except (TimeoutError, httpx.HTTPError) as error:
            raise KamarError("push_unreachable") from error
        except KamarError as error:
            if error.code == "push_endpoint":
                return Gone()
            raise
        finally:
            self._running -= 1

    async def _send(self, endpoint: str, address: str, headers: dict[str, str], body: bytes) -> Outcome:
        """Send to the checked ``address``; certificate and name are those of the endpoint."""
        url = httpx.URL(endpoint)
        timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
        async with (
            httpx.AsyncClient(verify=self._guard.tls, timeout=timeout, trust_env=False) as client,
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers={**headers, "Host": urlsplit(endpoint).netloc},
                extensions={"sni_hostname": url.host},
                follow_redirects=False,
            ) as answer,
        ):
            return self._outcome(answer)

    def _outcome(self, answer: httpx.Response) -> Outcome:
        if answer.is_success:
            return Delivered()
        if answer.status_code in GONE:
            return Gone()
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
            return Wait(min(LONGEST_WAIT, max(SHORTEST_WAIT, self._asked(answer.headers.get("Retry-After", "")))))
        return Refused(answer.status_code)

    def _asked(self, after: str) -> timedelta:
        """Return the patience asked for: seconds or a date (RFC 9110, 10.2.3)."""
        if after.isdigit():
            return timedelta(seconds=min(int(after[:9]), 10**6))
        try:
            return parsedate_to_datetime(after) - self._clock()
        except (TypeError, ValueError):
            return timedelta(minutes=1)


def _topic(kind: PushKind, auth: bytes) -> str:
    """Return the word by which a later call replaces one that waits; only the browser could say what it stands for."""
    return encode(hmac.digest(auth, kind.encode(), "sha256")[:TOPIC])
