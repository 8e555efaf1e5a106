"""Letters and requests in both databases: each counts once, whoever comes at the same moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from kamar.ids import EventId, MemberId, NodePath, RoomId, UserId
from kamar.membership import Office
from kamar.recovery import KEPT, LETTER_LASTS, LETTER_TRIES, MEET_LASTS, OFFICER_WAITS, Stage, door
from kamar.structure import RoomKey, RoomKind
from kamar_store import appservice, recovery, recovery_request, seating
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.appservice import Arrival
from kamar_store.recovery_request import Found
from kamar_store.store import Store
from kamar_store.tables import outbox, recovery_letter
from kamar_store.tables import recovery_request as requests

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VILLAGE = NodePath("32.16.19.2005")
RT = NodePath(f"{VILLAGE}/RW005/RT003")
SERVER = "kamar.test"


@dataclass
class Street:
    """Four neighbours in one registry."""

    store: Store
    dewi: MemberId
    siti: MemberId
    budi: MemberId
    ujang: MemberId

    async def asked(self, now: datetime = NOW) -> Found:
        """Begin a request of Dewi's."""
        async with self.store.write() as db:
            await recovery_request.begin(db, "phone", "first", "Dewi", now)
        return await self.found()

    async def found(self) -> Found:
        """Return the request as it stands."""
        async with self.store.read() as db:
            found = await recovery_request.find(db, "phone")
        assert found
        return found

    async def first(self, witness: MemberId, now: datetime = NOW) -> bool:
        """Let a coordinator confirm."""
        found = await self.found()
        async with self.store.write() as db:
            return await recovery_request.first_confirmed(db, found, self.dewi, witness, "second", now)

    async def second(self, witness: MemberId, now: datetime = NOW, *, officer: bool = False) -> bool:
        """Let a neighbour confirm."""
        found = await self.found()
        async with self.store.write() as db:
            opens = door(now, officer=officer)
            return await recovery_request.second_confirmed(db, found, witness, "spent", opens, now)

    async def use(self, now: datetime) -> UserId | None:
        """Use the request up."""
        found = await self.found()
        async with self.store.write() as db:
            return await recovery_request.use(db, found, now)


@pytest.fixture
async def street(empty: Store) -> Street:
    numbers = []
    async with empty.write() as db:
        for name in ("Dewi", "Siti", "Budi", "Ujang"):
            user = UserId(f"@{name.lower()}:{SERVER}")
            numbers.append(await members.create(db, user, name, RT, None, None, NOW, vouched=True))
    return Street(empty, *numbers)


@pytest.mark.parametrize("step", ["first", "second", "use"])
async def test_of_many_at_once_one_counts(street: Street, step: str) -> None:
    await street.asked()
    if step == "first":
        work = [street.first(who) for who in (street.siti, street.budi, street.ujang)]
    else:
        await street.first(street.siti)
        if step == "second":
            work = [street.second(who) for who in (street.budi, street.ujang, street.budi)]
        else:
            await street.second(street.budi)
            work = [street.use(NOW) for _ in range(3)]
    assert [bool(done) for done in await asyncio.gather(*work)].count(True) == 1


@pytest.mark.parametrize("who", ["siti", "dewi"])
async def test_the_database_itself_wants_three_people(street: Street, who: str) -> None:
    await street.asked()
    await street.first(street.siti)
    assert not await street.second(getattr(street, who))
    assert await street.use(NOW) is None


async def test_the_neighbour_can_not_come_first(street: Street) -> None:
    await street.asked()
    assert not await street.second(street.budi)
    assert await street.use(NOW) is None


async def test_a_qr_is_good_for_its_own_step_only(street: Street) -> None:
    await street.asked()
    for scan, confirm in (("first", street.first(street.siti)), ("second", street.second(street.budi))):
        async with street.store.read() as db:
            assert await recovery_request.scanned(db, scan, NOW) is not None
        assert await confirm
        async with street.store.read() as db:
            assert await recovery_request.scanned(db, scan, NOW) is None


async def test_an_officers_request_opens_a_day_later_for_half_an_hour(street: Street) -> None:
    await street.asked()
    await street.first(street.siti)
    await street.second(street.budi, officer=True)
    day = NOW + OFFICER_WAITS
    assert await street.use(day - timedelta(seconds=1)) is None
    assert (await street.found()).request.stage(day - timedelta(seconds=1)) is Stage.WAITING
    assert await street.use(day + MEET_LASTS) is None
    assert await street.use(day) == f"@dewi:{SERVER}"
    assert await street.use(day) is None


async def test_what_is_cancelled_is_over_for_every_step(street: Street) -> None:
    await street.asked()
    await street.first(street.siti)
    async with street.store.write() as db:
        assert await recovery_request.against(db, street.dewi, NOW) is not None
        assert not await recovery_request.cancel(db, street.budi, NOW)
        assert await recovery_request.cancel(db, street.dewi, NOW)
        assert await recovery_request.against(db, street.dewi, NOW) is None
    assert not await street.second(street.budi)
    assert await street.use(NOW) is None


async def test_only_people_below_the_coordinators_nodes_are_found(street: Street) -> None:
    async with street.store.read() as db:
        for nodes, names in (
            ([RT], ["Dewi"]),
            ([VILLAGE], ["Dewi"]),
            ([NodePath(f"{VILLAGE}/RW005/RT001")], []),
            ([], []),
        ):
            found = await recovery_request.candidates(db, nodes, "dewi", SERVER)
            assert [one.display_name for one in found] == names
        found = await recovery_request.candidates(db, [RT], "%", SERVER)
        assert found == []


async def test_sharing_a_kamar_means_two_seats_where_people_talk(street: Street) -> None:
    async with street.store.write() as db:
        keys = [RoomKey(RT, RoomKind.OBROLAN), RoomKey(VILLAGE, RoomKind.SIARAN)]
        await seating.want_rooms(db, keys, NOW)
        rooms = {room.key.kind: room for room in await seating.rooms_at(db, [RT, VILLAGE])}
        for number, kind in enumerate(rooms):
            await seating.opened(db, rooms[kind], RoomId(f"!{number}:{SERVER}"), NOW)
        for who, kinds in ((street.dewi, rooms), (street.siti, rooms), (street.budi, [RoomKind.SIARAN])):
            numbers = [rooms[kind].id for kind in kinds]
            await seating.want_seats(db, who, numbers, NOW)
            await seating.seated(db, who, numbers, NOW)
        assert await recovery_request.share_kamar(db, street.siti, street.dewi)
        assert not await recovery_request.share_kamar(db, street.budi, street.dewi)
        assert not await recovery_request.share_kamar(db, street.ujang, street.dewi)


async def test_an_officer_is_who_holds_a_mandate_now_or_administers(street: Street) -> None:
    async with street.store.write() as db:
        await mandates.appoint(db, street.siti, RT, Office.KOORDINATOR, "SK", NOW)
        await members.make_admin(db, street.budi)
        officers = [
            await recovery_request.is_officer(db, who, NOW)
            for who in (street.dewi, street.siti, street.budi, street.ujang)
        ]
        assert officers == [False, True, True, False]
        assert not await recovery_request.is_officer(db, street.siti, NOW - timedelta(days=1))


async def test_what_is_over_is_forgotten_in_its_time(street: Street) -> None:
    await street.asked()
    async with street.store.write() as db:
        await recovery_request.begin(db, "other", "scan", "Orang", NOW)
        await recovery.post_letter(db, "letter", street.dewi, "recover", NOW)
    await street.first(street.siti)
    for after, left in ((MEET_LASTS + timedelta(seconds=1), [""]), (KEPT + timedelta(days=1), [])):
        async with street.store.write() as db:
            await recovery_request.forget_expired(db, NOW + after)
            await recovery.forget_expired(db, NOW + after)
            assert list((await db.execute(select(requests.c.typed))).scalars()) == left
            assert (await db.execute(select(recovery_letter))).all() == []


async def test_a_letter_has_five_tries_however_fast_they_come(street: Street) -> None:
    async with street.store.write() as db:
        await recovery.post_letter(db, "letter", street.dewi, "recover", NOW)

    async def guess() -> bool:
        async with street.store.write() as db:
            return await recovery.try_letter(db, "letter", "recover", NOW) is not None

    tries = await asyncio.gather(*(guess() for _ in range(LETTER_TRIES + 5)))
    assert tries.count(True) == LETTER_TRIES


async def test_a_letter_serves_its_own_purpose_in_its_time(street: Street) -> None:
    async with street.store.write() as db:
        await recovery.post_letter(db, "letter", street.dewi, "verify", NOW)
        assert await recovery.try_letter(db, "letter", "recover", NOW) is None
        assert await recovery.try_letter(db, "letter", "verify", NOW + LETTER_LASTS) is None
        assert await recovery.try_letter(db, "another", "verify", NOW) is None
        letter = await recovery.try_letter(db, "letter", "verify", NOW)
        assert letter is not None
        assert await recovery.is_open(db, letter.id, NOW)
        assert not await recovery.is_open(db, letter.id, NOW + LETTER_LASTS)
        assert await recovery.use_letter(db, letter, NOW)
        assert not await recovery.use_letter(db, letter, NOW)
        rows = (await db.execute(select(outbox.c.payload).where(outbox.c.kind == "mail"))).scalars().all()
        assert [set(row) for row in rows] == [{"member", "template", "letter"}]


async def test_talks_with_the_bot_are_found_and_official_rooms_are_not(street: Street) -> None:
    user = UserId(f"@dewi:{SERVER}")
    async with street.store.write() as db:
        await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], NOW)
        [room] = await seating.rooms_at(db, [RT])
        await seating.opened(db, room, RoomId("!rt:kamar.test"), NOW)
        for number, name in enumerate(["!old:kamar.test", "!rt:kamar.test", "!new:kamar.test", "!new:kamar.test"]):
            arrival = Arrival(EventId(f"${number}"), RoomId(name), user, "m.room.message", {})
            await appservice.keep(db, [arrival], NOW + timedelta(minutes=number))
        assert await recovery.talks(db, user) == ["!new:kamar.test", "!old:kamar.test"]
        assert await recovery.talks(db, f"@siti:{SERVER}") == []
