"""The jobs of peace against a real Synapse: each measure is felt, ends, and is undone when lifted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from uuid import uuid4

import pytest
from sqlalchemy import update

from kamar.ids import EventId, NodePath, RoomId
from kamar.membership import Office
from kamar.organisation import profile
from kamar.peace import MeasureKind
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_provisioning.jobs import Desk, drain
from kamar_provisioning.power import appoint
from kamar_store import member as members
from kamar_store import peace_appeal, peace_measure, peace_rule, referral, seating
from kamar_store.peace_measure import Measure, Step, Wish
from kamar_store.peace_rule import RoomRule
from kamar_store.site import Site
from kamar_store.tables import measure, outbox
from tests.bots.neighbours import Neighbour, desk, neighbours
from tests.servers.branch import Branch, branch

pytestmark = pytest.mark.integration

HOMES = iter([NodePath(f"32.16.19.2005/RW0{number:02d}/RT001") for number in range(1, 60)])
DAY = timedelta(days=1)
PNG = b"\x89PNG\r\n\x1a\n"
PORTAL = "http://portal.test"


@dataclass(frozen=True)
class Street:
    """An RT with a coordinator, one of the RW above, and a neighbour who is rude."""

    room: RoomId
    rude: Neighbour
    koordinator: Neighbour
    above: Neighbour
    other: Neighbour


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with branch(tmp_path_factory.mktemp("peace"), serve=False) as made:
        yield made


@pytest.fixture
async def site(server: Branch) -> AsyncIterator[Site]:
    found = server.site()
    yield found
    await found.store.close()


@pytest.fixture
async def at(server: Branch, site: Site) -> AsyncIterator[Desk]:
    async with Homeserver(server.homeserver.url) as homeserver:
        yield desk(site, homeserver, server.homeserver.as_token)


@pytest.fixture
async def street(at: Desk) -> Street:
    home = next(HOMES)
    room, (rude, koordinator, above, other, _fifth) = await neighbours(
        at, home, ["Rudi", "Siti", "Wati", "Tono", "Eko"]
    )
    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        await appoint(db, koordinator.number, home, Office.KOORDINATOR, "SK", now)
        await appoint(db, above.number, NodePath(home.rpartition("/")[0]), Office.KOORDINATOR, "SK", now)
    await drain(at)
    return Street(room, rude, koordinator, above, other)


async def decide(at: Desk, street: Street, by: Neighbour, kind: MeasureKind, event: EventId | None = None) -> Measure:
    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        room = await seating.room_by_id(db, street.room)
        who = await members.by_id(db, by.number)
        assert room is not None
        assert who is not None
        lasts = timedelta(0) if kind is MeasureKind.HIDE else DAY
        wish = Wish(kind, room, street.rude.number, lasts, "berkata kasar", event_id=event)
        taken = await peace_measure.take(db, profile(), who, wish, now, PORTAL)
    await drain(at)
    return taken


async def lift(at: Desk, street: Street, taken: Measure, by: Neighbour) -> None:
    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        rude, judge = await members.by_id(db, street.rude.number), await members.by_id(db, by.number)
        assert rude is not None
        assert judge is not None
        await peace_appeal.appeal(db, profile(), taken.id, rude, "saya minta maaf", now, PORTAL)
        await peace_appeal.decide(db, profile(), taken.id, judge, "diterima", now, lifted=True)
    await drain(at)


async def let_time_pass(at: Desk, taken: Measure) -> None:
    """Let a measure end now."""
    now = datetime.now(UTC)
    async with at.site.store.write() as db:
        await db.execute(update(measure).where(measure.c.id == taken.id).values(ends_at=now))
        await db.execute(update(outbox).where(outbox.c.key == f"measure:{taken.id}:end").values(due_at=now))
    await drain(at)


async def say(who: Neighbour, room: RoomId, body: str = "halo") -> EventId:
    return await who.matrix.send(room, "m.room.message", {"msgtype": "m.text", "body": body}, uuid4().hex)


async def refused(who: Neighbour, room: RoomId) -> str:
    with pytest.raises(MatrixError) as error:
        await say(who, room)
    return str(error.value.detail["error"])


async def told(at: Desk, who: Neighbour) -> list[str]:
    """Return what the bot said to somebody alone, newest first, in the one direct talk there is."""
    async with at.site.store.read() as db:
        room = await peace_rule.direct_of(db, who.user)
    if room is None:
        return []
    await who.matrix.join(room)
    events = (await who.matrix.messages(room)).events
    return [str(event.content["body"]) for event in events if event.type == "m.room.message"]


@pytest.mark.parametrize("ending", ["lifted", "over"])
async def test_who_is_muted_is_told_alone_and_writes_again_when_it_is(ending: str, at: Desk, street: Street) -> None:
    taken = await decide(at, street, street.koordinator, MeasureKind.MUTE)
    assert "dibisukan" in await refused(street.rude, street.room)
    first = (await told(at, street.rude))[0].split("\n")
    assert first[0].startswith("Anda tidak dapat menulis di Kamar RT 001/RW ")
    assert first[1] == "Alasan: berkata kasar"
    assert f"{PORTAL}/tentang-saya/tindakan" in first[2]
    if ending == "lifted":
        await lift(at, street, taken, street.above)
    else:
        await let_time_pass(at, taken)
    await say(street.rude, street.room)
    assert len(await told(at, street.rude)) == 2
    async with at.site.store.read() as db:
        steps = [line.what for line in await peace_measure.logged(db, taken.id)]
    middle = [Step.APPEALED, Step.LIFTED] if ending == "lifted" else [Step.ENDED]
    assert steps == [Step.TAKEN, Step.TOLD, *middle]


@pytest.mark.parametrize("ending", ["lifted", "over"])
async def test_who_is_taken_out_cannot_come_back_until_it_ends(ending: str, at: Desk, street: Street) -> None:
    taken = await decide(at, street, street.koordinator, MeasureKind.REMOVE)
    assert street.room not in await street.rude.matrix.joined_rooms()
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await street.rude.matrix.join(street.room)
    await seat_again(at, street.rude)
    assert street.room not in await street.rude.matrix.joined_rooms()
    if ending == "lifted":
        await lift(at, street, taken, street.above)
    else:
        await let_time_pass(at, taken)
    assert street.room in await street.rude.matrix.joined_rooms()


async def test_a_ban_holds_in_every_room_and_its_end_brings_the_seats_back(at: Desk, street: Street) -> None:
    before = set(await street.rude.matrix.joined_rooms())
    async with at.site.store.write() as db:
        code = await referral.ensure_own(db, street.rude.number, "K2", SystemRandom(), datetime.now(UTC))
    taken = await decide(at, street, street.above, MeasureKind.BAN)
    async with at.site.store.read() as db:
        assert (await referral.find(db, code)).revoked_at is not None
    rooms = set(await street.rude.matrix.joined_rooms())
    assert before & rooms == set()
    member = await at.matrix.get_state(street.room, "m.room.member", street.rude.user)
    assert member["membership"] == "ban"
    await seat_again(at, street.rude)
    assert before & set(await street.rude.matrix.joined_rooms()) == set()
    await let_time_pass(at, taken)
    assert before <= set(await street.rude.matrix.joined_rooms())


async def seat_again(at: Desk, who: Neighbour) -> None:
    from kamar_store import outbox as box

    async with at.site.store.write() as db:
        key = f"seat:{uuid4().hex}"
        await box.put(db, "seat", key, {"member": who.number}, datetime.now(UTC), lane=f"member:{who.number}")
    await drain(at)


async def test_a_removed_picture_is_gone_and_does_not_come_back_until_the_appeal_is_granted(
    at: Desk, street: Street
) -> None:
    picture = PNG + uuid4().bytes
    address = await street.rude.matrix.upload(picture, "image/png", "a.png")
    content = {"msgtype": "m.image", "body": "a.png", "url": address}
    event = await street.rude.matrix.send(street.room, "m.room.message", content, uuid4().hex)
    taken = await decide(at, street, street.koordinator, MeasureKind.HIDE, event)
    assert "url" not in (await street.other.matrix.get_event(street.room, event)).content
    with pytest.raises(MatrixError, match="M_FORBIDDEN"):
        await street.other.matrix.upload(picture, "image/png", "b.png")
    await lift(at, street, taken, street.above)
    await street.other.matrix.upload(picture, "image/png", "b.png")


async def test_rules_of_a_room_are_felt_at_once_and_officers_are_not_slowed(at: Desk, street: Street) -> None:
    async with at.site.store.write() as db:
        room = await seating.room_by_id(db, street.room)
        assert room is not None
        await peace_rule.set_rule(db, room.id, RoomRule(("togel*",)), street.koordinator.number, datetime.now(UTC))
    await drain(at)
    with pytest.raises(MatrixError) as error:
        await say(street.rude, street.room, "main togelan yuk")
    assert "togel" in str(error.value.detail["error"])

    async with at.site.store.write() as db:
        koordinator = await members.by_id(db, street.koordinator.number)
        assert koordinator is not None
        wish = Wish(MeasureKind.SLOW, room, None, DAY, "terlalu ramai", amount=60)
        await peace_measure.take(db, profile(), koordinator, wish, datetime.now(UTC), PORTAL)
    await drain(at)
    await say(street.rude, street.room)
    assert "satu pesan tiap 60 detik" in await refused(street.rude, street.room)
    for _ in range(3):
        await say(street.koordinator, street.room)
    bodies = [str(event.content.get("body")) for event in (await street.other.matrix.messages(street.room)).events]
    assert any(body.startswith("Kamar ini dilambatkan sampai") for body in bodies)


async def test_jobs_that_are_repeated_say_nothing_twice(at: Desk, street: Street) -> None:
    taken = await decide(at, street, street.koordinator, MeasureKind.MUTE)
    async with at.site.store.write() as db:
        again = update(outbox).where(outbox.c.key.like(f"measure:{taken.id}:%")).values(state="ready")
        await db.execute(again.where(~outbox.c.key.like("%:end")))
    async with at.site.store.write() as db:
        payload = {"measure": taken.id, "moment": "begin"}
        await db.execute(update(outbox).where(outbox.c.key == f"measure:{taken.id}:begin").values(payload=payload))
    await drain(at)
    assert len(await told(at, street.rude)) == 1
