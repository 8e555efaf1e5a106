"""Mandates on both databases: appointed by whom, felt when, logged for ever, and one seat for one person."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import MandateId, Status, status
from kamar.organisation import OfficeCode, Right
from kamar.policy import held_may
from kamar_store import mandate as mandates
from kamar_store import mandate_clock, mandate_log
from kamar_store.member import Member
from kamar_store.store import Db, Store
from kamar_store.tables import mandate, mandate_person, member, outbox
from kamar_store.tables import mandate_log as log_table
from tests.store.officers import (
    BEKASI,
    BENDAHARA,
    DAY,
    DESA,
    JABAR,
    KECAMATAN,
    KETUA,
    KOORDINATOR,
    NOW,
    PARTY,
    RT,
    SEKRETARIS,
    person,
    wanted,
)


async def appoint(db: Db, by: Member | None, *args: object, **more: object) -> MandateId:
    return await mandates.appoint_by(db, PARTY, by, wanted(*args, **more), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "node", "office", "place", "allowed"),
    [
        (KETUA, BEKASI, KOORDINATOR, RT, True),
        (SEKRETARIS, BEKASI, KOORDINATOR, RT, True),
        (BENDAHARA, BEKASI, KOORDINATOR, RT, False),
        (KETUA, NodePath("31.71"), KOORDINATOR, RT, False),
        (KETUA, JABAR, KETUA, BEKASI, True),
        (KETUA, BEKASI, KETUA, NodePath("32.17"), False),
        (KOORDINATOR, DESA, KOORDINATOR, RT, True),
    ],
)
async def test_only_the_right_office_above_appoints_and_dismisses(
    empty: Store, held: OfficeCode, node: NodePath, office: OfficeCode, place: NodePath, allowed: bool
) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", held, node), await person(db, "Budi")
        if allowed:
            number = await appoint(db, boss, budi, office, place)
            assert await mandates.held_by(db, budi.id, NOW) == [(place, office)]
            assert await mandates.dismiss_by(db, PARTY, boss, number, "pindah rumah", NOW)
            assert await mandates.held_by(db, budi.id, NOW) == []
            return
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await appoint(db, boss, budi, office, place)
        number = await appoint(db, None, budi, office, place)
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await mandates.dismiss_by(db, PARTY, boss, number, "", NOW)


async def test_where_nobody_stands_above_one_administrator_proposes_and_another_confirms(empty: Store) -> None:
    async with empty.write() as db:
        siti, tono = await person(db, "Siti", admin=True), await person(db, "Tono", admin=True)
        budi = await person(db, "Budi")
        number = await appoint(db, siti, budi, KETUA, JABAR)
        assert status(await mandates.get(db, number), NOW) is Status.PROPOSED
        assert await mandates.held_by(db, budi.id, NOW) == []
        with pytest.raises(KamarError, match="second_needed"):
            await appoint(db, siti, budi, KETUA, JABAR)
        assert await appoint(db, tono, budi, KETUA, JABAR) == number
        assert await mandates.held_by(db, budi.id, NOW) == [(JABAR, KETUA)]
        assert not await mandates.dismiss_by(db, PARTY, siti, number, "", NOW)
        with pytest.raises(KamarError, match="second_needed"):
            await mandates.dismiss_by(db, PARTY, siti, number, "", NOW)
        assert await mandates.held_by(db, budi.id, NOW) == [(JABAR, KETUA)]
        with pytest.raises(KamarError, match="appoint_not_allowed"):  # below stands somebody who may
            await appoint(db, siti, budi, KOORDINATOR, RT)
        assert await mandates.dismiss_by(db, PARTY, tono, number, "", NOW)
        assert await mandates.held_by(db, budi.id, NOW) == []


async def test_nobody_appoints_himself_and_everybody_may_lay_his_office_down(empty: Store) -> None:
    async with empty.write() as db:
        boss = await person(db, "Boss", KETUA)
        with pytest.raises(KamarError, match="appoint_self"):
            await appoint(db, boss, boss, SEKRETARIS, BEKASI)
        budi = await person(db, "Budi")
        number = await appoint(db, boss, budi)
        assert await mandates.dismiss_by(db, PARTY, budi, number, "sibuk", NOW)
        with pytest.raises(KamarError, match="mandate_over"):
            await mandates.dismiss_by(db, PARTY, boss, number, "", NOW)
        with pytest.raises(KamarError, match="mandate_unknown"):
            await mandates.dismiss_by(db, PARTY, boss, MandateId(9999), "", NOW)


async def test_a_successor_begins_when_the_other_ends_and_nobody_is_without_an_officer(empty: Store) -> None:
    end = NOW + 30 * DAY
    async with empty.write() as db:
        boss, old, new = await person(db, "Boss", KETUA, JABAR), await person(db, "Old"), await person(db, "New")
        await appoint(db, boss, old, KETUA, BEKASI, ends_at=end)
        with pytest.raises(KamarError, match="seat_taken"):
            await appoint(db, boss, new, KETUA, BEKASI, starts_at=end - DAY)
        await appoint(db, boss, new, KETUA, BEKASI, starts_at=end)
        for moment, holder in ((NOW, old), (end - timedelta(microseconds=1), old), (end, new)):
            assert [who.id for _, _, who in await mandates.officers(db, [BEKASI], moment)] == [holder.id]


async def test_who_holds_an_office_for_the_time_being_gives_way_to_who_is_appointed(empty: Store) -> None:
    async with empty.write() as db:
        boss, old, new = await person(db, "Boss", KETUA, JABAR), await person(db, "Old"), await person(db, "New")
        await appoint(db, boss, old, KETUA, BEKASI, acting=True)
        await appoint(db, boss, new, KETUA, BEKASI, starts_at=NOW + DAY)
        for moment, holder in ((NOW, old), (NOW + DAY, new)):
            assert [who.id for _, _, who in await mandates.officers(db, [BEKASI], moment)] == [holder.id]


async def test_two_at_once_appoint_to_one_seat_and_exactly_one_wins(empty: Store) -> None:
    async with empty.write() as db:
        bosses = [await person(db, "Ketua", KETUA, JABAR), await person(db, "Ketua2", KETUA, NodePath("ID"))]
        people = [await person(db, f"Warga{number}") for number in range(8)]

    async def one(number: int) -> str:
        try:
            async with empty.write() as db:
                await appoint(db, bosses[number % 2], people[number], KETUA, BEKASI)
        except KamarError as refused:
            return refused.code
        return "won"

    outcomes = await asyncio.gather(*(one(number) for number in range(8)))
    assert sorted(outcomes) == ["seat_taken"] * 7 + ["won"]
    async with empty.read() as db:
        assert len(await mandates.officers(db, [BEKASI], NOW)) == 1
        assert await mandate_log.first_broken(db) is None


async def test_many_at_once_write_one_chain_without_a_fork(empty: Store) -> None:
    places = [NodePath(f"{DESA}/RW{number:03}") for number in range(1, 13)]
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")

    async def one(place: NodePath) -> None:
        async with empty.write() as db:
            await appoint(db, boss, budi, KOORDINATOR, place)

    await asyncio.gather(*map(one, places))
    async with empty.read() as db:
        entries = [entry async for entry in mandate_log.entries(db)]
        assert [entry.seq for entry in entries] == list(range(1, 14))
        assert await mandate_log.first_broken(db) is None


async def test_the_log_only_grows_and_tells_what_was_changed_past_its_guard(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await mandates.dismiss_by(db, PARTY, boss, await appoint(db, boss, budi), "sering marah", NOW)
    for statement in (update(log_table).values(action="x"), delete(log_table)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with empty.write() as db:
                await db.execute(statement)
    async with empty.write() as db:
        guard = "mandate_log_append_only ON mandate_log" if empty.postgresql else "mandate_log_no_UPDATE"
        await db.execute(text(f"DROP TRIGGER {guard}"))
        await db.execute(update(log_table).where(log_table.c.seq == 2).values(payload="{}"))
        assert await mandate_log.first_broken(db) == 2


async def test_an_erased_member_is_nobody_in_the_log_and_the_chain_stays_whole(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await mandates.dismiss_by(db, PARTY, boss, await appoint(db, boss, budi), "sering marah", NOW)
        before = await mandate_log.pseudonym(db, budi.id)
        lines = [json.loads(entry.payload) async for entry in mandate_log.entries(db)]
        assert [line["member"] for line in lines[1:]] == [before, before]
        assert "sering marah" not in json.dumps(lines)
        assert "budi" not in json.dumps(lines).lower()
        await db.execute(delete(member).where(member.c.id == budi.id))
        kept = (await db.execute(select(mandate_person.c.member))).scalars().all()
        assert budi.id not in kept
        assert await mandate_log.first_broken(db) is None


async def test_starts_and_ends_are_felt_at_their_moment_also_when_the_clock_alone_remembers(empty: Store) -> None:
    starts, ends = NOW + timedelta(hours=2), NOW + 20 * DAY
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await appoint(db, boss, budi, starts_at=starts, ends_at=ends)
        assert await ordered(db) == [NOW, starts]
        await mandate_clock.look(db, PARTY, NOW + 19 * DAY)
        await mandate_clock.look(db, PARTY, NOW + 19 * DAY + timedelta(hours=1))
        assert (await ordered(db))[-1] == ends
        assert len(await ordered(db)) == 3


async def test_a_server_that_stood_still_for_weeks_orders_what_it_missed_once(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await mandate_clock.look(db, PARTY, NOW)
        await appoint(db, boss, budi, starts_at=NOW + 20 * DAY, ends_at=NOW + 40 * DAY)
        late = NOW + 90 * DAY
        for hour in range(3):
            await mandate_clock.look(db, PARTY, late + timedelta(hours=hour))
        assert await ordered(db) == [NOW, late, late]


async def ordered(db: Db) -> list[datetime]:
    asked = select(outbox.c.due_at, outbox.c.payload, outbox.c.lane).where(outbox.c.kind == "reconcile")
    rows = (await db.execute(asked.order_by(outbox.c.due_at))).all()
    assert all(row.lane is None for row in rows if row.due_at > NOW)  # an order that lies ahead holds nobody up
    return [row.due_at for row in rows if row.payload["node"] == RT]


async def test_holder_and_office_above_hear_of_the_end_a_month_and_a_week_before_once_each(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await appoint(db, boss, budi, ends_at=NOW + 60 * DAY)
        for day in (20, 30, 31, 53, 54, 60, 70):
            await mandate_clock.look(db, PARTY, NOW + day * DAY)
        asked = select(outbox.c.payload).where(outbox.c.kind == "tell").order_by(outbox.c.id)
        told = [(row.payload["member"], row.payload["text"]) for row in await db.execute(asked)]
    warned = [(who, "sebulan" in words) for who, words in told if "berakhir se" in words]
    assert sorted(warned) == sorted((who.id, month) for who in (boss, budi) for month in (True, False))


async def test_the_offices_of_who_leaves_end(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        number = await appoint(db, boss, budi)
        await db.execute(update(member).where(member.c.id == budi.id).values(left_at=NOW))
        assert await mandates.officers(db, [RT], NOW) == []
        await mandate_clock.look(db, PARTY, NOW + timedelta(hours=1))
        found = await mandates.get(db, number)
        assert status(found, NOW + timedelta(hours=1)) is Status.REVOKED


@pytest.mark.parametrize("right", [Right.MODERATE, Right.VERIFY, Right.APPOINT, Right.ANNOUNCE])
async def test_a_treasurer_has_no_right_but_to_count(empty: Store, right: Right) -> None:
    async with empty.write() as db:
        wati, boss = await person(db, "Wati", BENDAHARA), await person(db, "Boss", KETUA)
        assert not held_may(PARTY, await mandates.held(db, wati, NOW), right, RT)
        assert held_may(PARTY, await mandates.held(db, boss, NOW), right, RT)
        assert held_may(PARTY, await mandates.held(db, wati, NOW), Right.COUNT, RT)
        assert await mandates.where_may(db, PARTY, wati, right, NOW) == []


async def test_the_history_of_a_node_is_kept_newest_first(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi, wati = await person(db, "Boss", KETUA), await person(db, "Budi"), await person(db, "Wati")
        first = await appoint(db, boss, budi)
        await mandates.dismiss_by(db, PARTY, boss, first, "pindah", NOW + DAY)
        second = await appoint(db, boss, wati, starts_at=NOW + 2 * DAY)
        found = await mandates.at_node(db, RT, NOW)
        assert [each.id for each in found] == [second, first]
        assert found[1].reason == "pindah"
        assert found[0].appointed_by == boss.id
        assert found[0].appointed_at == BEKASI
        assert await mandates.at_node(db, KECAMATAN, NOW) == []
        assert (await db.execute(select(mandate.c.member).where(mandate.c.id == second))).scalar_one() == wati.id


async def test_what_does_not_fit_is_refused_and_writes_nothing(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        for more, code in (
            ({"starts_at": NOW - 2 * DAY}, "mandate_past"),
            ({"ends_at": NOW - 2 * DAY}, "mandate_order"),
            ({"office": OfficeCode("ketua-rt")}, "office_unknown"),
            ({"office": BENDAHARA}, "office_not_here"),
        ):
            with pytest.raises(KamarError, match=code):
                await appoint(db, boss, budi, **more)
        await appoint(db, boss, budi)
        with pytest.raises(KamarError, match="mandate_overlaps"):
            await appoint(db, boss, budi)
        stranger = replace(budi, id=MemberId(999))
        with pytest.raises(KamarError, match="member_unknown"):
            await appoint(db, boss, stranger)
        assert len(await mandates.at_node(db, RT, NOW)) == 1


async def test_what_one_administrator_wants_lapses_after_thirty_days_and_he_is_told(empty: Store) -> None:
    async with empty.write() as db:
        siti, tono = await person(db, "Siti", admin=True), await person(db, "Tono", admin=True)
        budi, lasting = await person(db, "Budi"), await person(db, "Lasting", KETUA, NodePath("32.76"))
        number = await appoint(db, siti, budi, SEKRETARIS, BEKASI)
        (held,) = await mandates.of_member(db, lasting.id)
        assert not await mandates.dismiss_by(db, PARTY, siti, held.id, "", NOW)
        await mandate_clock.look(db, PARTY, NOW + 29 * DAY)
        assert status(await mandates.get(db, number), NOW + 29 * DAY) is Status.PROPOSED
        for late in (30 * DAY, 31 * DAY):
            await mandate_clock.look(db, PARTY, NOW + late)
        asked = select(outbox.c.payload).where(outbox.c.kind == "tell")
        told = [row for (row,) in await db.execute(asked) if "gugur" in row["text"]]
        assert [row["member"] for row in told] == [siti.id, siti.id]
        with pytest.raises(KamarError, match="mandate_unknown"):
            await mandates.confirm(db, PARTY, tono, number, NOW + 31 * DAY)
        assert not await mandates.dismiss_by(db, PARTY, tono, held.id, "", NOW + 31 * DAY)  # he is the first again
        assert await mandates.held_by(db, lasting.id, NOW + 31 * DAY) == [(NodePath("32.76"), KETUA)]
        assert await mandate_log.first_broken(db) is None


async def test_what_two_administrators_agreed_on_does_not_lapse(empty: Store) -> None:
    async with empty.write() as db:
        siti, tono = await person(db, "Siti", admin=True), await person(db, "Tono", admin=True)
        number = await appoint(db, siti, await person(db, "Budi"), SEKRETARIS, BEKASI, ends_at=NOW + 300 * DAY)
        await mandates.confirm(db, PARTY, tono, number, NOW + DAY)
        await mandate_clock.look(db, PARTY, NOW + 40 * DAY)
        assert status(await mandates.get(db, number), NOW + 40 * DAY) is Status.IN_FORCE
