"""What a real Synapse refuses before it is stored, through every process that members can reach."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kamar.ids import EventId, RoomId
from kamar.peace_message import Flood, RoomRules, rules_to_json
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import Person, Village, make_person, open_village
from tests.servers.synapse import SynapseServer

pytestmark = pytest.mark.integration

NIK = "3216191203900001"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def village(kamar: Matrix) -> Village:
    return await open_village(kamar)


@pytest.fixture
async def siti(module: KamarModule, village: Village) -> Person:
    person = await make_person(module)
    await module.seat(person.user_id, village.space, village.rooms)
    return person


def text(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body}


async def say(who: Matrix, room: RoomId, content: Mapping[str, Any], kind: str = "m.room.message") -> EventId:
    return await who.send(room, kind, content, uuid4().hex)


async def refused(who: Matrix, room: RoomId, content: Mapping[str, Any], kind: str = "m.room.message") -> str:
    """Return the words with which a message is refused."""
    with pytest.raises(MatrixError) as error:
        await say(who, room, content, kind)
    assert (error.value.status, error.value.errcode) == (403, "M_FORBIDDEN")
    return str(error.value.detail["error"])


def in_a_minute() -> int:
    return int(time.time() * 1000) + 60_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (text(f"NIK saya {NIK}"), "memuat NIK"),
        (text("3216 1912 0390 0001"), "memuat NIK"),
        ({"msgtype": "m.image", "body": NIK, "filename": "a.jpg", "url": "mxc://kamar.test/a"}, "memuat NIK"),
        ({"msgtype": "m.image", "body": "foto_KTP.jpg", "url": "mxc://kamar.test/a"}, "Foto KTP"),
        (
            {"msgtype": "m.image", "body": "a.jpg", "url": "mxc://kamar.test/a", "id.sosialkamar.flag": "ktp"},
            "Foto KTP",
        ),
        (text("Transfer ke 1234567890123456 ya"), None),
        ({"msgtype": "m.image", "body": "got.jpg", "url": "mxc://kamar.test/a"}, None),
    ],
    ids=["NIK", "spaced", "caption", "name of a file", "flagged", "another number", "another photo"],
)
async def test_identities_are_refused_before_they_are_stored(
    content: dict[str, Any],
    words: str | None,
    homeserver: SynapseServer,
    pool: Homeserver,
    worker_pool: Homeserver,
    village: Village,
    siti: Person,
) -> None:
    for way in (pool, worker_pool):
        if words is None:
            await say(siti.at(way), village.rt, content)
        else:
            assert words in await refused(siti.at(way), village.rt, content)
    if words is not None:
        assert (
            homeserver.sql("SELECT 1 FROM event_json WHERE room_id = ? AND json LIKE ?", village.rt, f"%{NIK}%") == []
        )


async def test_a_nik_is_refused_in_a_direct_talk_too_and_in_a_corrected_message(
    worker_pool: Homeserver, module: KamarModule, siti: Person
) -> None:
    room = await siti.at(worker_pool).create_room({"is_direct": True})
    first = await say(siti.at(worker_pool), room, text("halo"))
    edit = {**text("* x"), "m.new_content": text(NIK), "m.relates_to": {"rel_type": "m.replace", "event_id": first}}
    assert "memuat NIK" in await refused(siti.at(worker_pool), room, edit)


async def test_an_encrypted_message_cannot_be_looked_into(
    worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    content = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": NIK, "session_id": "x"}
    await say(siti.at(worker_pool), village.rt, content, "m.room.encrypted")


async def test_a_muted_member_can_only_report_and_writes_again_when_it_ends(
    module: KamarModule, pool: Homeserver, worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    event = await say(siti.at(pool), village.rt, text("halo"))
    await say(siti.at(worker_pool), village.rt, text("halo"))
    await module.set_rules(village.rt, rules_to_json(RoomRules(muted={siti.user_id: in_a_minute()})))
    for way in (pool, worker_pool):
        await until_refused(siti.at(way), village.rt)
        assert "dibisukan" in await refused(siti.at(way), village.rt, text("lagi"))
        thumb = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": "👍"}}
        assert "dibisukan" in await refused(siti.at(way), village.rt, thumb, "m.reaction")
    flag = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": "🚩"}}
    await say(siti.at(worker_pool), village.rt, flag, "m.reaction")
    await say(siti.at(worker_pool), village.obrolan, text("di kamar lain boleh"))
    await module.set_rules(village.rt, rules_to_json(RoomRules(muted={siti.user_id: int(time.time() * 1000) - 1})))
    await until_said(siti.at(worker_pool), village.rt)


async def until_refused(who: Matrix, room: RoomId) -> None:
    """Wait until a process has heard that rules changed: the word comes through Redis."""
    async with asyncio.timeout(20):
        while True:
            try:
                await say(who, room, text("sudah?"))
            except MatrixError:
                return
            await asyncio.sleep(0.1)


async def until_said(who: Matrix, room: RoomId) -> None:
    """Wait until a process lets a message pass."""
    async with asyncio.timeout(20):
        while True:
            try:
                await say(who, room, text("halo lagi"))
            except MatrixError:
                await asyncio.sleep(0.1)
            else:
                return


async def test_slow_mode_holds_members_up_across_processes_and_officers_not(
    module: KamarModule, pool: Homeserver, worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    officer = await make_person(module)
    await module.seat(officer.user_id, village.space, village.rooms)
    rules = RoomRules(slow_seconds=30, slow_until=in_a_minute(), officers=frozenset({officer.user_id}))
    await module.set_rules(village.rt, rules_to_json(rules))
    await say(siti.at(pool), village.rt, text("satu"))
    assert "satu pesan tiap 30 detik" in await refused(siti.at(worker_pool), village.rt, text("dua"))
    assert "satu pesan tiap 30 detik" in await refused(siti.at(pool), village.rt, text("dua"))
    for number in range(3):
        await say(officer.at(pool), village.rt, text(str(number)))


async def test_a_flood_is_held_up(module: KamarModule, worker_pool: Homeserver, village: Village, siti: Person) -> None:
    await module.set_rules(village.rt, rules_to_json(RoomRules(flood=Flood(3, 60))))
    for number in range(3):
        await say(siti.at(worker_pool), village.rt, text(str(number)))
    assert "Terlalu banyak pesan" in await refused(siti.at(worker_pool), village.rt, text("4"))
    await say(siti.at(worker_pool), village.obrolan, text("kamar lain punya hitungan sendiri"))


async def test_unwanted_words_are_refused_however_they_are_dressed(
    module: KamarModule, worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    await module.set_rules(village.rt, rules_to_json(RoomRules(words=("anjing",))))
    assert "anjing" in await refused(siti.at(worker_pool), village.rt, text("dasar ANJ1IIING"))
    await say(siti.at(worker_pool), village.rt, text("selamat pagi"))


async def test_a_new_member_only_writes_where_the_room_wants_that(
    module: KamarModule, worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    await module.set_rules(village.rt, rules_to_json(RoomRules(text_only_hours=24)))
    photo = {"msgtype": "m.image", "body": "got.jpg", "url": "mxc://kamar.test/a"}
    assert "hanya menulis dulu" in await refused(siti.at(worker_pool), village.rt, photo)
    await say(siti.at(worker_pool), village.rt, text("halo"))


async def test_a_flag_that_synapse_did_not_push_is_found_again(
    module: KamarModule, worker_pool: Homeserver, village: Village, siti: Person
) -> None:
    position = (await module.missed(None)).next
    event = await say(siti.at(worker_pool), village.rt, text("kasar"))
    for key in ("👍", "🚩"):
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        flag = await say(siti.at(worker_pool), village.rt, {"m.relates_to": relation}, "m.reaction")
    async with asyncio.timeout(20):  # the worker's events reach the main process through Redis
        while not (found := (await module.missed(position)).events):
            await asyncio.sleep(0.1)
    assert [each.event_id for each in found] == [flag]


async def test_what_kamar_says_is_never_refused(module: KamarModule, kamar: Matrix, village: Village) -> None:
    await say(kamar, village.rt, text(NIK))


async def test_a_removed_picture_cannot_come_back_under_another_name(
    module: KamarModule, pool: Homeserver, siti: Person
) -> None:
    picture = PNG + uuid4().bytes
    digest = hashlib.sha256(picture).hexdigest()
    await siti.at(pool).upload(picture, "image/png", "a.png")
    await module.set_removed(digest, removed=True)
    with pytest.raises(MatrixError, match="M_FORBIDDEN") as error:
        await siti.at(pool).upload(picture, "image/png", "b.png")
    assert "pernah dihapus" in str(error.value.detail["error"])
    await module.set_removed(digest, removed=False)
    await siti.at(pool).upload(picture, "image/png", "b.png")


async def test_rules_that_cannot_be_read_let_messages_pass_and_the_health_says_so(
    homeserver: SynapseServer, module: KamarModule, pool: Homeserver, village: Village, siti: Person
) -> None:
    assert (await module.peace()).readable
    homeserver.sql("ALTER TABLE kamar_peace_rule RENAME TO kamar_peace_rule_away")
    try:
        await say(siti.at(pool), village.rt, text("halo"))
        assert "memuat NIK" in await refused(siti.at(pool), village.rt, text(NIK))
        assert not (await module.peace()).readable
    finally:
        homeserver.sql("ALTER TABLE kamar_peace_rule_away RENAME TO kamar_peace_rule")
    assert (await module.peace()).readable


async def test_rules_are_read_once_and_cost_a_message_no_query_afterwards(
    homeserver: SynapseServer, pool: Homeserver, village: Village, siti: Person
) -> None:
    await say(siti.at(pool), village.rt, text("halo"))
    before = await rule_reads(homeserver)
    assert before > 0
    for number in range(5):
        await say(siti.at(pool), village.rt, text(str(number)))
    assert await rule_reads(homeserver) == before


async def rule_reads(homeserver: SynapseServer) -> float:
    """Return how often the main process has read rules from its database."""
    async with httpx.AsyncClient(trust_env=False) as client:
        lines = (await client.get(homeserver.metrics_url)).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if "kamar_peace_rules" in line and "_count" in line)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "peace", None),
        ("PUT", "peace", {"room_id": "!x", "rules": {}}),
        ("PUT", "block", {"user_id": "@a:b", "other": "@c:d", "blocked": True}),
        ("PUT", "removed_media", {"sha256": "0" * 64, "removed": True}),
    ],
)
async def test_only_kamar_writes_rules(
    method: str, path: str, body: dict[str, Any] | None, worker_pool: Homeserver, siti: Person
) -> None:
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await worker_pool.request(
            method, f"/_synapse/client/kamar/v1/{path}", token=siti.session.access_token, body=body
        )


async def test_a_blocked_member_does_not_learn_it_and_is_not_seen(
    module: KamarModule, pool: Homeserver, worker_pool: Homeserver, siti: Person, village: Village
) -> None:
    rude = await make_person(module, "Rudi")
    await module.seat(rude.user_id, village.space, village.rooms)  # a stranger could not invite at all
    await module.set_block(siti.user_id, rude.user_id, blocked=True)
    room = await rude.at(worker_pool).create_room({"is_direct": True})
    await rude.at(worker_pool).invite(room, siti.user_id)  # taken, as one that nobody answers
    assert room not in (await invitations(pool, siti))
    own = await siti.at(worker_pool).create_room({"is_direct": True})
    with pytest.raises(MatrixError, match="M_FORBIDDEN") as error:
        await siti.at(worker_pool).invite(own, rude.user_id)
    assert "Anda blokir" in str(error.value.detail["error"])

    await module.set_block(siti.user_id, rude.user_id, blocked=False)
    again = await rude.at(worker_pool).create_room({"is_direct": True})
    await rude.at(worker_pool).invite(again, siti.user_id)
    assert again in await invitations(pool, siti)


async def test_whoever_emptied_the_list_of_ignored_people_is_still_not_invited(
    module: KamarModule, pool: Homeserver, siti: Person, village: Village
) -> None:
    rude = await make_person(module, "Rudi")
    await module.seat(rude.user_id, village.space, village.rooms)  # a stranger could not invite at all
    await module.set_block(siti.user_id, rude.user_id, blocked=True)
    path = f"/_matrix/client/v3/user/{siti.user_id}/account_data/m.ignored_user_list"
    await pool.request("PUT", path, token=siti.session.access_token, body={"ignored_users": {}})
    room = await rude.at(pool).create_room({"is_direct": True})
    with pytest.raises(MatrixError, match="M_FORBIDDEN") as error:
        await rude.at(pool).invite(room, siti.user_id)
    assert error.value.refusal == "invitation_unanswered"
    assert "blokir" not in str(error.value.detail["error"])


async def invitations(pool: Homeserver, who: Person) -> set[str]:
    answer = await pool.request("GET", "/_matrix/client/v3/sync", token=who.session.access_token)
    return set(answer.get("rooms", {}).get("invite", {}))
