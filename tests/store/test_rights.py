"""Every deed asks for the right that it needs: an office without it is, for that deed, no office at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.errors import KamarError
from kamar.ids import NodePath, RoomId
from kamar.organisation import OfficeCode
from kamar.peace import MeasureKind
from kamar.policy import Standing
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import peace, peace_appeal, peace_measure, seating, vouch
from kamar_store.member import Member
from kamar_store.peace import Said
from kamar_store.peace_measure import Wish
from kamar_store.seating import Room
from kamar_store.store import Db, Store
from tests.store.officers import BEKASI, BENDAHARA, DAY, DESA, KETUA, KOORDINATOR, NOW, PARTY, RT, person

MOTIVATOR = OfficeCode("motivator")
OFFICES = [(BENDAHARA, BEKASI, False), (MOTIVATOR, DESA, False), (KETUA, BEKASI, True), (KOORDINATOR, DESA, True)]


async def room_of(db: Db) -> Room:
    await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], NOW)
    (room,) = await seating.rooms_at(db, [RT])
    await seating.opened(db, room, RoomId("!rt"), NOW)
    (opened,) = await seating.rooms_at(db, [RT])
    return opened


async def mute(db: Db, by: Member, rude: Member) -> peace_measure.Measure:
    wish = Wish(MeasureKind.MUTE, await room_of(db), rude.id, 3 * DAY, "berkata kasar")
    return await peace_measure.take(db, PARTY, by, wish, NOW, "http://p")


@pytest.mark.parametrize(("office", "node", "may"), OFFICES)
async def test_only_an_office_that_moderates_takes_measures(
    empty: Store, office: OfficeCode, node: NodePath, may: bool
) -> None:
    async with empty.write() as db:
        officer, rude = await person(db, "Pengurus", office, node), await person(db, "Rudi")
        if may:
            assert (await mute(db, officer, rude)).taker == officer.id
            return
        with pytest.raises(KamarError, match="measure_not_allowed"):
            await mute(db, officer, rude)


@pytest.mark.parametrize(("office", "node", "may"), OFFICES)
async def test_only_an_office_that_moderates_hears_of_reports_and_decides_appeals(
    empty: Store, office: OfficeCode, node: NodePath, may: bool
) -> None:
    async with empty.write() as db:
        officer, rude = await person(db, "Pengurus", office, node), await person(db, "Rudi")
        siti = await person(db, "Siti")
        said = Said(await room_of(db), rude.id, "$pesan", "kasar")
        number = await peace.write(db, PARTY, said, siti.id, "", NOW, "http://p")
        case = await peace.get(db, number)
        assert case is not None
        assert (officer.id in await peace.judges(db, PARTY, case, NOW)) is may
        assert await peace.visible(db, PARTY, case, officer.id, NOW) is may
        taken = await mute(db, await person(db, "Koordinator RT", KOORDINATOR, RT), rude)
        assert (officer.id in await peace_appeal.appeal_judges(db, PARTY, taken, NOW)) is may


@pytest.mark.parametrize(("office", "node", "may"), OFFICES)
async def test_only_an_office_that_verifies_vouches_alone(
    empty: Store, office: OfficeCode, node: NodePath, may: bool
) -> None:
    async with empty.write() as db:
        officer = await person(db, "Pengurus", office, node)
        who = await vouch.voucher(db, PARTY, officer, NOW)
        assert (who.standing is Standing.COORDINATOR) is may
        assert bool(who.coordinated) is may


async def test_rights_end_with_the_mandate_in_that_very_moment(empty: Store) -> None:
    async with empty.write() as db:
        officer = await person(db, "Pengurus", KOORDINATOR, DESA)
        (given,) = await mandates.of_member(db, officer.id)
        await mandates.dismiss_by(db, PARTY, None, given.id, "", NOW)
        for moment, may in ((NOW - timedelta(microseconds=1), True), (NOW, False)):
            assert bool((await vouch.voucher(db, PARTY, officer, moment)).coordinated) is may
