"""What a plain member learns about people he shares no kamar with, asked with raw HTTP: nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from kamar.ids import NodePath
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import Person, make_person, open_room, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration

NAME = "Ibu Rahasia"


async def ask(url: str, who: Person, method: str, path: str, body: Any = None) -> httpx.Response:
    """Ask as a plain client does."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"Bearer {who.session.access_token}"}
        return await client.request(method, f"/_matrix/client/v3/{path}", headers=headers, json=body)


@pytest.mark.parametrize("shared", [True, False], ids=["of one kamar", "strangers"])
async def test_profiles_and_direct_messages_are_for_people_of_one_kamar(
    shared: bool, homeserver: SynapseServer, kamar: Matrix, module: KamarModule
) -> None:
    village, other = await open_village(kamar), await open_village(kamar)
    me, her = await make_person(module), await make_person(module, NAME)
    await module.seat(me.user_id, village.space, village.rooms)
    home = village if shared else other
    await module.seat(her.user_id, None, [home.rt])
    for url in dict.fromkeys((homeserver.url, homeserver.worker_url)):
        profile = await ask(url, me, "GET", f"profile/{her.user_id}")
        assert (NAME in profile.text, profile.status_code == 200) == (shared, shared)
        talk = {"invite": [her.user_id], "is_direct": True, "preset": "trusted_private_chat"}
        made = await ask(url, me, "POST", "createRoom", talk)
        if not shared:
            assert (made.status_code, made.json()["id.sosialkamar.code"]) == (403, "invite_stranger")
            continue
        room = made.json()["room_id"]
        told = (await ask(url, her, "GET", "sync?timeout=0")).json()["rooms"]
        assert room in told["invite"]  # she is asked, not taken in
        assert room not in told.get("join", {})


async def test_sharing_a_space_is_not_knowing_each_other(
    homeserver: SynapseServer, kamar: Matrix, module: KamarModule
) -> None:
    village = await open_village(kamar)
    me, her = await make_person(module), await make_person(module, NAME)
    await module.seat(me.user_id, village.space, [village.rt])
    await module.seat(her.user_id, village.space, [village.obrolan])
    made = await ask(homeserver.url, me, "POST", "createRoom", {"invite": [her.user_id]})
    assert made.status_code == 403


async def test_nobody_is_found_by_searching(homeserver: SynapseServer, kamar: Matrix, module: KamarModule) -> None:
    village = await open_village(kamar)
    me, her = await make_person(module), await make_person(module, NAME)
    for person in (me, her):
        await module.seat(person.user_id, village.space, village.rooms)
    found = await ask(homeserver.url, me, "POST", "user_directory/search", {"search_term": "Ibu"})
    assert NAME not in found.text
    await ask(homeserver.url, her, "PUT", f"presence/{her.user_id}/status", {"presence": "online"})
    await ask(homeserver.url, her, "GET", "sync?timeout=0&set_presence=online")
    seen = await ask(homeserver.url, me, "GET", f"presence/{her.user_id}/status")
    assert seen.json().get("presence", "offline") == "offline"
    assert "last_active_ago" not in seen.text
    own = (await ask(homeserver.url, me, "POST", "createRoom", {"name": NAME})).json()["room_id"]
    wish = await ask(homeserver.url, me, "PUT", f"directory/list/room/{own}", {"visibility": "public"})
    listed = await ask(homeserver.url, me, "GET", "publicRooms")
    assert (wish.status_code, listed.json()["chunk"]) == (403, [])


@pytest.mark.parametrize("by", ["nobody", "another server"])
async def test_no_profile_is_told_without_a_login_or_over_federation(
    by: str, homeserver: SynapseServer, module: KamarModule
) -> None:
    her = await make_person(module, NAME)
    profile = f"/_matrix/client/v3/profile/{her.user_id}"
    path = profile if by == "nobody" else f"/_matrix/federation/v1/query/profile?user_id={her.user_id}"
    for url in dict.fromkeys((homeserver.url, homeserver.worker_url)):
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            answer = await client.get(path)
            assert (await client.get("/_matrix/client/versions")).status_code == 200
        assert NAME not in answer.text
        errcode = "M_MISSING_TOKEN" if by == "nobody" else "M_UNRECOGNIZED"
        assert (answer.status_code, answer.json()["errcode"]) == (401 if by == "nobody" else 404, errcode)


async def test_a_newcomer_enters_an_rt_room_without_its_space(
    homeserver: SynapseServer, kamar: Matrix, module: KamarModule
) -> None:
    village = await open_village(kamar)
    newcomer, her = await make_person(module), await make_person(module, NAME)
    await module.seat(her.user_id, village.space, [village.obrolan])
    first = await module.seat(newcomer.user_id, None, [village.rt])
    assert (list(first.joined), first.failed) == ([village.rt], {})
    count = "SELECT COUNT(*) FROM room_memberships WHERE user_id = ?"
    written = homeserver.sql(count, newcomer.user_id)
    assert await module.seat(newcomer.user_id, None, [village.rt]) == first
    assert homeserver.sql(count, newcomer.user_id) == written
    for what in ("members", "joined_members", "state", "messages?dir=b"):
        for room in (village.space, village.obrolan):
            assert NAME not in (await ask(homeserver.url, newcomer, "GET", f"rooms/{room}/{what}")).text
    await module.seat(newcomer.user_id, village.space, village.rooms)
    assert NAME in (await ask(homeserver.url, newcomer, "GET", f"rooms/{village.space}/members")).text


async def test_the_events_with_a_name_are_told_to_kamar_alone(
    homeserver: SynapseServer, kamar: Matrix, module: KamarModule
) -> None:
    perintis = await open_room(kamar, RoomKey(NodePath("32.16.21"), RoomKind.PERINTIS), None)
    person = await make_person(module, NAME)
    await module.seat(person.user_id, None, [perintis])
    assert len(await module.named(perintis, person.user_id)) == 1  # the invitation; the join is in force
    await module.seat(person.user_id, None, [], leave=[perintis])
    assert len(await module.named(perintis, person.user_id)) == 3
    async with httpx.AsyncClient(base_url=homeserver.url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {person.session.access_token}"}
        asked = {"room_id": perintis, "member": person.user_id}
        refused = await client.get("/_synapse/client/kamar/v1/named", params=asked, headers=headers)
    assert refused.status_code == 403
