"""Mandates: who may give which office, when a term is right, and whose seat it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.mandate import (
    Appointment,
    Mandate,
    MandateId,
    Status,
    add_months,
    check_seat,
    complete,
    may_appoint,
    status,
    warning_due,
)
from kamar.organisation import OfficeCode, Right, profile
from kamar.policy import Held, held_may

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PARTY = profile("partai")
ID, JABAR, BEKASI, JAKARTA = NodePath("ID"), NodePath("32"), NodePath("32.16"), NodePath("31")
KECAMATAN, DESA = NodePath("32.16.19"), NodePath("32.16.19.2005")
RT = NodePath(f"{DESA}/RW005/RT003")
PLANT = NodePath("kerja/maju-jaya/cikarang")
KETUA, SEKRETARIS, BENDAHARA = OfficeCode("ketua"), OfficeCode("sekretaris"), OfficeCode("bendahara")
KOORDINATOR = OfficeCode("koordinator")


def wanted(office: OfficeCode = KETUA, node: NodePath = BEKASI, member: int = 1, **more: object) -> Appointment:
    values = {"decree": "SK 1", "starts_at": NOW, **more}
    return Appointment(MemberId(member), office, node, **values)  # type: ignore[arg-type]  # of a test's table


def mandate(number: int = 1, member: int = 1, **more: object) -> Mandate:
    values = {"starts_at": NOW - DAY, "ends_at": None, "acting": False, "revoked_at": None, "frozen_at": None}
    return Mandate(
        MandateId(number),
        MemberId(member),
        BEKASI,
        KETUA,
        "SK",
        appointed_by=None,
        **(values | more),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("held", "office", "node", "by"),
    [
        ([(JABAR, KETUA)], KETUA, BEKASI, JABAR),
        ([(BEKASI, KETUA)], KETUA, BEKASI, None),
        ([(BEKASI, KETUA)], SEKRETARIS, BEKASI, BEKASI),
        ([(BEKASI, KETUA)], KOORDINATOR, RT, BEKASI),
        ([(BEKASI, SEKRETARIS)], KOORDINATOR, RT, BEKASI),
        ([(BEKASI, SEKRETARIS)], BENDAHARA, BEKASI, None),
        ([(BEKASI, BENDAHARA)], KOORDINATOR, RT, None),
        ([(JAKARTA, KETUA)], KETUA, BEKASI, None),
        ([(RT, KOORDINATOR)], KETUA, BEKASI, None),
        ([(DESA, KOORDINATOR)], KOORDINATOR, RT, DESA),
        ([(BEKASI, KETUA), (JABAR, KETUA)], KETUA, KECAMATAN, JABAR),
        ([(ID, KETUA), (JABAR, KETUA)], KETUA, KECAMATAN, ID),
        ([(ID, KETUA)], OfficeCode("koordinator-puk"), PLANT, ID),
        ([(JABAR, KETUA)], OfficeCode("koordinator-puk"), PLANT, None),
        ([(BEKASI, OfficeCode("abolished"))], KETUA, KECAMATAN, None),
    ],
)
def test_an_office_gives_what_it_names_at_its_node_and_below_but_its_own_kind_only_below(
    held: list[tuple[NodePath, OfficeCode]], office: OfficeCode, node: NodePath, by: NodePath | None
) -> None:
    assert may_appoint(PARTY, held, PARTY.office(office), node) == by


@pytest.mark.parametrize(
    ("appointment", "refused"),
    [
        (wanted(), None),
        (wanted(starts_at=NOW - timedelta(hours=11)), None),  # today in Bekasi
        (wanted(starts_at=NOW - timedelta(hours=20)), "mandate_past"),
        (wanted(ends_at=NOW), "mandate_order"),
        (wanted(starts_at=NOW - timedelta(hours=5), ends_at=NOW - timedelta(hours=1)), "mandate_past"),
        (wanted(ends_at=add_months(NOW, 60) + 20 * DAY), None),
        (wanted(ends_at=add_months(NOW, 60) + 40 * DAY), "mandate_long"),
        (wanted(node=RT), "office_not_here"),
        (wanted(office=OfficeCode("ketua-rt")), "office_unknown"),
        (wanted(node=PLANT), "office_not_here"),
        (wanted(decree="x" * 201), "decree_long"),
    ],
)
def test_a_term_begins_today_or_later_and_is_not_longer_than_the_office_allows(
    appointment: Appointment, refused: str | None
) -> None:
    if refused is None:
        assert complete(PARTY, appointment, NOW).starts_at == appointment.starts_at
        return
    with pytest.raises(KamarError, match=refused):
        complete(PARTY, appointment, NOW)


def test_without_an_end_the_term_of_the_office_counts_and_what_is_only_recorded_may_have_begun() -> None:
    assert complete(PARTY, wanted(), NOW).ends_at == add_months(NOW, 60)
    long_ago = wanted(starts_at=NOW - 400 * DAY)
    assert complete(PARTY, long_ago, NOW, recorded=True).starts_at == long_ago.starts_at


@pytest.mark.parametrize(
    ("there", "appointment", "refused"),
    [
        ([], wanted(), None),
        ([mandate(member=2)], wanted(), "seat_taken"),
        ([mandate(member=2, ends_at=NOW)], wanted(), None),
        ([mandate(member=2, ends_at=NOW + DAY)], wanted(), "seat_taken"),
        ([mandate(member=2, ends_at=NOW + DAY)], wanted(starts_at=NOW + DAY), None),
        ([mandate(member=2, starts_at=NOW + 9 * DAY)], wanted(), "seat_taken"),
        ([mandate(member=2, starts_at=NOW + 9 * DAY)], wanted(ends_at=NOW + 9 * DAY), None),
        ([mandate(member=1)], wanted(), "mandate_overlaps"),
        ([mandate(member=2, frozen_at=NOW)], wanted(), "seat_taken"),
        ([mandate(member=2, acting=True)], wanted(), None),
        ([mandate(member=1, acting=True)], wanted(), None),
        ([mandate(member=2, acting=True)], wanted(acting=True), "seat_taken"),
        ([mandate(member=2)], wanted(acting=True), "seat_taken"),
    ],
)
def test_a_seat_has_one_holder_at_a_time_and_who_follows_may_begin_when_the_other_ends(
    there: list[Mandate], appointment: Appointment, refused: str | None
) -> None:
    office = PARTY.office(KETUA)
    if refused is None:
        assert set(check_seat(office, appointment, there)) == {each for each in there if each.acting}
        return
    with pytest.raises(KamarError, match=refused):
        check_seat(office, appointment, there)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=12))
def test_seats_are_never_held_by_more_people_than_there_are_whatever_is_asked(asked: list[tuple[int, int]]) -> None:
    office = PARTY.office(KOORDINATOR)
    there: list[Mandate] = []
    for number, (begins, lasts) in enumerate(asked):
        starts, ends = NOW + begins * DAY, NOW + (begins + lasts) * DAY
        try:
            check_seat(office, wanted(KOORDINATOR, RT, number, starts_at=starts, ends_at=ends), there)
        except KamarError:
            continue
        there.append(mandate(number, number, starts_at=starts, ends_at=ends))
    for day in range(62):
        moment = NOW + day * DAY
        assert sum(status(each, moment) is Status.IN_FORCE for each in there) <= office.seats


@pytest.mark.parametrize(
    ("found", "is_"),
    [
        (mandate(), Status.IN_FORCE),
        (mandate(starts_at=NOW), Status.IN_FORCE),
        (mandate(starts_at=NOW + DAY), Status.PLANNED),
        (mandate(ends_at=NOW), Status.ENDED),
        (mandate(revoked_at=NOW), Status.REVOKED),
        (mandate(frozen_at=NOW), Status.FROZEN),
        (mandate(proposed=True), Status.PROPOSED),
    ],
)
def test_the_calendar_alone_tells_where_a_mandate_stands(found: Mandate, is_: Status) -> None:
    assert status(found, NOW) is is_


@pytest.mark.parametrize(
    ("days_left", "warned", "due"),
    [(31, None, None), (30, None, 30), (29, 30, None), (7, 30, 7), (6, 7, None), (5, None, 7)],
)
def test_the_end_is_announced_a_month_and_a_week_before_once_each(
    days_left: int, warned: int | None, due: int | None
) -> None:
    assert warning_due(mandate(ends_at=NOW + days_left * DAY), warned, NOW) == due


@pytest.mark.parametrize(
    ("held", "right", "node", "may"),
    [
        (Held(((BEKASI, KETUA),)), Right.MODERATE, RT, True),
        (Held(((BEKASI, KETUA),)), Right.MODERATE, JABAR, False),
        (Held(((BEKASI, KETUA),)), Right.MODERATE, JAKARTA, False),
        (Held(((BEKASI, BENDAHARA),)), Right.MODERATE, RT, False),
        (Held(((BEKASI, BENDAHARA),)), Right.COUNT, RT, True),
        (Held(lent=((DESA, Right.ANNOUNCE),)), Right.ANNOUNCE, RT, True),
        (Held(lent=((DESA, Right.ANNOUNCE),)), Right.MODERATE, RT, False),
        (Held(admin=True), Right.MODERATE, RT, False),
    ],
)
def test_a_right_reaches_the_own_node_and_below_never_sideways_or_above(
    held: Held, right: Right, node: NodePath, may: bool
) -> None:
    assert held_may(PARTY, held, right, node) is may
