"""A kecamatan with officers of every sort, for the tests of officers' pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from kamar.ids import NodePath, UserId
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import session, wilayah
from kamar_store.member import Member
from tests.portal.browser import Browser
from tests.portal.conftest import House
from tests.portal.village import KEMIRI_MUKA, SUKARESMI

KECAMATAN = NodePath("32.16.19")
RT = NodePath(f"{SUKARESMI}/RW005/RT003")
ACCOUNTS = {
    "ketua": "ketuaa22",
    "bendahara": "bendah22",
    "koordinator": "koordi22",
    "tetangga": "tetang22",
    "warga": "wargaa22",
    "calon": "calonn22",
}


@dataclass
class Town:
    """A kecamatan with its officers, and a neighbour's."""

    house: House
    people: dict[str, Member]

    async def browse(self, who: str) -> Browser:
        """Return a browser in which somebody is logged in."""
        browser = await self.house.open_browser()
        if who == "asing":
            return browser
        async with self.house.store.write() as db:
            token = await session.begin(db, self.people[who].user_id, self.house.clock(), timedelta(hours=8))
        browser.client.session.cookie_jar.update_cookies({"kamar_sesi": token})
        return browser

    async def of(self, who: str) -> list[tuple[NodePath, OfficeCode]]:
        """Return the offices that somebody holds now."""
        async with self.house.store.read() as db:
            return await mandates.held_by(db, self.people[who].id, self.house.clock())

    async def office(self, who: str, office: str, node: NodePath) -> int:
        """Appoint somebody in the name of the server."""
        now = self.house.clock()
        wanted = Appointment(self.people[who].id, OfficeCode(office), node, "SK 1", now, now + timedelta(days=300))
        async with self.house.store.write() as db:
            return await mandates.appoint_by(db, self.house.portal.site.organisation, None, wanted, now)


@pytest.fixture
async def town(house: House) -> Town:
    people: dict[str, Member] = {}
    async with house.store.write() as db:
        await wilayah.declare(db, RT)
        for who, account in ACCOUNTS.items():
            home = KEMIRI_MUKA if who == "tetangga" else RT
            user = UserId(f"@{account}:kamar.test")
            number = await members.create(db, user, who.title(), home, None, None, house.clock(), vouched=True)
            found = await members.by_id(db, number)
            assert found is not None
            people[who] = found
    made = Town(house, people)
    await made.office("ketua", "ketua", KECAMATAN)
    await made.office("bendahara", "bendahara", KECAMATAN)
    await made.office("koordinator", "koordinator", SUKARESMI)
    await made.office("tetangga", "ketua", NodePath("32.76.06"))
    return made
