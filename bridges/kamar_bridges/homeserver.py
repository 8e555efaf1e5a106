"""One homeserver over HTTP: a connection pool, bounded patience, and errors that a person can read.

:mod:`kamar_bridges.matrix` and :mod:`kamar_bridges.kamar_module` speak through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from kamar.errors import KamarError

ATTEMPTS = 5
PATIENCE = 20.0  # seconds of waiting that one call may add up to; longer limits are the caller's to handle
FIRST_WAIT = 0.2  # seconds; doubled at each attempt
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 90.0  # a busy homeserver may need long to make a room or to seat a member
CONNECTIONS = 64
PASSING = frozenset({502, 503, 504})  # a proxy or a starting worker; worth another try
TOO_MANY = 429

Sleep = Callable[[float], Awaitable[None]]


class MatrixError(KamarError):
    """The homeserver refused (``matrix_refused``) or did not answer (``matrix_unreachable``, status 0).

    ``errcode`` is Matrix's word, e.g. ``M_FORBIDDEN``; ``retry_after`` are seconds, 0 where none were named;
    ``refusal`` is the code of :mod:`kamar.sentences` when one of our modules refused: then ``error`` is its sentence.
    """

    def __init__(
        self, status: int, errcode: str, error: str = "", retry_after: float = 0.0, *, refusal: str = ""
    ) -> None:
        code = "matrix_refused" if status else "matrix_unreachable"
        super().__init__(code, status=status, errcode=errcode, error=error)
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is arriving; ``size`` in bytes, none where the homeserver does not say."""

    size: int | None
    pieces: AsyncIterator[bytes]


class Homeserver:
    """A pool of connections to one homeserver. Close it, or use it in ``async with``."""

    def __init__(
        self,
        url: str,
        *,
        sleep: Sleep = asyncio.sleep,
        patience: float = PATIENCE,
        transport: httpx.AsyncBaseTransport | None = None,
        connections: int = CONNECTIONS,
    ) -> None:
        self.url = url
        self._transport = transport
        self._sleep = sleep
        self._patience = patience
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            limits=httpx.Limits(max_connections=connections),
            transport=transport,
            trust_env=False,  # the homeserver is a neighbour: never through somebody's proxy
        )

    def another(self, connections: int) -> Homeserver:
        """Return a second pool to the same homeserver, for calls that would hold up everybody else's."""
        return Homeserver(
            self.url, sleep=self._sleep, patience=self._patience, transport=self._transport, connections=connections
        )

    async def __aenter__(self) -> Self:
        """Give the pool itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        address: str = "",
    ) -> dict[str, Any]:
        """Return the JSON object that answers; ``path`` is already quoted.

        ``address`` is whom the call is made for, so that the homeserver's limits hold up that person and not everybody.

        A limit (429) and a refused connection are waited for and tried again. A call that may have arrived
        is repeated only where that does no harm: by default every method but POST.

        Raises:
            MatrixError: refused, or no answer within the patience.
        """
        again = method != "POST" if repeatable is None else repeatable
        request = self._client.build_request(method, path, json=body, params=params, headers=_headers(token, address))
        return _object(await self._patiently(request, again=again))

    async def request_list(self, method: str, path: str, *, token: str = "") -> list[dict[str, Any]]:
        """Return the JSON list that answers."""
        answer = await self._patiently(self._client.build_request(method, path, headers=_headers(token)), again=True)
        value = _json(answer)
        if not isinstance(value, list):
            raise MatrixError(answer.status_code, "M_BAD_JSON")
        return value

    async def upload(
        self, path: str, content: bytes, content_type: str, *, token: str, filename: str
    ) -> dict[str, Any]:
        """Send bytes and return the JSON object that answers."""
        headers = {**_headers(token), "Content-Type": content_type}
        request = self._client.build_request(
            "POST", path, content=content, params={"filename": filename}, headers=headers
        )
        return _object(await self._patiently(request, again=True))

    async def download(self, path: str, *, token: str) -> bytes:
        """Return the bytes that answer."""
        request = self._client.build_request("GET", path, headers=_headers(token))
        return (await self._patiently(request, again=True)).content

    @asynccontextmanager
    async def open(self, path: str, *, token: str, params: Mapping[str, str] | None = None) -> AsyncIterator[Download]:
        """Begin to download, without keeping the file in memory.

        Raises:
            MatrixError: refused, or no answer.
        """
        headers = {**_headers(token), "Accept-Encoding": "identity"}
        request = self._client.build_request("GET", path, params=params, headers=headers)
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise MatrixError(0, "unanswered", type(error).__name__) from error
        try:
            if not answer.is_success:
                await answer.aread()
                raise _error(answer)
            length = answer.headers.get("Content-Length", "")
            yield Download(int(length) if length.isdigit() else None, answer.aiter_bytes())
        finally:
            await answer.aclose()

    async def _patiently(self, request: httpx.Request, *, again: bool) -> httpx.Response:
        waited = 0.0
        for attempt in range(ATTEMPTS):
            wait = FIRST_WAIT * 2**attempt
            try:
                return await self._once(request)
            except MatrixError as error:
                if not _passing(error, again=again):
                    raise
                wait = max(wait, error.retry_after)
                if attempt == ATTEMPTS - 1 or waited + wait > self._patience:
                    raise
            waited += wait
            await self._sleep(wait)
        raise AssertionError("unreachable")

    async def _once(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = await self._client.send(request)
        except httpx.ConnectError as error:
            raise MatrixError(0, "unreachable") from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise MatrixError(0, "unanswered", type(error).__name__) from error
        if answer.is_success:
            return answer
        raise _error(answer)


def _passing(error: MatrixError, *, again: bool) -> bool:
    """Tell whether another try may help without doing a thing twice."""
    if error.status == TOO_MANY or error.errcode == "unreachable":
        return True
    return again and (error.status == 0 or error.status in PASSING)


def _headers(token: str, address: str = "") -> dict[str, str]:
    caller = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"} if address else {}
    return {"Authorization": f"Bearer {token}", **caller} if token else caller


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise MatrixError(answer.status_code, "M_NOT_JSON") from error


def _object(answer: httpx.Response) -> dict[str, Any]:
    value = _json(answer)
    if not isinstance(value, dict):
        raise MatrixError(answer.status_code, "M_BAD_JSON")
    return value


def _error(answer: httpx.Response) -> MatrixError:
    try:
        value = answer.json()
    except ValueError:
        value = None
    said = value if isinstance(value, dict) else {}
    wait = said.get("retry_after_ms")
    seconds = wait / 1000 if isinstance(wait, int | float) else _retry_after(answer)
    return MatrixError(
        answer.status_code,
        str(said.get("errcode", "M_UNKNOWN")),
        str(said.get("error", "")),
        seconds,
        refusal=str(said.get("id.sosialkamar.code", "")),
    )


def _retry_after(answer: httpx.Response) -> float:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0
