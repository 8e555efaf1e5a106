"""A right lent: for a while, at one place, by whose office has it, and over with that office."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.organisation import Right
from kamar.policy import held_may
from kamar_store import delegation
from kamar_store import mandate as mandates
from kamar_store.store import Store
from tests.store.officers import BEKASI, BENDAHARA, DAY, DESA, KETUA, NOW, PARTY, RT, person, wanted


async def test_a_lent_right_holds_below_its_place_until_its_end(empty: Store) -> None:
    async with empty.write() as db:
        boss, budi = await person(db, "Boss", KETUA), await person(db, "Budi")
        await delegation.lend(db, PARTY, boss, budi.id, DESA, Right.ANNOUNCE, NOW + 10 * DAY, NOW)
        now = await mandates.held(db, budi, NOW)
        assert held_may(PARTY, now, Right.ANNOUNCE, RT)
        assert not held_may(PARTY, now, Right.ANNOUNCE, BEKASI)
        assert not held_may(PARTY, now, Right.MODERATE, RT)
        assert not held_may(PARTY, await mandates.held(db, budi, NOW + 10 * DAY), Right.ANNOUNCE, RT)


@pytest.mark.parametrize("how", ["giver takes it back", "taker gives it back", "mandate ends"])
async def test_a_loan_ends_with_the_giver_s_will_and_with_his_mandate(empty: Store, how: str) -> None:
    async with empty.write() as db:
        top, boss, budi = (
            await person(db, "Top", KETUA, NodePath("32")),
            await person(db, "Boss"),
            await person(db, "Budi"),
        )
        mandate = await mandates.appoint_by(db, PARTY, top, wanted(boss, KETUA, BEKASI), NOW)
        loan = await delegation.lend(db, PARTY, boss, budi.id, DESA, Right.MODERATE, NOW + 10 * DAY, NOW)
        with pytest.raises(KamarError, match="loan_unknown"):
            await delegation.take_back(db, top, loan, NOW)
        if how == "mandate ends":
            await mandates.dismiss_by(db, PARTY, top, mandate, "", NOW)
        else:
            await delegation.take_back(db, boss if how == "giver takes it back" else budi, loan, NOW)
        assert (await mandates.held(db, budi, NOW)).lent == ()
        assert await delegation.loans(db, NOW) == []


@pytest.mark.parametrize(
    ("right", "node", "lasts", "code"),
    [
        (Right.ANNOUNCE, RT, timedelta(days=90), None),
        (Right.ANNOUNCE, RT, timedelta(days=91), "lend_long"),
        (Right.ANNOUNCE, RT, timedelta(0), "lend_past"),
        (Right.ANNOUNCE, NodePath("31"), DAY, "lend_not_allowed"),
        (Right.APPOINT, RT, DAY, "lend_not_allowed"),
    ],
)
async def test_only_the_own_rights_are_lent_and_not_for_long(
    empty: Store, right: Right, node: NodePath, lasts: timedelta, code: str | None
) -> None:
    async with empty.write() as db:
        boss, wati, budi = (
            await person(db, "Boss", KETUA),
            await person(db, "Wati", BENDAHARA),
            await person(db, "Budi"),
        )
        if code is None:
            assert await delegation.lend(db, PARTY, boss, budi.id, node, right, NOW + lasts, NOW)
            with pytest.raises(KamarError, match="lend_not_allowed"):  # what is lent is not lent on
                await delegation.lend(db, PARTY, budi, wati.id, node, right, NOW + DAY, NOW)
            with pytest.raises(KamarError, match="lend_not_allowed"):
                await delegation.lend(db, PARTY, wati, budi.id, node, right, NOW + DAY, NOW)
            return
        with pytest.raises(KamarError, match=code):
            await delegation.lend(db, PARTY, boss, budi.id, node, right, NOW + lasts, NOW)
