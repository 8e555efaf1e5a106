"""Measures on both databases: from the decision to the answer, and a log that nobody can change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from kamar.errors import KamarError
from kamar.ids import NodePath, RoomId, UserId
from kamar.membership import Office
from kamar.organisation import profile
from kamar.peace import Appeal, MeasureKind, Step
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import peace, peace_appeal, peace_measure, peace_rule, seating
from kamar_store.member import Member
from kamar_store.peace_measure import Measure, Wish
from kamar_store.store import Db, Store
from kamar_store.tables import mandate, measure_log, outbox

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RW = NodePath("32.16.19.2005/RW005")
RT = NodePath(f"{RW}/RT003")
PORTAL = "http://portal.test"


async def person(db: Db, name: str, node: NodePath | None = None, *, admin: bool = False) -> Member:
    user = UserId(f"@{name.lower()}:kamar.test")
    number = await members.create(db, user, name, RT, None, None, NOW, admin=admin)
    if node is not None:
        await mandates.appoint(db, number, node, Office.KOORDINATOR, "SK", NOW - DAY)
    found = await members.by_id(db, number)
    assert found is not None
    return found


async def mute(db: Db, rude: Member, by: Member, kind: MeasureKind = MeasureKind.MUTE) -> Measure:
    await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], NOW)
    (room,) = await seating.rooms_at(db, [RT])
    await seating.opened(db, room, RoomId("!rt"), NOW)
    wish = Wish(kind, room, rude.id, 3 * DAY, "berkata kasar")
    return await peace_measure.take(db, profile(), by, wish, NOW, PORTAL)


async def test_a_measure_goes_from_decision_to_answer(empty: Store) -> None:
    async with empty.write() as db:
        rude, budi = await person(db, "Rudi"), await person(db, "Budi", RT)
        wati = await person(db, "Wati", RW)
        taken = await mute(db, rude, budi)
        assert taken.room is not None
        assert [each.id for each in await peace_measure.in_room(db, taken.room, NOW + DAY)] == [taken.id]
        assert await peace_measure.in_room(db, taken.room, NOW + 3 * DAY) == []
        await peace_appeal.appeal(db, profile(), taken.id, rude, "saya minta maaf", NOW, PORTAL)
        with pytest.raises(KamarError, match="appeal_twice"):
            await peace_appeal.appeal(db, profile(), taken.id, rude, "saya minta maaf", NOW, PORTAL)
        with pytest.raises(KamarError, match="report_unknown"):
            await peace_appeal.decide(db, profile(), taken.id, budi, "tetap begitu", NOW, lifted=False)
        await peace_appeal.decide(db, profile(), taken.id, wati, "sudah cukup", NOW, lifted=True)
        with pytest.raises(KamarError, match="report_closed"):
            await peace_appeal.decide(db, profile(), taken.id, wati, "tidak jadi", NOW, lifted=False)
        found = await peace_measure.get(db, taken.id)
        assert found is not None
        assert (found.appeal, found.answer, found.holds(NOW)) == (Appeal.LIFTED, "sudah cukup", False)
        assert await peace_measure.in_room(db, taken.room, NOW) == []
        steps = [line.what for line in await peace_measure.logged(db, taken.id)]
        assert steps == [Step.TAKEN, Step.TOLD, Step.APPEALED, Step.LIFTED]


async def test_its_end_is_ordered_when_it_begins(empty: Store) -> None:
    async with empty.write() as db:
        taken = await mute(db, await person(db, "Rudi"), await person(db, "Budi", RT))
        found = await db.execute(select(outbox.c.due_at).where(outbox.c.key == f"measure:{taken.id}:end"))
        assert found.scalar_one() == NOW + 3 * DAY


async def test_the_only_administrator_does_not_judge_himself(empty: Store) -> None:
    async with empty.write() as db:
        rude, admin = await person(db, "Rudi"), await person(db, "Admin", admin=True)
        taken = await mute(db, rude, admin)
        await peace_appeal.appeal(db, profile(), taken.id, rude, "saya minta maaf", NOW, PORTAL)
        found = await peace_measure.get(db, taken.id)
        assert found is not None
        assert await peace_appeal.appeal_judges(db, profile(), found, NOW) == ()
        assert await peace_appeal.appeals_for(db, profile(), admin.id, [], NOW) == []


async def test_an_appeal_goes_above_the_office_in_which_the_measure_was_taken_though_that_has_ended(
    empty: Store,
) -> None:
    async with empty.write() as db:
        rude, wati = await person(db, "Rudi"), await person(db, "Wati", RW)
        await person(db, "Budi", RT)
        village = await person(db, "Desi", NodePath("32.16.19.2005"))
        taken = await mute(db, rude, wati)
        await db.execute(update(mandate).where(mandate.c.member == wati.id).values(ends_at=NOW + DAY))
        await person(db, "Tono", RW)
        assert await peace_appeal.appeal_judges(db, profile(), taken, NOW + 2 * DAY) == (village.id,)


@pytest.mark.parametrize("verb", ["update", "delete"])
async def test_the_log_only_grows(verb: str, empty: Store) -> None:
    async with empty.write() as db:
        await db.execute(insert(measure_log).values(measure=1, what="taken", actor=1, at=NOW))
    change = update(measure_log).values(what="kept") if verb == "update" else delete(measure_log)
    with pytest.raises(DBAPIError, match="only grows"):
        async with empty.write() as db:
            await db.execute(change)


@pytest.mark.parametrize(
    ("kind", "later", "found"),
    [("device", timedelta(0), True), ("device", 3 * DAY, False), ("phone", timedelta(0), False)],
    ids=["in force", "over", "another kind"],
)
async def test_a_ban_is_known_by_its_keys_while_it_lasts(
    kind: str, later: timedelta, found: bool, empty: Store
) -> None:
    async with empty.write() as db:
        rude, wati = await person(db, "Rudi"), await person(db, "Wati", RW)
        await peace_rule.note_key(db, rude.id, "device", "a" * 64, NOW)
        taken = await mute(db, rude, wati, MeasureKind.BAN)
        await peace_rule.ban_keys(db, taken.id, rude.id)
        await peace_rule.ban_keys(db, taken.id, rude.id)  # repeated by a job
        assert bool(await peace_rule.bans_with(db, [(kind, "a" * 64)], NOW + later)) is found
        assert await peace_measure.is_banned(db, rude.id, NOW + later) is (later < 3 * DAY)


async def test_a_case_is_listed_for_its_judge(empty: Store) -> None:
    async with empty.write() as db:
        rude, siti, budi = await person(db, "Rudi"), await person(db, "Siti"), await person(db, "Budi", RT)
        await mute(db, rude, budi)
        (room,) = await seating.rooms_at(db, [RT])
        said = peace.Said(room, rude.id, "$rude", "kamu bodoh")
        number = await peace.write(db, profile(), said, siti.id, "", NOW, PORTAL)
        assert await peace.write(db, profile(), said, siti.id, "", NOW, PORTAL) == number
        assert [case.id for case in await peace.open_for(db, profile(), budi.id, [RT], NOW)] == [number]
        assert await peace.open_for(db, profile(), siti.id, [], NOW) == []
        assert await peace.open_for(db, profile(), rude.id, [], NOW) == []
