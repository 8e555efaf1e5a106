"""Who hears of a report, who may take which measure, who decides an appeal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.peace import (
    APPEAL_WITHIN,
    LONGEST,
    Appeal,
    MeasureKind,
    Officer,
    Rank,
    address_prefix,
    allow_appeal,
    allow_measure,
    appeal_to,
    ban_key,
    rank_over,
    read_lasting,
    recipients,
    refuse_target,
)
from kamar.peace_time import spoken_time

VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
NEXT_RT = NodePath(f"{RW}/RT004")
KECAMATAN = NodePath("32.16.19")
AN, RT_KO, RT_KO2, RW_KO, DESA_KO, NEXT_KO, ADMIN, ADMIN2 = (MemberId(number) for number in range(1, 9))
OFFICERS = (
    Officer(RT_KO, RT),
    Officer(RT_KO2, RT),
    Officer(RW_KO, RW),
    Officer(DESA_KO, VILLAGE),
    Officer(NEXT_KO, NEXT_RT),
)
NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def code_of(rule: object, *given: object) -> str | None:
    try:
        rule(*given)  # type: ignore[operator]  # a rule
    except KamarError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("node", "officers", "involved", "hears"),
    [
        (RT, OFFICERS, {AN}, (RT_KO, RT_KO2)),
        (RT, OFFICERS, {RT_KO}, (RW_KO,)),  # nor does the colleague judge
        (RT, OFFICERS, {RT_KO, RW_KO}, (DESA_KO,)),
        (RT, OFFICERS[2:], {AN}, (RW_KO,)),
        (NEXT_RT, OFFICERS, {AN}, (NEXT_KO,)),
        (RT, (), {AN}, (ADMIN, ADMIN2)),
        (RT, OFFICERS, {RT_KO, RW_KO, DESA_KO}, (ADMIN, ADMIN2)),
        (RT, (), {ADMIN}, (ADMIN2,)),
        (RT, (), {ADMIN, ADMIN2}, ()),
        (KECAMATAN, OFFICERS, {AN}, (ADMIN, ADMIN2)),  # a starter kamar
    ],
    ids=["officers of the kamar", "one is reported", "two levels", "none in the RT", "the own RT", "none", "all",
         "an administrator", "nobody left", "starter kamar"],
)  # fmt: skip
def test_a_report_reaches_the_nearest_who_can_judge(
    node: NodePath, officers: tuple[Officer, ...], involved: set[MemberId], hears: tuple[MemberId, ...]
) -> None:
    assert recipients(node, officers, (ADMIN, ADMIN2), involved) == hears


@given(
    st.sampled_from([RT, RW, VILLAGE, NEXT_RT]),
    st.lists(
        st.builds(Officer, st.integers(1, 8).map(MemberId), st.sampled_from([RT, RW, VILLAGE, NEXT_RT])), max_size=8
    ),
    st.sets(st.integers(1, 8).map(MemberId)),
    st.sets(st.integers(1, 8).map(MemberId)),
)
def test_nobody_ever_judges_what_concerns_himself(
    node: NodePath, officers: list[Officer], admins: set[MemberId], involved: set[MemberId]
) -> None:
    assert not involved & set(recipients(node, officers, admins, involved))
    assert not involved & set(appeal_to(node, Rank.OWN, [node], officers, admins, involved))


@pytest.mark.parametrize(
    ("rank", "held", "involved", "decides"),
    [
        (Rank.OWN, [RT], {RT_KO, AN}, (RW_KO,)),
        (Rank.ABOVE, [RW], {RW_KO, AN}, (DESA_KO,)),
        (Rank.ABOVE, [VILLAGE], {DESA_KO, AN}, (ADMIN, ADMIN2)),
        (Rank.ADMIN, [], {ADMIN, AN}, (ADMIN2,)),
        (Rank.OWN, [RT], {RT_KO, RW_KO}, (DESA_KO,)),
        (Rank.OWN, [], {RT_KO, AN}, (RW_KO,)),  # who left the office since
    ],
    ids=["RT", "RW", "village", "administrator", "the level above is concerned", "office left"],
)
def test_an_appeal_goes_one_level_up(
    rank: Rank, held: list[NodePath], involved: set[MemberId], decides: tuple[MemberId, ...]
) -> None:
    assert appeal_to(RT, rank, held, OFFICERS, (ADMIN, ADMIN2), involved) == decides


def test_a_colleague_does_not_decide_for_who_has_left_the_office() -> None:
    officers = (Officer(DESA_KO, RW), Officer(RW_KO, VILLAGE))  # at the RW sits somebody new
    assert appeal_to(RT, Rank.ABOVE, [RW], officers, (ADMIN,), {AN, RT_KO}) == (RW_KO,)


@pytest.mark.parametrize(
    ("held", "admin", "rank"),
    [
        ([RT], False, Rank.OWN),
        ([RW], False, Rank.ABOVE),
        ([VILLAGE, RT], False, Rank.ABOVE),
        ([], True, Rank.ADMIN),
        ([NEXT_RT], False, None),
        ([], False, None),
    ],
)
def test_power_follows_from_the_office(held: list[NodePath], admin: bool, rank: Rank | None) -> None:
    assert rank_over(RT, held, admin=admin) is rank


@pytest.mark.parametrize(
    ("kind", "rank", "lasts", "code"),
    [
        (MeasureKind.MUTE, Rank.OWN, 7 * DAY, None),
        (MeasureKind.MUTE, Rank.OWN, 8 * DAY, "measure_long"),
        (MeasureKind.MUTE, Rank.ABOVE, 30 * DAY, None),
        (MeasureKind.MUTE, Rank.ABOVE, 31 * DAY, "measure_long"),
        (MeasureKind.MUTE, Rank.OWN, timedelta(minutes=1), "measure_short"),
        (MeasureKind.SLOW, Rank.OWN, DAY, None),
        (MeasureKind.HIDE, Rank.OWN, timedelta(0), None),
        (MeasureKind.REMOVE, Rank.OWN, 30 * DAY, None),
        (MeasureKind.BAN, Rank.OWN, DAY, "measure_above"),
        (MeasureKind.BAN, Rank.ABOVE, DAY, None),
        (MeasureKind.BAN, Rank.ABOVE, 366 * DAY, "measure_long"),
        (MeasureKind.MUTE, None, DAY, "measure_not_allowed"),
        (MeasureKind.HIDE, None, timedelta(0), "measure_not_allowed"),
    ],
)
def test_an_officer_takes_what_the_office_allows(
    kind: MeasureKind, rank: Rank | None, lasts: timedelta, code: str | None
) -> None:
    assert code_of(allow_measure, kind, rank, lasts, "berkata kasar") == code


def test_every_measure_but_removing_a_message_has_a_longest_time() -> None:
    assert {kind for _rank, kind in LONGEST} == set(MeasureKind) - {MeasureKind.HIDE}


@pytest.mark.parametrize(
    ("reason", "code"), [("", "reason_short"), ("   a ", "reason_short"), ("x" * 501, "reason_long")]
)
def test_every_measure_has_a_reason(reason: str, code: str) -> None:
    assert code_of(allow_measure, MeasureKind.HIDE, Rank.OWN, timedelta(0), reason) == code


@pytest.mark.parametrize(
    ("taker", "subject", "code"),
    [
        (RT_KO, AN, None),
        (RT_KO, RT_KO, "measure_self"),
        (RT_KO, RT_KO2, "measure_officer"),
        (RT_KO, RW_KO, "measure_officer"),
        (RW_KO, RT_KO, None),
        (ADMIN, DESA_KO, None),
        (RT_KO, NEXT_KO, None),  # in this kamar he is a neighbour like others
        (RT_KO, None, None),
    ],
)
def test_officers_are_judged_from_above(taker: MemberId, subject: MemberId | None, code: str | None) -> None:
    assert code_of(refuse_target, taker, subject, RT, OFFICERS) == code


@pytest.mark.parametrize(
    ("state", "later", "code"),
    [
        (Appeal.NONE, timedelta(0), None),
        (Appeal.NONE, APPEAL_WITHIN, None),
        (Appeal.NONE, APPEAL_WITHIN + timedelta(seconds=1), "appeal_late"),
        (Appeal.OPEN, timedelta(0), "appeal_twice"),
        (Appeal.KEPT, timedelta(0), "appeal_twice"),
    ],
)
def test_an_appeal_is_heard_once_and_in_time(state: Appeal, later: timedelta, code: str | None) -> None:
    assert code_of(allow_appeal, state, NOW, NOW + later) == code


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("2 jam", timedelta(hours=2)),
        ("30menit", timedelta(minutes=30)),
        ("3 hari", 3 * DAY),
        ("1 minggu", 7 * DAY),
        ("selamanya", None),
        ("jam 2", None),
    ],
)
def test_people_say_how_long(text: str, lasts: timedelta | None) -> None:
    assert read_lasting(text) == lasts


def test_a_ban_key_tells_nothing_without_its_secret() -> None:
    key = ban_key("phone", " +62812 ", b"s")
    assert key == ban_key("phone", "+62812", b"s")
    assert (
        len({key, ban_key("email", "+62812", b"s"), ban_key("phone", "+62812", b"t"), ban_key("phone", "+62813", b"s")})
        == 4
    )
    assert "62812" not in key


@pytest.mark.parametrize(("address", "prefix"), [("203.0.113.7", "203.0.113"), ("2001:db8:1:2::3", "2001:db8:1")])
def test_an_address_counts_by_its_line(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix


def test_a_time_is_told_on_the_clock_of_the_place() -> None:
    assert spoken_time(NOW) == "Sabtu, 21 November 2026 pukul 19.30 WIB"
    assert spoken_time(NOW, "Asia/Jayapura") == "Sabtu, 21 November 2026 pukul 21.30 WIT"
