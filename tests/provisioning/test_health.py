"""Health against stand-ins for a homeserver and a portal: what must not be called healthy."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kamar.settings import Ports, Settings
from kamar.state import State, write_secret
from kamar_provisioning import probe, sentences
from kamar_provisioning.health import check, make_probe

FORBIDDEN = (403, {"errcode": "M_FORBIDDEN", "error": "not seated"})
LET_IN = (200, {"room_id": "!probe"})


@dataclasses.dataclass
class Answers:
    """What the stand-in answers to each question."""

    join: tuple[int, dict[str, object]] = FORBIDDEN
    modules: tuple[str, ...] = ("peace", "registration", "structure")
    readable: bool = True
    clamd: bool | None = None
    ping: int = 200
    portal: int = 200
    rooms_made: int = 0


def homeserver(answers: Answers) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        path = request.path
        if path.endswith("/versions"):
            return web.json_response({"versions": ["v1.11"]})
        if path.endswith("/kamar/v1/health"):
            return web.json_response({"modules": answers.modules})
        if path.endswith("/kamar/v1/peace"):
            return web.json_response({"readable": answers.readable, "clamd": answers.clamd})
        if path.endswith("/join"):
            status, body = answers.join
            return web.json_response(body, status=status)
        if path.endswith("/ping"):
            return web.json_response({"duration_ms": 1}, status=answers.ping)
        if path == "/healthz":
            return web.json_response({}, status=answers.portal)
        if path.endswith("/createRoom"):
            answers.rooms_made += 1
            return web.json_response({"room_id": "!probe"})
        if path.endswith("/register"):
            return web.json_response({"user_id": "@pemeriksa:localhost", "device_id": "D", "access_token": "token"})
        return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    return application


@dataclasses.dataclass
class Site:
    """Settings and state whose every port leads to the stand-in."""

    settings: Settings
    state: State
    answers: Answers

    async def problems(self, *, starting: bool = False) -> dict[str, str]:
        await make_probe(self.settings, self.state)
        found = await check(self.settings, self.state, starting=starting)
        return {each.name: each.problem for each in found if each.problem}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    answers = Answers()
    async with TestServer(homeserver(answers)) as server:
        port = server.port
        assert port is not None
        state = State(tmp_path)
        write_secret(state.secret("as_token"), "secret")
        yield Site(Settings(ports=Ports(portal=port, synapse=port)), state, answers)


async def test_a_server_that_refuses_strangers_is_healthy(site: Site) -> None:
    assert await site.problems() == {}


async def test_a_server_that_lets_a_stranger_in_is_not(site: Site) -> None:
    site.answers.join = LET_IN
    assert await site.problems() == {"pintu synapse": sentences.GATE_OPEN}


async def test_a_missing_module_is_named(site: Site) -> None:
    site.answers.modules = ("peace", "registration")
    assert await site.problems() == {"modul synapse": sentences.MODULES_MISSING.format(names="structure")}


async def test_rules_that_cannot_be_read_are_told(site: Site) -> None:
    site.answers.readable = False
    assert await site.problems() == {"damai synapse": sentences.PEACE_UNREADABLE}


@pytest.mark.parametrize(("clamd", "problems"), [(True, {}), (False, {"damai synapse": sentences.CLAMD_SILENT})])
async def test_a_silent_clamd_is_told(clamd: bool, problems: dict[str, str], site: Site) -> None:
    site.answers.clamd = clamd
    assert await site.problems() == problems


@pytest.mark.parametrize(("part", "name"), [("ping", "appservice"), ("portal", "portal")])
async def test_a_part_that_fails_is_named(site: Site, part: str, name: str) -> None:
    setattr(site.answers, part, 500)
    assert list(await site.problems()) == [name]


async def test_a_worker_without_the_gate_is_found_though_the_main_process_has_it(site: Site) -> None:
    answers = Answers(join=LET_IN)
    async with TestServer(homeserver(answers)) as worker:
        assert worker.port is not None
        ports = dataclasses.replace(site.settings.ports, worker=worker.port)
        workers = dataclasses.replace(site.settings.workers, enabled=True)
        site.settings = dataclasses.replace(site.settings, ports=ports, workers=workers)
        assert await site.problems() == {"pintu worker": sentences.GATE_OPEN}


async def test_a_server_that_is_down_is_not_healthy(site: Site) -> None:
    site.settings = dataclasses.replace(site.settings, ports=Ports(portal=1, synapse=1))
    found = await check(site.settings, site.state)
    assert [each.name for each in found if not each.problem] == []


@pytest.mark.parametrize(
    ("starting", "problems"), [(False, []), (True, ["pintu synapse"])], ids=["later", "at the start"]
)
async def test_a_server_too_busy_to_refuse_is_ill_at_the_start_only(
    site: Site, starting: bool, problems: list[str]
) -> None:
    site.answers.join = (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 5000})
    assert list(await site.problems(starting=starting)) == problems


async def test_the_doors_are_not_tried_before_everything_else_answers(site: Site) -> None:
    site.answers.join, site.answers.portal = LET_IN, 500
    assert list(await site.problems(starting=True)) == ["portal"]


async def test_the_probe_is_made_once(site: Site) -> None:
    for _ in range(3):
        await site.problems()
    assert site.answers.rooms_made == 1
    assert site.state.secret(probe.FILE).stat().st_mode & 0o077 == 0


async def test_the_probe_of_another_database_is_made_anew(site: Site) -> None:
    await site.problems()
    site.answers.join = (401, {"errcode": "M_UNKNOWN_TOKEN"})
    assert list(await site.problems()) == ["pintu synapse"]
    site.answers.join = FORBIDDEN
    assert await site.problems() == {}
    assert site.answers.rooms_made == 2
