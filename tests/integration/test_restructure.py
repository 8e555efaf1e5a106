"""Restructurings on a real server whose jobs are killed at random requests: nobody and no power is lost."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from kamar.ids import RoomId, UserId
from kamar.restructure import PlanState
from kamar.settings import Rooms, Server, Settings
from kamar.structure import RoomKind
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_store import restructure, seating
from tests.integration.town import VILLAGES, Town, now
from tests.servers.branch import Branch, branch

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SEED = 20261121
PLANS = int(os.environ.get("KAMAR_RESTRUCTURINGS", "12"))  # more by hand: docs/restructure.md
LOOK_EVERY = 20  # plans, after which everything is compared
RATE = 0.01  # of requests that kill
FIRST, SECOND = VILLAGES
RW1, RW2 = f"{FIRST}/RW001", f"{FIRST}/RW002"
MERGE = f"judul Gabung\npindah {RW2}/RT001 -> {RW2}/RT003\ngabung {RW2} -> {RW1}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    rooms = Rooms(version="12", open_at_rt=1, open_at_rw=1, open_at_kelurahan=1, open_at_perintis=1)
    settings = Settings(server=Server(name="kamar.test"), rooms=rooms)
    with branch(tmp_path_factory.mktemp("branch"), serve=False, settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
async def town(server: Branch) -> AsyncIterator[Town]:
    made = Town(server, server.site(), random.Random(SEED))
    await made.settle()
    made.start_jobs()
    await made.until_idle()
    assert await made.differences() == []
    yield made
    made.stop_jobs()
    await made.site.store.close()


async def says(town: Town, name: str, room: str, text: str) -> str:
    """Let a member say something; return Matrix's word where he may not."""
    async with Homeserver(town.server.homeserver.url) as homeserver:
        try:
            content = {"msgtype": "m.text", "body": text}
            await Matrix(homeserver, town.tokens[name]).send(RoomId(room), "m.room.message", content, text)
        except MatrixError as error:
            return error.errcode
    return ""


async def undo(town: Town, number: int) -> None:
    async with town.site.store.write() as db:
        await restructure.undo(db, town.site.organisation, None, number, now())
    assert await town.until_over(number) is PlanState.UNDONE
    await town.until_idle()


async def test_a_merged_room_is_read_on_leads_on_and_comes_back_when_undone(town: Town) -> None:
    old, into, space = await town.room_of(RW2), await town.room_of(RW1), await town.room_of(FIRST, RoomKind.SPACE)
    (name, *_others) = await town.living(f"{RW2}/RT001")
    inside = town.joined(old)
    number = await town.restructure(MERGE)
    await town.until_over(number)
    await town.until_idle()
    assert await town.differences() == []
    assert town.joined(old) == inside  # its people read on
    assert inside <= town.joined(into)
    assert await says(town, name, old, "masih ada orang?") == "M_FORBIDDEN"
    assert await says(town, name, into, "halo semua") == ""
    assert town.state(old, "m.room.tombstone")["replacement_room"] == into
    async with Homeserver(town.server.homeserver.url) as homeserver:
        kamar = Matrix(homeserver, town.server.homeserver.as_token)
        alias = f"#kamar-{RW2.lower().replace('/', '-')}:kamar.test"
        assert await kamar.resolve_alias(alias) == into
        assert await kamar.get_state(RoomId(space), "m.space.child", old) == {}
        await undo(town, number)
        assert await kamar.resolve_alias(alias) == old
        assert await kamar.get_state(RoomId(old), "m.room.tombstone") == {}
        assert (await kamar.get_state(RoomId(space), "m.space.child", old))["via"] == ["kamar.test"]
    assert await says(town, name, old, "kami kembali") == ""
    assert await town.differences() == []


async def test_who_left_by_himself_is_not_brought_back(town: Town) -> None:
    home = f"{RW1}/RT001"
    (name, *_others) = await town.living(home)
    user, room = UserId(f"@{name}:kamar.test"), await town.room_of(home)
    async with Homeserver(town.server.homeserver.url) as homeserver:
        await Matrix(homeserver, town.tokens[name]).leave(RoomId(room))
    async with town.site.store.write() as db:  # as the bot does when it hears of it
        await seating.left(db, user, RoomId(room), now() + timedelta(seconds=1))
    moved = await town.restructure(f"pindah {home} -> {RW1}/RT004")
    await town.until_over(moved)
    merged = await town.restructure(f"gabung {RW1}/RT004 -> {RW1}/RT002")
    await town.until_over(merged)
    await town.until_idle()
    into = await town.room_of(f"{RW1}/RT002")
    assert user not in town.joined(room) | town.joined(into)
    await undo(town, merged)
    await undo(town, moved)
    assert user not in town.joined(room)
    assert await town.differences() == []


async def test_a_closed_account_keeps_no_power_and_holds_nothing_up(town: Town) -> None:
    home = f"{SECOND}/RW001/RT001"
    (name, *_others) = await town.living(home)
    user = UserId(f"@{name}:kamar.test")
    given = await town.restructure(f"pengurus {home} koordinator {name} SK {now().date()}")
    await town.until_over(given)
    await town.until_idle()
    room = await town.room_of(home)
    assert town.state(room, "m.room.power_levels")["users"] == {user: 50}
    async with Homeserver(town.server.homeserver.url) as homeserver:
        await KamarModule(homeserver, town.server.homeserver.as_token).deactivate(user)
    town.closed.add(user)
    await town.until_over(await town.restructure(f"pindah {home} -> {SECOND}/RW001/RT005"))
    await town.until_idle()
    assert town.state(room, "m.room.power_levels")["users"] == {}
    assert await town.differences() == []
    town.people.pop(name)


async def test_synapse_down_in_the_middle_is_waited_for(town: Town) -> None:
    before = await town.room_of(f"{SECOND}/RW002/RT001")
    town.server.homeserver.kill()
    number = await town.restructure(f"pindah {SECOND}/RW002 -> {SECOND}/RW003")
    assert await town.until_over(number) is PlanState.APPLIED  # the registry decides
    town.server.homeserver.start()
    await town.until_idle()
    assert await town.room_of(f"{SECOND}/RW003/RT001") == before
    assert town.state(before, "m.room.name")["name"] == "Kamar RT 001/RW 003 Serang"
    assert await town.differences() == []


async def test_a_place_that_is_opened_again_gets_a_room_of_its_own(town: Town) -> None:
    old, new = f"{RW1}/RT002", f"{RW1}/RT005"
    await town.until_over(await town.restructure(f"pindah {old} -> {new}"))
    await town.until_over(await town.restructure(f"buat {old}"))
    await town.move_home((await town.living(new))[0], old)
    await town.until_idle()
    assert await town.room_of(old) != await town.room_of(new)
    assert await town.differences() == []


async def test_random_restructurings_with_power_cuts_end_as_the_rules_say(town: Town) -> None:
    town.stop_jobs()
    town.rate = RATE
    done: list[str] = []
    for number in range(PLANS):
        done.append(await town.at_random())
        if number % LOOK_EVERY == LOOK_EVERY - 1 or number == PLANS - 1:
            await town.until_idle()
            assert await town.differences() == [], "\n".join(done[-LOOK_EVERY:])
            print(f"{number + 1} restructurings, {town.deaths} deaths", flush=True)
    assert town.deaths > 0
