"""Handing Matrix on: what passes, what never does, and that nothing is held back on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from kamar.settings import Ports, Server, Settings
from kamar.state import State
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_portal import proxy
from kamar_portal.portal import Portal
from kamar_portal.seal import Seal
from kamar_portal.serve import application
from kamar_store.site import Site
from kamar_store.store import Store
from tests.portal.fake_synapse import AS_TOKEN, FakeSynapse

Client = TestClient[web.Request, web.Application]
SLOW = asyncio.Event()


async def synapse(request: web.Request) -> web.StreamResponse:
    """Answer with what arrived; ``/sync`` answers in two pieces, the second only when told to."""
    if request.path.endswith("/sync"):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first ")
        await SLOW.wait()
        await response.write(b"second")
        return response
    body = await request.read()
    headers = {name.lower(): value for name, value in request.headers.items()}
    return web.json_response({"path": request.raw_path, "headers": headers, "size": len(body)})


@pytest.fixture
async def public(store: Store, tmp_path: Path) -> AsyncIterator[Client]:
    """Give a client of a portal with a public address, in front of a server that answers everything."""
    upstream = web.Application(client_max_size=0)
    upstream.router.add_route("*", "/{rest:.*}", synapse)
    behind = TestServer(upstream)
    await behind.start_server()
    settings = Settings(
        server=Server(name="kamar.test", public_url="https://kamar.test"), ports=Ports(synapse=behind.port or 0)
    )
    async with Homeserver("http://synapse.test", transport=FakeSynapse().transport(), patience=0) as homeserver:
        site = Site(settings, State(tmp_path), store)
        portal = Portal(site, homeserver, KamarModule(homeserver, AS_TOKEN), Seal(b"k" * 32))
        async with TestClient(TestServer(application(portal))) as client:
            yield client
    await behind.close()


@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/client/versions",
        "/_matrix/client/v3/rooms/%21a%2Fb%3Akamar.test/send/m.room.message/1?x=%2F",
        "/_matrix/media/v3/config",
        "/_synapse/client/kamar/v1/nodes/32.16.19.2005",
        "/_synapse/client/login",
    ],
)
async def test_what_clients_need_passes_unchanged(public: Client, path: str) -> None:
    answer = await public.get(URL(path, encoded=True))
    assert answer.status == 200
    assert (await answer.json())["path"] == path


@pytest.mark.parametrize(
    "path",
    [
        "/_synapse/admin/v1/users",
        "/_synapse/client/kamar/v1/register",
        "/_synapse/client/kamar/v1/seat",
        "/_synapse/client/k%61mar/v1/register",
        "/_synapse/client/kamar%2Fv1/register",
        "/_synapse/client//kamar/v1/register",
        "/_synapse/client/x/../kamar/v1/register",
        "/_synapse/client/%2e%2e/admin/v1/users",
        "/_synapse/client/kamar/v1/nodes/../register",
        "/_synapse/client/kamar",
        "/_synapse/replication/x",
        "/_matrix/federation/v1/version",
        "/_matrix/key/v2/server",
        "/_matrix/app/v1/ping",
    ],
)
async def test_what_is_not_for_clients_never_passes(public: Client, path: str) -> None:
    assert (await public.get(URL(path, encoded=True))).status == 404


async def test_an_upload_is_not_bounded_by_the_size_of_forms(public: Client) -> None:
    answer = await public.post("/_matrix/media/v3/upload", data=b"x" * 5_000_000)
    assert (await answer.json())["size"] == 5_000_000


async def test_an_answer_is_handed_on_as_it_comes(public: Client) -> None:
    SLOW.clear()
    answer = await public.get("/_matrix/client/v3/sync")
    assert await answer.content.read(6) == b"first "
    SLOW.set()
    assert await answer.content.read() == b"second"


async def test_synapse_learns_the_caller_s_address_and_none_of_our_cookies(public: Client) -> None:
    headers = {"X-Forwarded-For": "6.6.6.6", "Cookie": "kamar_sesi=secret", "Authorization": "Bearer syt"}
    seen = (await (await public.get("/_matrix/client/versions", headers=headers)).json())["headers"]
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["authorization"] == "Bearer syt"
    assert "cookie" not in seen


async def test_clients_find_the_homeserver(public: Client) -> None:
    client = await public.get("/.well-known/matrix/client")
    assert await client.json() == {"m.homeserver": {"base_url": "https://kamar.test"}}
    assert client.headers["Access-Control-Allow-Origin"] == "*"
    server = await public.get("/.well-known/matrix/server")
    assert await server.json() == {"m.server": "kamar.test:443"}


async def test_over_https_cookies_and_pages_are_for_https_only(public: Client) -> None:
    answer = await public.get("/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_without_synapse_clients_are_told_to_wait(public: Client, store: Store, tmp_path: Path) -> None:
    settings = Settings(server=Server(public_url="https://kamar.test"), ports=Ports(synapse=1))
    async with Homeserver("http://synapse.test", transport=FakeSynapse(down=True).transport(), patience=0) as down:
        site = Site(settings, State(tmp_path), store)
        portal = Portal(site, down, KamarModule(down, AS_TOKEN), Seal(b"k" * 32))
        async with TestClient(TestServer(application(portal))) as client:
            answer = await client.get("/_matrix/client/versions")
            assert (answer.status, (await answer.json())["errcode"]) == (502, "M_UNKNOWN")
            health = await client.get("/healthz")
            assert health.status == 200
            assert (await health.json()) == {"healthy": False, "parts": {"database": "ok", "synapse": "starting"}}


def test_a_server_without_public_address_hands_nothing_on() -> None:
    paths = {route.path for route in proxy.routes(public=False)}
    assert not any(path.startswith(("/_matrix", "/_synapse")) for path in paths)
