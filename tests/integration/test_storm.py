"""Two hundred sign-ups from one address while both halves are killed again and again, people chat and one guesses."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from kamar.referral import new_code
from tests.servers.branch import Branch, branch
from tests.servers.newcomers import AGAIN, PASSWORD, Truth, join, truth, until_idle, vouch_for_everybody

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PEOPLE = 200
AT_ONCE = 8
KILLS = 9
CALM = (4.0, 9.0)  # seconds between two kills
VILLAGE = "32.16.19.2005"
GUESSES = 400
SEED = 20261121


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("branch")) as made:
        yield made


@dataclass
class Guesser:
    """Tries codes at the portal and at Matrix, and counts what it is told."""

    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)


async def test_after_a_storm_everybody_sits_once_and_every_word_is_there(server: Branch) -> None:
    code, dice = server.local_code(VILLAGE), random.Random(SEED)
    first = [await join(server.portal_url, code, secrets.token_urlsafe(24), VILLAGE, 1, 1) for _ in range(8)]
    await vouch_for_everybody(server)
    await until_idle(server)
    calm = asyncio.Event()
    chatting = asyncio.create_task(_chat(server, str(first[0]["user_id"]), calm))
    guessing = asyncio.create_task(_guess(server, calm))
    storm = asyncio.create_task(_storm(server, dice))
    people = await _crowd(server, code)
    await vouch_for_everybody(server)
    await storm
    await until_idle(server)
    calm.set()
    said, guesser = await chatting, await guessing
    await until_idle(server)
    server.stop_serve()

    users = [str(person["user_id"]) for person in (*first, *people)]
    found = truth(server)
    assert len(set(users)) == PEOPLE + len(first)
    wrong = {user: seats for user in users if (seats := found.joined(user)) != _seats(found, seats)}
    assert not wrong
    assert max(Counter(found.rooms().values()).values()) == 1
    assert found.said(str(first[0]["user_id"])) == said
    assert len(said) > KILLS
    assert guesser.found == []
    assert sum(count for (door, status), count in guesser.told.items() if status not in (0, 429)) < GUESSES / 4


def _seats(found: Truth, seats: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Return what somebody of the RT in ``seats`` must have: RT, RW, chat and announcements of the village, space."""
    rt = next((path for path, _kind, _number in seats if "/RT" in path), "")
    rw = rt.rpartition("/")[0]
    return sorted(
        [(rt, "obrolan", 1), (rw, "obrolan", 1), (VILLAGE, "obrolan", 1), (VILLAGE, "siaran", 1), (VILLAGE, "space", 1)]
    )


async def _crowd(server: Branch, code: str) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> dict[str, Any]:
        async with gate:
            return await join(
                server.portal_url, code, secrets.token_urlsafe(24), VILLAGE, 1 + number % 2, 1 + number % 4
            )

    return list(await asyncio.gather(*(one(number) for number in range(PEOPLE))))


async def _storm(server: Branch, dice: random.Random) -> None:
    """Kill one half or both, and start them again, at random moments."""
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(*CALM))
        victim = dice.choice(["serve", "synapse", "both"])
        if victim in ("synapse", "both"):
            server.homeserver.kill()
        if victim in ("serve", "both"):
            server.kill_serve()
        if victim in ("synapse", "both"):
            await asyncio.to_thread(server.homeserver.start)
        if victim in ("serve", "both"):
            await asyncio.to_thread(server.start_serve)


async def _chat(server: Branch, user: str, calm: asyncio.Event) -> list[str]:
    """Write numbered messages into the village's chat until all is calm, each until it is accepted."""
    token = ""
    said: list[str] = []
    async with httpx.AsyncClient(base_url=server.settings.synapse_url, trust_env=False, timeout=30) as client:
        while not calm.is_set():
            body = f"pesan {len(said)}"
            try:
                if not token:
                    login = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}}
                    answer = await client.post("/_matrix/client/v3/login", json={**login, "password": PASSWORD})
                    answer.raise_for_status()
                    token = answer.json()["access_token"]
                    room = await _room(client, token)
                path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/t{len(said)}"
                headers = {"Authorization": f"Bearer {token}"}
                answer = await client.put(path, json={"msgtype": "m.text", "body": body}, headers=headers)
                answer.raise_for_status()
                said.append(body)
            except httpx.HTTPError:
                pass
            await asyncio.sleep(AGAIN)
    return said


async def _room(client: httpx.AsyncClient, token: str) -> str:
    alias = "%23kamar-32.16.19.2005%3Akamar.test"
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.get(f"/_matrix/client/v3/directory/room/{alias}", headers=headers)
    answer.raise_for_status()
    return str(answer.json()["room_id"])


async def _guess(server: Branch, calm: asyncio.Event) -> Guesser:
    """Try codes that pass the check, at the portal's door and at Matrix's."""
    guesser, dice = Guesser(), random.Random(SEED + 1)
    token = "/_matrix/client/v1/register/m.login.registration_token/validity"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for _ in range(GUESSES):
            code = new_code(server.settings.server.code, dice)
            for door, url in (
                ("portal", f"{server.portal_url}/g/{code}"),
                ("matrix", f"{server.homeserver.url}{token}?token={code}"),
            ):
                try:
                    answer = await client.get(url)
                except httpx.HTTPError:
                    guesser.told[door, 0] += 1
                    continue
                guesser.told[door, answer.status_code] += 1
                valid = answer.status_code == 200 and (door == "portal" or answer.json()["valid"])
                if valid:
                    guesser.found.append(code)
            if calm.is_set():
                break
            await asyncio.sleep(AGAIN / 2)
    return guesser
