"""People with offices, for the tests of mandates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kamar.ids import MemberId, NodePath, UserId
from kamar.mandate import Appointment
from kamar.organisation import OfficeCode, profile
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.store import Db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PARTY = profile("partai")
ID, JABAR, BEKASI = NodePath("ID"), NodePath("32"), NodePath("32.16")
KECAMATAN, DESA = NodePath("32.16.19"), NodePath("32.16.19.2005")
RW = NodePath(f"{DESA}/RW005")
RT = NodePath(f"{RW}/RT003")
KETUA, SEKRETARIS, BENDAHARA = OfficeCode("ketua"), OfficeCode("sekretaris"), OfficeCode("bendahara")
KOORDINATOR = OfficeCode("koordinator")


async def person(
    db: Db, name: str, office: OfficeCode | None = None, node: NodePath = BEKASI, *, admin: bool = False
) -> Member:
    """Write a member of the RT, who holds an office by the server's own word."""
    user = UserId(f"@{name.lower()}:kamar.test")
    number = await members.create(db, user, name, RT, None, None, NOW - 9 * DAY, admin=admin, vouched=True)
    if office is not None:
        await mandates.appoint(db, number, node, office, "SK 0", NOW - DAY)
    found = await members.by_id(db, number)
    assert found is not None
    return found


def wanted(who: Member, office: OfficeCode = KOORDINATOR, node: NodePath = RT, **more: object) -> Appointment:
    """Return an appointment that begins now."""
    values = {"decree": "SK 7/2026", "starts_at": NOW, **more}
    return Appointment(MemberId(who.id), office, node, **values)  # type: ignore[arg-type]  # of a test's table
