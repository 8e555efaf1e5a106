"""The portal in front of a real Synapse, with the jobs that seat people: nothing of it is pretended here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar

from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.matrix import Matrix
from tests.portal.browser import Browser, Client, sign_up
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

NEWCOMER_SECONDS = 90  # from the invitation to a seat; a starved machine included
PASSWORD = "gunung biru tinggi"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("portal")) as made:
        yield made


@asynccontextmanager
async def telephone(server: Branch) -> AsyncIterator[Browser]:
    """Give a browser of its own; a session of aiohttp sends just as the test client does."""
    async with ClientSession(server.portal_url, cookie_jar=CookieJar(unsafe=True)) as session:
        yield Browser(cast(Client, session))


async def seated(browser: Browser) -> str:
    """Wait for the kamar and return its row in the list."""
    while 'name="kamar" value="' not in (await browser.visit("/komunitas")).text:
        await asyncio.sleep(0.2)
    return browser.page.text.split('name="kamar" value="')[1].split('"')[0]


async def test_a_scripted_newcomer_talks_within_ninety_seconds(server: Branch) -> None:
    begun = time.monotonic()
    async with telephone(server) as browser, Homeserver(server.homeserver.url) as homeserver:
        assert (await sign_up(browser, server.invitation())).address == "/komunitas"
        kamar = await seated(browser)
        form = {**dict(browser.page.form("/obrolan").fields), "kamar": kamar}
        answer = await browser.client.post("/obrolan", data=form, allow_redirects=False)
        wish = parse_qs(urlsplit(answer.headers["Location"]).query)
        opened = await Matrix(homeserver).login_with_token(wish["loginToken"][0], "test")
        member = Matrix(homeserver, opened.access_token)
        assert wish["user"] == [opened.user_id]
        assert wish["room"][0] in await member.joined_rooms()
        await member.send(wish["room"][0], "m.room.message", {"msgtype": "m.text", "body": "Halo"}, "1")  # type: ignore[arg-type]  # as a client reads it
    assert time.monotonic() - begun < NEWCOMER_SECONDS


async def test_who_joined_by_the_api_logs_in_with_what_it_answered(server: Branch) -> None:
    async with telephone(server) as browser:
        joined = await _join(server, browser, "Ani")
        await browser.visit("/masuk")
        page = await browser.send("/masuk", {"akun": joined["user_id"], "sandi": joined["password"]})
        assert page.address == "/komunitas"


async def test_a_name_and_a_password_change_reach_synapse(server: Branch) -> None:
    async with telephone(server) as browser, Homeserver(server.homeserver.url) as homeserver:
        await sign_up(browser, server.invitation(), name="Tuti")
        await browser.visit("/saya")
        await browser.send("/saya/nama", {"nama": "Mbak Tuti"})
        page = await browser.send("/saya/sandi", {"sandi_lama": PASSWORD, "sandi": "sawah hijau luas"})
        assert "Tersimpan" in page.text
        user = page.text.split('<dd class="secret">')[1].split("<")[0]
        with pytest.raises(MatrixError):
            await Matrix(homeserver).login_password(user, PASSWORD, "test")
        opened = await Matrix(homeserver).login_password(user, "sawah hijau luas", "test")
        profile = await homeserver.request("GET", f"/_matrix/client/v3/profile/{user}", token=opened.access_token)
        assert profile["displayname"] == "Mbak Tuti"


async def test_a_stock_client_s_account_goes_on_in_the_portal(server: Branch) -> None:
    code = server.invitation()
    async with telephone(server) as browser, Homeserver(server.homeserver.url) as homeserver:
        await _registrable(homeserver, code)
        user = await _register(server.homeserver.url, code)
        await browser.visit("/masuk")
        assert (await browser.send("/masuk", {"akun": user, "sandi": PASSWORD})).address == f"/g/{code}"
        await browser.send(f"/g/{code}")
        await browser.visit(f"/g/{code}/tempat?desa=32.16.19.2005")
        await browser.send(f"/g/{code}/tempat", {"rt": "3", "rw": "5"})
        await browser.send(f"/g/{code}/setuju", {"umur": "17", "setuju": ["account", "messages"]})
        assert (await browser.send(f"/g/{code}/akun", {"nama": "Joko"})).address == "/komunitas"
        await seated(browser)


async def test_a_sign_up_survives_synapse_being_away(server: Branch) -> None:
    code = server.invitation()
    async with telephone(server) as browser:
        await sign_up(browser, code, name="")
        server.homeserver.kill()
        page = await browser.send(f"/g/{code}/akun", {"nama": "Rina", "sandi": PASSWORD, "buatan": "tidak"})
        assert (page.status, "mencoba lagi sendiri" in page.text) == (503, True)
        server.homeserver.start()
        page = await browser.visit(f"/g/{code}/akun?lagi=1")
        assert page.address == "/komunitas"
        await seated(browser)


async def _join(server: Branch, browser: Browser, name: str) -> dict[str, Any]:
    body = {
        "code": server.invitation(),
        "village": "32.16.19.2005",
        "adult": True,
        "consent": ["account", "messages"],
        "display_name": name,
    }
    answer = await browser.client.post("/api/v1/join", json=body)
    assert answer.status == 201
    return cast(dict[str, Any], await answer.json())


async def _registrable(homeserver: Homeserver, code: str) -> None:
    """Wait until the job has told Synapse of the code."""
    path = "/_matrix/client/v1/register/m.login.registration_token/validity"
    while not (await homeserver.request("GET", path, params={"token": code}))["valid"]:
        await asyncio.sleep(1)


async def _register(url: str, code: str) -> str:
    """Register as a stock client does: first asked for the token, then with it."""
    async with ClientSession(url) as client:

        async def ask(**auth: str) -> dict[str, Any]:
            answer = await client.post("/_matrix/client/v3/register", json={"password": PASSWORD, "auth": auth or None})
            return cast(dict[str, Any], await answer.json())

        session = (await ask())["session"]
        await ask(type="m.login.registration_token", token=code, session=session)
        return str((await ask(type="m.login.dummy", session=session))["user_id"])
