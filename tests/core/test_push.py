"""When a telephone may ring, and what it may say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.push import HOURS, QUIET_FROM, QUIET_TO, SAYS, PushKind, due
from kamar.wilayah import zone_of
from kamar.words import LANGUAGES, translate

BEKASI, DENPASAR, JAYAPURA = "32.16.19.2005", "51.71.01.1001", "91.71.01.1001"
QUIET = (PushKind.SIARAN, PushKind.GREETING)


def at(clock: str, day: int = 21) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("kind", QUIET)
@pytest.mark.parametrize(
    ("home", "now", "when"),
    [
        (BEKASI, at("13:59"), at("13:59")),  # 20.59 WIB
        (BEKASI, at("14:00"), at("23:00")),  # 21.00 WIB: until 06.00
        (BEKASI, at("22:59"), at("23:00")),
        (BEKASI, at("23:00"), at("23:00")),
        (DENPASAR, at("13:00"), at("22:00")),  # 21.00 WITA
        (JAYAPURA, at("11:59"), at("11:59")),  # 20.59 WIT
        (JAYAPURA, at("20:59"), at("21:00")),
        (f"{BEKASI}/RW005/RT003", at("18:00"), at("23:00")),  # 01.00 WIB
    ],
)
def test_at_night_a_telephone_stays_silent_until_six_where_its_owner_lives(
    kind: PushKind, home: str, now: datetime, when: datetime
) -> None:
    assert due(kind, home, now) == when


def test_a_mention_does_not_wait() -> None:
    assert due(PushKind.MENTION, BEKASI, at("18:00")) == at("18:00")


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: at("00:00") + timedelta(minutes=minutes)),
    st.sampled_from([BEKASI, DENPASAR, JAYAPURA]),
    st.sampled_from(QUIET),
)
def test_whatever_the_time_a_call_comes_by_day_and_within_nine_hours(now: datetime, home: str, kind: PushKind) -> None:
    when = due(kind, home, now)
    local = (when + timedelta(hours=HOURS[zone_of(home)])).time()
    assert QUIET_TO <= local < QUIET_FROM
    assert timedelta(0) <= when - now <= timedelta(hours=9)
    assert due(kind, home, when) == when


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_has_a_sentence_for_each_kind_without_a_place_to_put_anything(language: str) -> None:
    assert set(SAYS) == set(PushKind)
    assert not any(re.search(r"[{%@]", translate(said, language)) for said in SAYS.values())
