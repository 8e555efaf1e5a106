"""What the bot asks for after it was away."""

from __future__ import annotations

import pytest

from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from tests.modules.village import make_person, open_village

pytestmark = pytest.mark.integration


async def test_only_what_speaks_to_the_bot_is_told_in_its_order(
    kamar: Matrix, module: KamarModule, worker_pool: Homeserver
) -> None:
    village = await open_village(kamar)
    person = await make_person(module)
    await module.seat(person.user_id, village.space, village.rooms)
    me, text = person.at(worker_pool), {"msgtype": "m.text"}
    private = await me.create_room({})
    start = (await module.missed(None)).next
    first = await me.send(village.rt, "m.room.message", {**text, "body": "!bantuan"}, "1")
    await me.send(village.rt, "m.room.message", {**text, "body": "halo!"}, "2")
    await me.send(private, "m.room.message", {**text, "body": "!rahasia"}, "3")
    question = await kamar.send(village.rt, "m.room.message", {**text, "body": "!kamar"}, "4")
    relates = {"rel_type": "m.annotation", "key": "1️⃣"}
    await me.send(village.rt, "m.reaction", {"m.relates_to": {**relates, "event_id": first}}, "5")
    second = await me.send(village.rt, "m.reaction", {"m.relates_to": {**relates, "event_id": question}}, "6")
    await me.leave(village.rt)
    missed = await module.missed(start)
    left = missed.events[-1]
    assert [(event.event_id, event.room_id) for event in missed.events[:-1]] == [
        (first, village.rt),
        (second, village.rt),
    ]
    assert (await kamar.get_event(left.room_id, left.event_id)).content["membership"] == "leave"
    assert not (await module.missed(missed.next)).events


async def test_every_word_of_a_direct_talk_is_told(kamar: Matrix, module: KamarModule, worker_pool: Homeserver) -> None:
    me = (await make_person(module)).at(worker_pool)
    talk = await me.create_room({"invite": [await kamar.whoami()], "is_direct": True})
    await kamar.join(talk)
    start = (await module.missed(None)).next
    word = await me.send(talk, "m.room.message", {"msgtype": "m.text", "body": "masuk"}, "1")
    assert [event.event_id for event in (await module.missed(start)).events] == [word]


async def test_asking_from_now_tells_a_position_and_nothing_else(module: KamarModule) -> None:
    now = await module.missed(None)
    assert not now.events
    assert (await module.missed(now.next)).next >= now.next


@pytest.mark.parametrize("after", ["", "-1", "kemarin"])
async def test_a_position_that_is_none_is_refused(after: str, kamar: Matrix) -> None:
    with pytest.raises(MatrixError) as refused:
        await kamar.homeserver.request(
            "GET", "/_synapse/client/kamar/v1/missed", token=kamar._token, params={"after": after}
        )
    assert refused.value.status == 400
