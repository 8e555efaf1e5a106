"""Vacant offices on both databases: who may offer himself, who decides, and a vote in which each has one voice."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.organisation import OfficeCode
from kamar.vacancy import VoteState
from kamar_store import belonging, cover, node, vacancy, vacancy_vote
from kamar_store import mandate as mandates
from kamar_store.member import Member
from kamar_store.store import Db, Store
from kamar_store.tables import mandate_voter, member, outbox
from tests.store.officers import BEKASI, BENDAHARA, DAY, DESA, KETUA, KOORDINATOR, NOW, PARTY, RT, person, wanted


async def offer(db: Db, who: Member, node: NodePath = RT) -> int:
    return await vacancy.offer(db, PARTY, who, node, KOORDINATOR, "saya siap", NOW)


async def test_a_member_offers_himself_and_the_office_above_takes_him(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi, wati = await person(db, "Boss", KETUA), await person(db, "Budi"), await person(db, "Wati")
        number, other = await offer(db, budi), await offer(db, wati)
        told = (await db.execute(select(outbox.c.payload).where(outbox.c.kind == "tell"))).scalars().all()
        assert {row["member"] for row in told} == {boss.id}
        assert [each.member for each in await vacancy.offers(db, RT)] == [budi.id, wati.id]
        treasurer = await person(db, "Bendahara", BENDAHARA)
        for stranger in (treasurer, wati):
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await vacancy.take(db, PARTY, stranger, number, "SK 1", NOW)
        await vacancy.take(db, PARTY, boss, number, "SK 1", NOW)
        await vacancy.decline(db, PARTY, boss, other, "lain kali", NOW)
        assert await mandates.held_by(db, budi.id, NOW) == [(RT, KOORDINATOR)]
        assert await vacancy.offers(db, RT) == []
        with pytest.raises(KamarError, match="offer_unknown"):
            await vacancy.take(db, PARTY, boss, other, "SK 1", NOW)


async def test_only_vouched_members_of_the_place_offer_themselves_once_for_what_is_vacant(empty: Store) -> None:
    async with empty.write() as db:
        budi, far, fresh = await person(db, "Budi"), await person(db, "Far"), await person(db, "Fresh")
        await db.execute(update(member).where(member.c.id == fresh.id).values(vouched_at=None))
        await db.execute(update(member).where(member.c.id == far.id).values(home=f"{DESA}/RW009"))
        for who in (far, fresh):
            again = await mandates_member(db, who)
            with pytest.raises(KamarError, match="offer_stranger"):
                await offer(db, again)
        await offer(db, budi)
        with pytest.raises(KamarError, match="offer_twice"):
            await offer(db, budi)
        for number in range(2):
            holder = await person(db, f"Holder{number}")
            await mandates.appoint_by(db, PARTY, None, wanted(holder), NOW)
        assert [gap.office.code for gap in await vacancy.vacancies(db, PARTY, RT, NOW)] == []
        late = await person(db, "Late")
        with pytest.raises(KamarError, match="offer_needless"):
            await offer(db, late)


async def mandates_member(db: Db, who: Member) -> Member:
    from kamar_store.member import by_id

    found = await by_id(db, who.id)
    assert found is not None
    return found


async def vote(db: Db, people: list[Member], boss: Member | None) -> tuple[int, list[int]]:
    offers = [await offer(db, who) for who in people[:2]]
    return await vacancy_vote.open_vote(db, PARTY, boss, RT, KOORDINATOR, 3 * DAY, NOW), offers


@pytest.mark.parametrize(
    ("voices", "state", "holder"),
    [
        ([0, 0, 1], VoteState.WON, 0),
        ([0, 1, 1, 1], VoteState.WON, 1),
        ([0, 0, 1, 1], VoteState.UNDECIDED, None),
        ([0, 0], VoteState.UNDECIDED, None),
    ],
)
async def test_a_vote_appoints_the_winner_and_otherwise_the_level_above_decides(
    empty: Store, voices: list[int], state: VoteState, holder: int | None
) -> None:
    async with empty.write() as db:
        boss, people = await person(db, "Boss", KETUA), [await person(db, f"Warga{number}") for number in range(5)]
        number, offers = await vote(db, people, boss)
        for who, voice in zip(people, voices, strict=False):
            await vacancy_vote.cast(db, who, number, offers[voice], NOW + DAY)
        with pytest.raises(KamarError, match="vote_twice"):
            await vacancy_vote.cast(db, people[0], number, offers[1], NOW + DAY)
        assert await vacancy_vote.close(db, PARTY, number, NOW + DAY) is VoteState.OPEN
        assert await vacancy_vote.close(db, PARTY, number, NOW + 3 * DAY) is state
        assert await vacancy_vote.close(db, PARTY, number, NOW + 4 * DAY) is state
        leading = [who.id for _, _, who in await mandates.officers(db, [RT], NOW + 3 * DAY)]
        assert leading == ([] if holder is None else [people[holder].id])
        open_now = [each.member for each in await vacancy.offers(db, RT)]
        assert open_now == ([] if holder is not None else [people[0].id, people[1].id])
        with pytest.raises(KamarError, match="vote_over"):
            await vacancy_vote.cast(db, people[4], number, offers[0], NOW + 3 * DAY)


async def test_who_came_after_a_vote_was_opened_or_lives_elsewhere_has_no_voice_in_it(empty: Store) -> None:
    async with empty.write() as db:
        boss, people = await person(db, "Boss", KETUA), [await person(db, f"Warga{number}") for number in range(4)]
        number, offers = await vote(db, people, boss)
        await db.execute(update(member).where(member.c.id == people[2].id).values(joined_at=NOW + timedelta(hours=1)))
        await db.execute(update(member).where(member.c.id == people[3].id).values(home=str(BEKASI)))
        for who in (people[2], await mandates_member(db, people[3])):
            with pytest.raises(KamarError, match="vote_stranger"):
                await vacancy_vote.cast(db, who, number, offers[0], NOW + DAY)
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await vacancy_vote.open_vote(db, PARTY, people[0], RT, KOORDINATOR, 3 * DAY, NOW)


async def test_one_member_voting_many_times_at_once_counts_once_and_nowhere_stands_for_whom(empty: Store) -> None:
    async with empty.write() as db:
        boss, people = await person(db, "Boss", KETUA), [await person(db, f"Warga{number}") for number in range(3)]
        number, offers = await vote(db, people, boss)

    async def once() -> str:
        try:
            async with empty.write() as db:
                await vacancy_vote.cast(db, people[2], number, offers[0], NOW + DAY)
        except KamarError as refused:
            return refused.code
        return "counted"

    outcomes = await asyncio.gather(*(once() for _ in range(6)))
    assert sorted(outcomes) == ["counted"] + ["vote_twice"] * 5
    async with empty.read() as db:
        assert [each.votes for each in await vacancy_vote.candidates(db, number)] == [1, 0]
        assert (await db.execute(select(mandate_voter))).all() == [(number, MemberId(people[2].id))]


OJOL = NodePath("jaringan/ojol")
NETWORK = OfficeCode("koordinator-jaringan")


async def let_in(db: Db, who: Member, node: NodePath = OJOL, *, since: datetime = NOW - DAY) -> None:
    await belonging.put(db, who.id, node, Belonging.IN, since)


async def test_on_another_axis_those_offer_themselves_who_were_let_in_there(empty: Store) -> None:
    async with empty.write() as db:
        inside, asked, outside = await person(db, "Inside"), await person(db, "Asked"), await person(db, "Outside")
        await let_in(db, inside)
        await belonging.put(db, asked.id, OJOL, Belonging.ASKED, NOW - DAY)
        for who in (asked, outside):
            with pytest.raises(KamarError, match="offer_stranger"):
                await vacancy.offer(db, PARTY, who, OJOL, NETWORK, "", NOW)
        await vacancy.offer(db, PARTY, inside, OJOL, NETWORK, "", NOW)
        assert OJOL in await vacancy.places_of(db, inside)
        assert OJOL not in await vacancy.places_of(db, asked)


async def test_a_second_account_has_no_word_where_it_was_not_let_in_or_left(empty: Store) -> None:
    factory = NodePath("kerja/abcdefgh")
    async with empty.write() as db:
        who = await person(db, "Persona")
        await db.execute(update(member).where(member.c.id == who.id).values(home=factory, persona=True))
        again = await mandates_member(db, who)
        assert not await vacancy.belongs(db, again, factory)
        await let_in(db, again, factory)
        assert await vacancy.belongs(db, again, factory)
        await belonging.leave(db, again.id, factory, NOW)
        assert not await vacancy.belongs(db, again, factory)


async def test_a_vote_on_another_axis_counts_its_members_and_only_them(empty: Store) -> None:
    async with empty.write() as db:
        people = [await person(db, f"Warga{number}") for number in range(5)]
        for who in people[:4]:
            await let_in(db, who)
        await person(db, "Chief")
        offers = [await vacancy.offer(db, PARTY, who, OJOL, NETWORK, "", NOW) for who in people[:2]]
        number = await vacancy_vote.open_vote(db, PARTY, None, OJOL, NETWORK, 3 * DAY, NOW)
        await let_in(db, people[4], since=NOW + timedelta(hours=1))
        with pytest.raises(KamarError, match="vote_stranger"):
            await vacancy_vote.cast(db, people[4], number, offers[0], NOW + DAY)
        for who in people[1:4]:
            await vacancy_vote.cast(db, who, number, offers[0], NOW + DAY)
        assert await vacancy_vote.close(db, PARTY, number, NOW + 3 * DAY) is VoteState.WON
        assert await mandates.held_by(db, people[0].id, NOW + 3 * DAY) == [(OJOL, NETWORK)]


async def test_the_quorum_of_a_vote_on_another_axis_is_of_its_members(empty: Store) -> None:
    async with empty.write() as db:
        people = [await person(db, f"Warga{number}") for number in range(17)]
        for who in people[:16]:
            await let_in(db, who)
        await vacancy.offer(db, PARTY, people[0], OJOL, NETWORK, "", NOW)
        number = await vacancy_vote.open_vote(db, PARTY, None, OJOL, NETWORK, 3 * DAY, NOW)
        assert (await vacancy_vote.get(db, number)).quorum == 4


async def test_in_a_workplace_only_who_was_let_in_on_an_earlier_day_votes(empty: Store) -> None:
    factory = NodePath("kerja/abcdefgh")
    async with empty.write() as db:
        who = await person(db, "Persona")
        await let_in(db, who, factory, since=NOW)
        assert not await vacancy.belongs(db, who, factory, before=NOW)
        assert await vacancy.belongs(db, who, factory, before=NOW + DAY)


async def test_a_workplace_is_told_by_its_two_words_and_nobody_outside_hears_of_it(empty: Store) -> None:
    factory = NodePath("kerja/abcdefgh")
    async with empty.write() as db:
        await person(db, "Chief", KETUA, NodePath("ID"))
        await cover.draw(db, factory, Random(1))
        await node.create(db, PARTY, factory, "Pabrik Rahasia", NOW)
        office = PARTY.offices_at(factory)[0].code
        who = await person(db, "Persona")
        await let_in(db, who, factory)
        await vacancy.offer(db, PARTY, who, factory, office, "", NOW)
        await mandates.appoint_by(db, PARTY, None, wanted(who, office, factory), NOW)
        told = (await db.execute(select(outbox.c.payload).where(outbox.c.kind == "tell"))).scalars().all()
        assert {row["member"] for row in told} == {who.id}
        assert "Rahasia" not in str(told)
        assert (await cover.said(db, factory)).whole in str(told)
