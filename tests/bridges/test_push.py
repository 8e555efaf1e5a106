"""Calling a browser: what the push service hears, what its answers mean, and where a call never goes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from kamar.errors import KamarError
from kamar.push import PushKind
from kamar_bridges import push as bridge
from kamar_bridges.push import Delivered, Gone, Outcome, Push, Refused, Wait
from kamar_bridges.push_crypto import new_vapid_key, read_vapid
from kamar_bridges.push_guard import Guard, Resolve, is_public, resolve, service
from tests.servers.push_service import NAME, FakeBrowser, PushService, push_service

VAPID = read_vapid(new_vapid_key(), "mailto:kamar@kamar.test")


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[PushService]:
    async with push_service(tmp_path) as running:
        yield running


async def call(push: Push, browser: FakeBrowser, kind: PushKind = PushKind.MENTION) -> Outcome:
    return await push.call(browser.endpoint, browser.p256dh, browser.auth, kind, VAPID)


async def test_a_call_reaches_the_browser_and_says_its_kind_only(fake: PushService) -> None:
    browser = fake.browser()
    for kind in PushKind:
        assert await call(Push(fake.guard()), browser, kind) == Delivered()
    assert [got.said for got in fake.received] == [{"kind": kind} for kind in PushKind]
    assert {got.size for got in fake.received} == {fake.received[0].size}
    assert not fake.refused


async def test_the_push_service_itself_learns_not_even_the_kind(fake: PushService) -> None:
    siti, budi = fake.browser(), fake.browser()
    for browser, kind in ((siti, PushKind.MENTION), (siti, PushKind.SIARAN), (budi, PushKind.SIARAN)):
        await call(Push(fake.guard()), browser, kind)
    told = [got.headers for got in fake.received]
    assert len({headers["Topic"] for headers in told}) == 3
    assert all(len(headers["Topic"]) <= 32 and headers["Topic"] not in set(PushKind) for headers in told)
    for headers in told:
        assert {**headers, "Topic": "", "Authorization": ""} == {**told[0], "Topic": "", "Authorization": ""}
    await call(Push(fake.guard()), siti, PushKind.MENTION)
    assert fake.received[-1].headers["Topic"] == told[0]["Topic"]  # so that the later replaces the earlier


@pytest.mark.parametrize(
    ("status", "after", "outcome"),
    [
        (404, "", Gone()),
        (410, "", Gone()),
        (429, "120", Wait(timedelta(minutes=2))),
        (429, "", Wait(timedelta(minutes=1))),
        (429, "0", Wait(timedelta(seconds=5))),
        (503, "99999999999999", Wait(timedelta(hours=1))),
        (503, "Wed, 21 Oct 2015 07:28:00 GMT", Wait(timedelta(seconds=5))),
        (503, "sometime", Wait(timedelta(minutes=1))),
        (400, "", Refused(400)),
        (413, "", Refused(413)),
    ],
)
async def test_each_answer_has_its_meaning(fake: PushService, status: int, after: str, outcome: Outcome) -> None:
    fake.answers.append(web.Response(status=status, headers={"Retry-After": after} if after else {}))
    assert await call(Push(fake.guard()), fake.browser()) == outcome


async def test_a_redirect_is_not_followed(fake: PushService) -> None:
    fake.answers.append(web.Response(status=307, headers={"Location": f"{fake.origin}/inside"}))
    assert await call(Push(fake.guard()), fake.browser()) == Refused(307)
    assert fake.elsewhere == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
        "192.0.2.1", "198.18.0.1", "240.0.0.1", "kamar", "",
    ],
)  # fmt: skip
def test_an_address_in_the_house_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "142.250.4.188", "2404:6800:4003:c00::bc", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.com/a", "https://push.example.com:8443/a", "https://127.0.0.1/a", "https://[::1]/a",
        "https://2130706433/a", "https://0x7f.1/a", "https://127.1/a", "https://localhost/a", "https://kamar/a",
        "https://user:pass@push.example.com/a", "https://push.example.com\\@127.0.0.1/a", "https://push.example.com/a#b",
        "https://push.example.com/a b", "https://push.example.com/a\r\nX: y", "https://push.exämple.com/", "ftp://a.b/",
        "https://push.example.com:x/", "https://[::1", "https:///a", "", "https://push.example.com/" + "a" * 1000,
        "https://10.0.0.1.", "https://push..example.com/", "https://-push.example.com/",
    ],
)  # fmt: skip
def test_what_is_no_push_address_is_refused(endpoint: str) -> None:
    with pytest.raises(KamarError, match="push_endpoint"):
        service(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dEf:APA91b-x_y",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB",
        "https://wns2-sg2p.notify.windows.com/w/?token=BQYAAA%3d%3d",
        "https://web.push.apple.com:443/QGuQyavXutnMH",
    ],
)
def test_the_push_services_of_browsers_are_known_by_their_form(endpoint: str) -> None:
    assert service(endpoint).count(".") > 1


async def test_a_name_that_leads_into_the_house_is_never_called(fake: PushService) -> None:
    for found in (["127.0.0.1"], ["93.184.215.14", "127.0.0.1"]):
        guard = replace(fake.guard(), resolve=_answering(found), public=is_public)
        assert await call(Push(guard), fake.browser()) == Gone()
    assert fake.received == []
    assert fake.elsewhere == []


async def test_the_address_that_was_checked_is_the_one_that_is_called(fake: PushService) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])  # the name server changes its mind after the check

    async def turning(host: str, port: int) -> Sequence[str]:
        return next(answers)

    guard = replace(fake.guard(), resolve=turning)
    assert await call(Push(guard), fake.browser()) == Delivered()
    assert next(answers) == ["127.0.0.2"]  # asked once only


async def test_a_name_without_an_address_is_tried_again(fake: PushService) -> None:
    with pytest.raises(KamarError, match="push_unreachable"):
        await call(Push(replace(fake.guard(), resolve=_answering([]))), fake.browser())


async def test_a_service_with_another_certificate_hears_nothing(fake: PushService) -> None:
    guard = replace(fake.guard(), tls=ssl.create_default_context())
    with pytest.raises(KamarError, match="push_unreachable"):
        await call(Push(guard), fake.browser())
    assert fake.received == []


async def test_a_service_that_does_not_answer_is_left_in_time(
    fake: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "TOTAL_SECONDS", 0.05)

    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(KamarError, match="push_unreachable"):
        await call(Push(replace(fake.guard(), resolve=never)), fake.browser())


async def test_a_running_server_has_the_strict_guard() -> None:
    strict = Guard()
    assert (strict.resolve, strict.public, strict.port) == (resolve, is_public, 443)
    assert strict.tls.verify_mode is ssl.CERT_REQUIRED
    assert strict.tls.check_hostname
    assert await resolve("localhost", 443)
    with pytest.raises(KamarError, match="push_endpoint"):
        await strict.address(f"https://{NAME}:8443/")


def _answering(addresses: list[str]) -> Resolve:
    async def answer(host: str, port: int) -> Sequence[str]:
        return addresses

    return answer
