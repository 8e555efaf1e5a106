"""The JSON API: joining in one request, safely repeated; finding places."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from kamar.sentences import SENTENCES
from kamar_portal.recovery import fits
from kamar_store import recovery
from tests.portal.browser import Browser
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

GOOD: dict[str, Any] = {
    "village": SUKARESMI,
    "rw": "005",
    "rt": 3,
    "adult": True,
    "consent": ["account", "messages"],
    "display_name": "Budi",
}


async def join(house: House, browser: Browser, changes: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    """Send a good request with some changes."""
    body = {"code": await house.code(), **GOOD, **changes}
    answer = await browser.client.post("/api/v1/join", json=body, headers=headers)
    return answer.status, await answer.json()


async def test_one_request_makes_a_member(house: House, browser: Browser) -> None:
    status, body = await join(house, browser, {})
    [user] = house.synapse.accounts
    assert status == 201
    assert body | {"recovery": [], "password": ""} == {
        "user_id": user,
        "home": f"{SUKARESMI}/RW005/RT003",
        "homeserver": "http://localhost:8008",
        "recovery": [],
        "chat": "http://localhost:8080/chat/",
        "portal": "http://localhost:8080/komunitas",
        "password": "",
    }
    assert house.synapse.accounts[user].password == body["password"]
    assert house.synapse.devices == {}  # nobody uses the one it was made with
    async with house.store.read() as db:
        kept = await recovery.hash_of(db, user)
    assert kept is not None
    assert fits(" ".join(body["recovery"]), kept)


async def test_a_given_password_is_not_told_back(house: House, browser: Browser) -> None:
    status, body = await join(house, browser, {"password": "gunung biru tinggi"})
    assert status == 201
    assert "password" not in body
    assert [account.password for account in house.synapse.accounts.values()] == ["gunung biru tinggi"]


async def test_a_request_repeated_with_its_key_is_answered_the_same(house: House, browser: Browser) -> None:
    key = secrets.token_urlsafe(24)
    code = await house.code()
    first = await join(house, browser, {"code": code}, **{"Idempotency-Key": key})
    again = await join(house, browser, {"code": code}, **{"Idempotency-Key": key})
    assert first == again
    assert len(house.synapse.accounts) == 1


async def test_a_request_that_synapse_missed_can_be_repeated(house: House, browser: Browser) -> None:
    key = secrets.token_urlsafe(24)
    code = await house.code()
    house.synapse.down = True
    status, body = await join(house, browser, {"code": code}, **{"Idempotency-Key": key})
    assert (status, body["error"]["code"]) == (503, "chat_starting")
    house.synapse.down = False
    assert (await join(house, browser, {"code": code}, **{"Idempotency-Key": key}))[0] == 201
    assert len(house.synapse.accounts) == 1


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"code": "halo"}, 422, "code_malformed"),
    ({"code": None}, 400, "body_malformed"),
    ({"village": "32.16"}, 422, "village_missing"),
    ({"village": "99.99.99.9999"}, 404, "wilayah_unknown"),
    ({"village": ["x"]}, 400, "body_malformed"),
    ({"rt": "000"}, 422, "rt_out_of_range"),
    ({"rt": 1000}, 422, "rt_out_of_range"),
    ({"rt": -1}, 422, "rt_out_of_range"),
    ({"rt": True}, 400, "body_malformed"),
    ({"rw": "0"}, 422, "rw_out_of_range"),
    ({"rw": 2.5}, 400, "body_malformed"),
    ({"adult": False}, 422, "age_missing"),
    ({"adult": "yes"}, 422, "age_missing"),
    ({"consent": []}, 422, "consent_missing"),
    ({"consent": ["account", "messages", "x"]}, 422, "consent_unknown"),
    ({"consent": "account"}, 400, "body_malformed"),
    ({"display_name": "x" * 10_000}, 422, "name_long"),
    ({"display_name": "Ketua RT"}, 422, "name_reserved"),
    ({"display_name": "Bu\u0000di"}, 400, "body_malformed"),
    ({"display_name": "\ud800"}, 400, "body_malformed"),
    ({"password": "pendek"}, 422, "password_short"),
    ({"password": 1234567890}, 400, "body_malformed"),
]


@pytest.mark.parametrize(("changes", "status", "code"), REFUSED, ids=[f"{row[2]}-{n}" for n, row in enumerate(REFUSED)])
async def test_a_refusal_has_a_code_and_a_sentence(
    house: House, browser: Browser, changes: dict[str, Any], status: int, code: str
) -> None:
    answered, body = await join(house, browser, changes)
    assert (answered, body["error"]["code"]) == (status, code)
    assert body["error"]["message"].startswith(SENTENCES[code].split("{")[0])
    assert house.synapse.accounts == {}


@pytest.mark.parametrize("key", ["short", "x" * 129, "with spaces in it, and a comma"])
async def test_a_key_that_others_could_guess_is_refused(house: House, browser: Browser, key: str) -> None:
    status, body = await join(house, browser, {}, **{"Idempotency-Key": key})
    assert (status, body["error"]["code"]) == (422, "idempotency_key")


async def test_english_is_answered_to_those_who_ask_for_it(house: House, browser: Browser) -> None:
    _, body = await join(house, browser, {"rt": 0}, **{"Accept-Language": "en"})
    assert body["error"]["message"] == "RT numbers go from 001 to 999. Leave empty if you do not know."


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 50_000], ids=["empty", "list", "cut", "binary", "deep"]
)
async def test_a_body_that_is_no_json_is_refused(house: House, browser: Browser, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await browser.client.post("/api/v1/join", data=body, headers=headers)
    assert (answer.status, (await answer.json())["error"]["code"]) == (400, "body_malformed")


async def test_places_are_found_by_name_postcode_and_address(house: House, browser: Browser) -> None:
    for typed in ("sukaresmi cikarang", "17530", "SUKARESMI", "kemiri muka beji depok rt 3/5"):
        results = (await (await browser.client.get("/api/v1/wilayah", params={"q": typed})).json())["results"]
        assert results, typed
        assert set(results[0]) == {"path", "code", "name", "full_name", "level"}
    assert (await (await browser.client.get("/api/v1/wilayah")).json()) == {"results": []}


async def test_the_api_tells_official_places_only(house: House, browser: Browser) -> None:
    await join(house, browser, {})
    below = await browser.client.get(f"/api/v1/wilayah/{SUKARESMI}/children")
    assert (await below.json()) == {"results": []}  # RT 003 exists now, and would say where somebody lives
    for unknown in ("99", "nonsense", f"{SUKARESMI}/RW777"):
        assert (await browser.client.get(f"/wilayah/{unknown}")).status == 404
    assert (await browser.client.get(f"/wilayah/{SUKARESMI}/RW005/RT003")).status == 404
    assert (await browser.client.get(f"/wilayah/{SUKARESMI}")).status == 200
