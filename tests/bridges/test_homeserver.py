"""How patient the client of the homeserver is, and with what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import httpx
import pytest

from kamar.ids import RoomId
from kamar_bridges.homeserver import ATTEMPTS, Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix

ROOM = RoomId("!a/b?c")
Answer = httpx.Response | Exception


class Server:
    """Gives recorded answers, the last one for ever, and remembers what was asked and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def homeserver(self) -> Homeserver:
        """Return a client of it."""
        return Homeserver("http://hs", transport=httpx.MockTransport(self._answer), sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def limited(seconds: float) -> httpx.Response:
    """Return Matrix's refusal for a while."""
    body = {"errcode": "M_LIMIT_EXCEEDED", "error": "wait", "retry_after_ms": seconds * 1000}
    return httpx.Response(429, json=body)


SENT = httpx.Response(200, json={"event_id": "$1", "room_id": "!1"})
GATEWAY = httpx.Response(502)
LOST = httpx.ReadError("lost")
CLOSED = httpx.ConnectError("refused")


async def send(matrix: Matrix) -> None:
    """Do what may be repeated: the transaction id makes it one."""
    await matrix.send(ROOM, "m.room.message", {"body": "halo"}, "txn")


async def create(matrix: Matrix) -> None:
    """Do what must not be repeated."""
    await matrix.create_room({})


@pytest.mark.parametrize(
    ("act", "first", "asked"),
    [
        (send, limited(1), 2),
        (send, CLOSED, 2),
        (send, GATEWAY, 2),
        (send, LOST, 2),
        (create, limited(1), 2),
        (create, CLOSED, 2),
        (create, GATEWAY, 1),
        (create, LOST, 1),
    ],
)
async def test_a_call_is_repeated_unless_it_may_have_been_done(
    act: Callable[[Matrix], Awaitable[None]], first: Answer, asked: int
) -> None:
    server = Server(first, SENT)
    with nullcontext() if asked == 2 else pytest.raises(MatrixError):
        await act(Matrix(server.homeserver(), "token"))
    assert len(server.asked) == asked


async def test_a_limit_is_waited_for_as_long_as_it_says() -> None:
    server = Server(limited(3.5), SENT)
    await send(Matrix(server.homeserver()))
    assert server.waited == [3.5]


async def test_patience_ends() -> None:
    server = Server(CLOSED)
    with pytest.raises(MatrixError) as refused:
        await send(Matrix(server.homeserver()))
    assert len(server.asked) == ATTEMPTS
    assert (refused.value.code, refused.value.status) == ("matrix_unreachable", 0)


async def test_a_limit_longer_than_the_patience_is_told_at_once() -> None:
    server = Server(limited(3600))
    with pytest.raises(MatrixError) as refused:
        await send(Matrix(server.homeserver()))
    assert not server.waited
    assert refused.value.retry_after == 3600


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[])])
async def test_an_answer_that_is_no_object_is_an_error(answer: httpx.Response) -> None:
    with pytest.raises(MatrixError):
        await Matrix(Server(answer).homeserver()).versions()


async def test_ids_are_quoted_and_the_token_stands_in_the_header() -> None:
    server = Server(SENT)
    await Matrix(server.homeserver(), "secret").send(ROOM, "m.room.message", {}, "t/1")
    (request,) = server.asked
    assert request.url.raw_path == b"/_matrix/client/v3/rooms/%21a%2Fb%3Fc/send/m.room.message/t%2F1"
    assert request.headers["Authorization"] == "Bearer secret"
    assert b"secret" not in str(request.url).encode()


async def test_a_code_never_stands_in_an_address() -> None:
    server = Server(httpx.Response(200, json={}))
    module = KamarModule(server.homeserver(), "secret")
    await module.open_code("K27F3Q2MXP")
    await module.revoke_code("K27F3Q2MXP")
    assert all("K27F3Q2MXP" not in str(request.url) for request in server.asked)


async def test_a_room_that_was_never_made_is_none() -> None:
    answer = httpx.Response(404, json={"errcode": "M_NOT_FOUND", "error": ""})
    assert await KamarModule(Server(answer).homeserver(), "").room("key") is None


def test_secrets_are_not_shown() -> None:
    from kamar.ids import UserId
    from kamar_bridges.matrix import LoginToken, Session

    assert "hidden" not in repr(Session(UserId("@a:b"), "D", "hidden")) + repr(LoginToken("hidden", 60))
