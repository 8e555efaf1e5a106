"""Accounts: made by the portal or by a stock client with a code, named by nobody but us."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from kamar.account import ENCRYPTED
from kamar.referral import new_code
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration


REGISTER = "/_matrix/client/v3/register"


def fresh_code() -> str:
    """Return a code that no test has used."""
    return new_code("K2", random.SystemRandom())


async def register_stock(url: str, code: str, *, address: str, username: str = "budi.santoso") -> Mapping[str, Any]:
    """Register as a stock client does: ask for the stages, then pass them one by one."""
    headers = {"X-Forwarded-For": address, "X-Forwarded-Proto": "https"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        wish = {"username": username}
        session = (await client.post(REGISTER, json=wish)).json()["session"]
        token = {"type": "m.login.registration_token", "token": code, "session": session}
        answer = await client.post(REGISTER, json={**wish, "auth": token})
        if answer.status_code == 401 and "errcode" not in answer.json():
            dummy = {"type": "m.login.dummy", "session": session}
            answer = await client.post(REGISTER, json={**wish, "password": "sangat rahasia 123", "auth": dummy})
        return {"status": answer.status_code, **answer.json()}


async def test_the_same_sign_up_may_register_again_and_another_may_not(module: KamarModule, pool: Homeserver) -> None:
    person = await make_person(module, "Siti")
    localpart = person.user_id[1:].split(":", 1)[0]
    again = await module.register(localpart, "kata sandi baru", "Siti Aminah", key=f"signup-{localpart}")
    assert again.user_id == person.user_id
    assert again.device_id != person.session.device_id
    session = await Matrix(pool).login_password(person.user_id, "kata sandi baru", "portal")
    assert session.user_id == person.user_id
    with pytest.raises(MatrixError) as refused:
        await module.register(localpart, "kata sandi lain", "Siti", key="another sign-up")
    assert (refused.value.status, refused.value.errcode) == (409, "M_USER_IN_USE")


async def test_one_sign_up_sent_many_times_at_once_makes_one_account(
    homeserver: SynapseServer, module: KamarModule
) -> None:
    before = homeserver.log.read_text()
    sessions = await asyncio.gather(
        *(module.register("samaakun22", "kata sandi kita", "Siti", key="one") for _ in range(12))
    )
    assert {session.user_id for session in sessions} == {"@samaakun22:kamar.test"}
    assert len({session.device_id for session in sessions}) == 12
    # Synapse gives a transaction up that met others on its rows five times: ours meet nobody.
    fights = re.findall(r"\{(\w+)-\w+\} could not serialize", homeserver.log.read_text().removeprefix(before))
    assert not set(fights) & {"kamar_reserve", "user_set_password_hash", "set_profile_field"}


async def test_an_account_may_have_no_password(module: KamarModule, pool: Homeserver) -> None:
    session = await module.register("tanpasandi", None, "Siti", key="one")
    assert await Matrix(pool, session.access_token).whoami() == session.user_id


@pytest.mark.parametrize("localpart", ["kamar", "kamar-lain", "Budi.Santoso", "a2", "0812345678", "budi santoso"])
async def test_a_local_part_that_says_something_is_refused(localpart: str, module: KamarModule) -> None:
    with pytest.raises(MatrixError):
        await module.register(localpart, "kata sandi kita", "Budi", key="one")


async def test_the_bots_second_account_is_an_ordinary_one_that_no_limit_holds_up(
    homeserver: SynapseServer, module: KamarModule
) -> None:
    session = await module.register(ENCRYPTED, None, "Kamar (terenkripsi)", key="one")
    assert session.user_id == "@kamar-aman:kamar.test"
    assert [bool(admin) for (admin,) in homeserver.sql("SELECT admin FROM users WHERE name = ?", session.user_id)] == [
        False
    ]
    async with Homeserver(homeserver.url, patience=0) as impatient:
        bot = Matrix(impatient, session.access_token)
        room = await bot.create_room({})
        for number in range(40):  # rc_message lets 30 through at once
            await bot.send(room, "m.room.message", {"msgtype": "m.notice", "body": "halo"}, str(number))
    with pytest.raises(MatrixError) as refused:
        await module.register(ENCRYPTED, None, "Kamar", key="another")
    assert refused.value.errcode == "M_USER_IN_USE"


async def test_a_stock_client_with_a_code_gets_a_nameless_account_without_rooms(
    homeserver: SynapseServer, module: KamarModule, worker_pool: Homeserver
) -> None:
    code = fresh_code()
    await module.open_code(code)
    answer = await register_stock(homeserver.worker_url, code, address="10.1.0.1")
    assert answer["status"] == 200
    assert re.fullmatch(r"@[a-z2-7]{8}:kamar\.test", answer["user_id"])
    account = await module.account(answer["user_id"])
    assert (account.exists, account.code) == (True, code)
    assert not await Matrix(worker_pool, answer["access_token"]).joined_rooms()


async def test_nobody_registers_without_a_code(homeserver: SynapseServer) -> None:
    async with httpx.AsyncClient(base_url=homeserver.worker_url, timeout=60) as client:
        wish = {"username": "budi", "password": "sangat rahasia 123"}
        asked = (await client.post(REGISTER, json=wish)).json()
        assert all("m.login.registration_token" in flow["stages"] for flow in asked["flows"])
        dummy = {"type": "m.login.dummy", "session": asked["session"]}
        assert (await client.post(REGISTER, json={**wish, "auth": dummy})).status_code == 401
        assert (await client.post(REGISTER, params={"kind": "guest"}, json={})).status_code == 403


async def test_a_revoked_code_registers_nobody_not_even_who_had_begun(
    homeserver: SynapseServer, module: KamarModule
) -> None:
    code = fresh_code()
    await module.open_code(code)
    await module.open_code(code)
    headers = {"X-Forwarded-For": "10.1.0.2", "X-Forwarded-Proto": "https"}
    async with httpx.AsyncClient(base_url=homeserver.worker_url, headers=headers, timeout=60) as client:
        wish = {"username": "budi", "password": "sangat rahasia 123"}
        session = (await client.post(REGISTER, json=wish)).json()["session"]
        token = {"type": "m.login.registration_token", "token": code, "session": session}
        assert "errcode" not in (await client.post(REGISTER, json={**wish, "auth": token})).json()
        await module.revoke_code(code)
        await module.revoke_code(code)
        begun = await client.post(REGISTER, json={**wish, "auth": {"type": "m.login.dummy", "session": session}})
    assert begun.status_code >= 400
    answer = await register_stock(homeserver.worker_url, code, address="10.1.0.2")
    assert (answer["status"], answer["errcode"]) == (401, "M_UNAUTHORIZED")


async def test_a_guesser_of_codes_is_stopped_and_his_neighbour_is_not(
    homeserver: SynapseServer, module: KamarModule
) -> None:
    answers = [await register_stock(homeserver.worker_url, fresh_code(), address="10.1.0.3") for _ in range(8)]
    assert [answer["errcode"] for answer in answers[:5]] == ["M_UNAUTHORIZED"] * 5
    assert {answer["errcode"] for answer in answers[6:]} == {"M_LIMIT_EXCEEDED"}
    code = fresh_code()
    await module.open_code(code)
    assert (await register_stock(homeserver.worker_url, code, address="10.1.0.4"))["status"] == 200


async def test_a_guesser_of_codes_is_stopped_at_the_validity_endpoint(homeserver: SynapseServer) -> None:
    path = "/_matrix/client/v1/register/m.login.registration_token/validity"
    headers = {"X-Forwarded-For": "10.1.0.5", "X-Forwarded-Proto": "https"}
    async with httpx.AsyncClient(base_url=homeserver.worker_url, headers=headers) as client:
        codes = [(await client.get(path, params={"token": fresh_code()})).status_code for _ in range(8)]
    assert codes[0] == 200
    assert codes[-1] == 429


async def test_a_guesser_of_passwords_is_stopped(module: KamarModule, worker_pool: Homeserver) -> None:
    person = await make_person(module, password="kata sandi kita")
    impatient = Homeserver(worker_pool.url, patience=0)
    async with impatient:
        found = []
        for guess in range(8):
            with pytest.raises(MatrixError) as refused:
                await Matrix(impatient).login_password(person.user_id, f"tebakan {guess}", "x")
            found.append(refused.value.errcode)
    assert found[0] == "M_FORBIDDEN"
    assert found[-1] == "M_LIMIT_EXCEEDED"


async def test_a_member_cannot_change_the_own_name_in_any_way(
    module: KamarModule, kamar: Matrix, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    person = await make_person(module, "Siti")
    await module.seat(person.user_id, village.space, village.rooms)
    me = person.at(worker_pool)
    profile = f"/_matrix/client/v3/profile/{person.user_id}/displayname"
    token = person.session.access_token
    with pytest.raises(MatrixError):
        await worker_pool.request("PUT", profile, token=token, body={"displayname": "Ketua RT"})
    with pytest.raises(MatrixError):
        await worker_pool.request("DELETE", profile, token=token)
    for body in ({"displayname": "Ketua RT"}, {"org.kamar.x": "Ketua RT"}):  # the profile as a whole, and by parts
        for version in ("v3", "unstable/uk.tcpip.msc4133"):
            path = f"/_matrix/client/{version}/profile/{person.user_id}"
            for method in ("PUT", "PATCH", "POST"):
                with pytest.raises(MatrixError):
                    await worker_pool.request(method, path, token=token, body=body)
    member = {"membership": "join", "displayname": "Ketua RT"}
    await me.put_state(village.rt, "m.room.member", member, person.user_id)
    room = f"/_matrix/client/v3/rooms/{village.rt}"
    await worker_pool.request("POST", f"{room}/join", token=token, body={"displayname": "Ketua RT"})
    with pytest.raises(MatrixError):  # nor through the field by itself, by its newer address
        await worker_pool.request(
            "PUT",
            f"/_matrix/client/unstable/uk.tcpip.msc4133/profile/{person.user_id}/displayname",
            token=token,
            body={"displayname": "Ketua RT"},
        )
    assert (await kamar.joined_members(village.rt))[person.user_id] == "Siti"


async def test_kamar_changes_a_name_and_the_rooms_show_it(module: KamarModule, kamar: Matrix) -> None:
    village = await open_village(kamar)
    person = await make_person(module, "Siti")
    await module.seat(person.user_id, village.space, village.rooms)
    await module.set_display_name(person.user_id, "Siti Aminah")
    for _ in range(200):
        name = (await kamar.joined_members(village.rt))[person.user_id]
        if name == "Siti Aminah":
            break
        await asyncio.sleep(0.05)
    assert name == "Siti Aminah"


@pytest.mark.parametrize("logout", [True, False])
async def test_a_new_password_may_end_every_device(logout: bool, module: KamarModule, pool: Homeserver) -> None:
    person = await make_person(module)
    await module.set_password(person.user_id, "kata sandi baru", logout=logout)
    await Matrix(pool).login_password(person.user_id, "kata sandi baru", "portal")
    if logout:
        with pytest.raises(MatrixError, match="M_UNKNOWN_TOKEN"):
            await person.at(pool).whoami()
    else:
        assert await person.at(pool).whoami() == person.user_id


async def test_a_closed_account_loses_its_seats_and_stays_closed(module: KamarModule, kamar: Matrix) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    await module.seat(person.user_id, village.space, village.rooms)
    await module.deactivate(person.user_id)
    await module.deactivate(person.user_id)
    assert not (await module.account(person.user_id)).exists
    assert not (await module.seats(person.user_id)).rooms
    localpart = person.user_id[1:].split(":", 1)[0]
    with pytest.raises(MatrixError, match="M_USER_IN_USE"):
        await module.register(localpart, "kata sandi lain", "Siti", key=f"signup-{localpart}")


async def test_a_member_opens_the_chat_without_typing_as_often_as_he_likes(
    module: KamarModule, worker_pool: Homeserver
) -> None:
    person = await make_person(module)
    through_worker = KamarModule(worker_pool, "")
    for _ in range(3):
        token = await through_worker.login_token(person.session.access_token)
        session = await Matrix(worker_pool).login_with_token(token.token, "chat")
        assert session.user_id == person.user_id


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "register"),
        ("GET", "account/@a:kamar.test"),
        ("PUT", "displayname"),
        ("PUT", "password"),
        ("POST", "deactivate"),
        ("PUT", "code"),
        ("GET", "seats/@a:kamar.test"),
        ("GET", "room/key"),
        ("POST", "shut"),
        ("GET", "missed"),
    ],
)
async def test_a_member_may_not_ask_what_only_kamar_may(
    method: str, path: str, module: KamarModule, worker_pool: Homeserver
) -> None:
    person = await make_person(module)
    body = None if method == "GET" else {"user_id": person.user_id}
    with pytest.raises(MatrixError) as refused:
        await worker_pool.request(
            method, f"/_synapse/client/kamar/v1/{path}", token=person.session.access_token, body=body
        )
    assert (refused.value.status, refused.value.errcode) == (403, "M_FORBIDDEN")


async def test_logs_hold_no_code_token_or_password(homeserver: SynapseServer, module: KamarModule) -> None:
    code = fresh_code()
    await module.open_code(code)
    await register_stock(homeserver.worker_url, code, address="10.1.0.9")
    person = await make_person(module, password="kata sandi kita")
    await module.revoke_code(code)
    log = homeserver.log.read_text()
    for secret in (code, "kata sandi kita", person.session.access_token, "sangat rahasia 123", homeserver.as_token):
        assert secret not in log


async def test_kamar_has_a_name_that_rooms_show(module: KamarModule, kamar: Matrix) -> None:
    me = await kamar.whoami()
    await module.set_display_name(me, "Kamar")
    village = await open_village(kamar)
    assert (await kamar.joined_members(village.rt))[me] == "Kamar"


async def test_logging_out_everywhere_ends_every_device_and_keeps_the_password(
    module: KamarModule, pool: Homeserver
) -> None:
    person = await make_person(module, "Siti")
    other = await make_person(module, "Budi")
    localpart = person.user_id[1:].split(":", 1)[0]
    second = await module.register(localpart, "kata sandi kita", "Siti", key=f"signup-{localpart}")
    await module.logout_all(person.user_id)
    for token in (person.session.access_token, second.access_token):
        with pytest.raises(MatrixError) as refused:
            await Matrix(pool, token).whoami()
        assert refused.value.errcode == "M_UNKNOWN_TOKEN"
    assert await Matrix(pool, other.session.access_token).whoami() == other.user_id
    assert (await Matrix(pool).login_password(person.user_id, "kata sandi kita", "portal")).user_id == person.user_id


async def test_only_kamar_logs_others_out_and_never_itself(
    homeserver: SynapseServer, module: KamarModule, pool: Homeserver
) -> None:
    person = await make_person(module, "Siti")
    path = "/_synapse/client/kamar/v1/logout_all"
    with pytest.raises(MatrixError) as refused:
        await pool.request("POST", path, token=person.session.access_token, body={"user_id": person.user_id})
    assert refused.value.status == 403
    with pytest.raises(MatrixError) as refused:
        await module.logout_all(homeserver.settings.bot)
    assert refused.value.status == 403
