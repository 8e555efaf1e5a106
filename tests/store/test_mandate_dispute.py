"""Two claims to one seat freeze both, and only the level above both decides."""

from __future__ import annotations

from datetime import datetime

import pytest

from kamar.errors import KamarError
from kamar.mandate import MandateId, Status, status
from kamar_store import mandate as mandates
from kamar_store import mandate_dispute as dispute
from kamar_store import mandate_log
from kamar_store.member import Member
from kamar_store.store import Db, Store
from tests.store.officers import (
    BEKASI,
    DAY,
    ID,
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


class Street:
    def __init__(self, people: dict[str, Member], first: MandateId) -> None:
        self.people, self.first = people, first


async def street(db: Db) -> Street:
    """Give two officers of the kabupaten, one of the province, and a coordinator whom the first appointed."""
    people = {
        "ketua": await person(db, "Ketua", KETUA, BEKASI),
        "sekretaris": await person(db, "Sekretaris", SEKRETARIS, BEKASI),
        "jabar": await person(db, "Jabar", KETUA, JABAR),
        "budi": await person(db, "Budi"),
        "wati": await person(db, "Wati"),
        "tono": await person(db, "Tono"),
    }
    first = await mandates.appoint_by(db, PARTY, people["ketua"], wanted(people["budi"], KETUA, KECAMATAN), NOW)
    return Street(people, first)


async def statuses(db: Db, now: datetime = NOW) -> dict[int, Status]:
    return {each.member: status(each, now) for each in await mandates.at_node(db, KECAMATAN, now)}


async def test_two_claims_freeze_both_and_the_level_above_decides(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        budi, wati = made.people["budi"], made.people["wati"]
        claim = wanted(wati, KETUA, KECAMATAN, decree="SK 8/2026")
        second = await dispute.claim(db, PARTY, made.people["jabar"], claim, NOW)
        assert await statuses(db) == {budi.id: Status.FROZEN, wati.id: Status.FROZEN}
        assert await mandates.officers(db, [KECAMATAN], NOW) == []
        assert [each.id for each in await dispute.disputes(db, KECAMATAN, NOW)] == [made.first, second]
        for name in ("ketua", "sekretaris", "jabar", "wati", "tono"):
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await dispute.decide(db, PARTY, made.people[name], second, NOW)
        pusat = await person(db, "Pusat", KETUA, ID)
        await dispute.decide(db, PARTY, pusat, made.first, NOW)
        assert await statuses(db) == {budi.id: Status.IN_FORCE, wati.id: Status.REVOKED}
        with pytest.raises(KamarError, match="mandate_unknown"):
            await dispute.decide(db, PARTY, pusat, made.first, NOW)
        assert await mandate_log.first_broken(db) is None


async def test_nobody_freezes_what_was_decided_above_him(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        await mandates.dismiss_by(db, PARTY, made.people["ketua"], made.first, "", NOW)
        later = NOW + DAY
        given = wanted(made.people["budi"], KETUA, KECAMATAN, starts_at=later)
        await mandates.appoint_by(db, PARTY, made.people["jabar"], given, NOW)
        claim = wanted(made.people["wati"], KETUA, KECAMATAN, starts_at=later)
        for name in ("ketua", "sekretaris", "tono"):
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await dispute.claim(db, PARTY, made.people[name], claim, NOW)
        assert [who.id for _, _, who in await mandates.officers(db, [KECAMATAN], later)] == [made.people["budi"].id]


async def test_a_lower_officer_does_not_undo_what_was_decided_above_him_while_somebody_sits_there(
    empty: Store,
) -> None:
    async with empty.write() as db:
        made = await street(db)
        ketua, jabar = made.people["ketua"], made.people["jabar"]
        given = await mandates.appoint_by(db, PARTY, jabar, wanted(made.people["tono"], KOORDINATOR, RT), NOW)
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await mandates.dismiss_by(db, PARTY, ketua, given, "", NOW)
        (above,) = await mandates.of_member(db, jabar.id)
        await mandates.dismiss_by(db, PARTY, None, above.id, "", NOW)
        assert await mandates.dismiss_by(db, PARTY, ketua, given, "", NOW)


async def test_no_claimant_throws_the_other_out_and_a_claim_withdrawn_leaves_the_other_in_force(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        ketua, jabar, wati = made.people["ketua"], made.people["jabar"], made.people["wati"]
        second = await dispute.claim(db, PARTY, jabar, wanted(wati, KETUA, KECAMATAN), NOW)
        for actor, other in ((jabar, made.first), (ketua, second)):
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await mandates.dismiss_by(db, PARTY, actor, other, "", NOW)
        assert await mandates.dismiss_by(db, PARTY, jabar, second, "", NOW)
        assert await statuses(db) == {made.people["budi"].id: Status.IN_FORCE, wati.id: Status.REVOKED}


async def test_what_was_decided_is_not_claimed_again_from_below(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        second = await dispute.claim(
            db, PARTY, made.people["jabar"], wanted(made.people["wati"], KETUA, KECAMATAN), NOW
        )
        pusat = await person(db, "Pusat", KETUA, ID)
        await dispute.decide(db, PARTY, pusat, second, NOW)
        again = wanted(made.people["tono"], KETUA, KECAMATAN)
        for name in ("ketua", "jabar"):
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await dispute.claim(db, PARTY, made.people[name], again, NOW)


async def test_where_no_officer_stands_above_an_administrator_who_made_no_claim_decides(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        second = await dispute.claim(db, PARTY, None, wanted(made.people["wati"], KETUA, KECAMATAN), NOW, recorded=True)
        admin = await person(db, "Admin", admin=True)
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await dispute.decide(db, PARTY, admin, second, NOW)  # the province's officer made no claim and stands above
        await dispute.decide(db, PARTY, made.people["jabar"], second, NOW)
        assert await statuses(db) == {
            made.people["budi"].id: Status.REVOKED,
            made.people["wati"].id: Status.IN_FORCE,
        }


async def test_claiming_a_free_seat_is_an_appointment(empty: Store) -> None:
    async with empty.write() as db:
        made = await street(db)
        tono = made.people["tono"]
        number = await dispute.claim(db, PARTY, made.people["ketua"], wanted(tono, KOORDINATOR, RT), NOW)
        assert status(await mandates.get(db, number), NOW) is Status.IN_FORCE
