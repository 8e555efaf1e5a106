"""The rules of announcements: when rooms sleep, who agrees and recalls, what stands in a room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import EventId, NodePath
from kamar.siaran import (
    LONGEST,
    STEPS,
    ZONES,
    awake,
    content_of,
    edit_of,
    may_approve,
    may_change,
    needs_second,
    picture_of,
    read_text,
    rounded,
    said_here,
    tenth,
    until_morning,
)

KECAMATAN, KABUPATEN, ASIDE = NodePath("32.16.19"), NodePath("32.16"), NodePath("32.17")
VILLAGE = NodePath("32.16.19.2005")


@pytest.mark.parametrize(
    ("clock", "zones"),
    [
        ("02:59", ()),
        ("04:59", (8, 9)),
        ("05:00", (7, 8, 9)),
        ("12:00", (7, 8, 9)),
        ("19:59", (7, 8, 9)),
        ("20:00", (7, 8)),
        ("21:59", (7,)),
        ("22:00", ()),
        ("03:00", (9,)),
    ],
)
def test_rooms_sleep_from_ten_to_five_by_their_own_clock(clock: str, zones: tuple[int, ...]) -> None:
    jakarta = datetime.fromisoformat(f"2026-11-21T{clock}:00+07:00")
    assert awake(jakarta.astimezone(UTC)) == zones


@given(st.integers(0, 365 * 24 * 60), st.sets(st.sampled_from(ZONES), min_size=1))
def test_who_waits_for_the_morning_wakes_exactly_then(minute: int, zones: set[int]) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    wait = until_morning(zones, now)
    assert timedelta(0) <= wait <= timedelta(hours=7)
    assert set(awake(now + wait)) & zones
    if wait > timedelta(minutes=1):
        assert not set(awake(now + wait - timedelta(minutes=1))) & zones


@pytest.mark.parametrize(
    ("nodes", "own", "approves", "changes"),
    [
        ([KECAMATAN], False, True, False),
        ([KABUPATEN], False, True, True),
        ([VILLAGE], False, False, False),
        ([ASIDE], False, False, False),
        ([], False, False, False),
        ([KECAMATAN], True, False, True),
        ([KABUPATEN], True, False, True),
        ([], True, False, False),
    ],
    ids=["here", "above", "below", "aside", "nobody", "the author", "the author from above", "the author no more"],
)
def test_who_agrees_and_who_corrects(nodes: list[NodePath], own: bool, approves: bool, changes: bool) -> None:
    assert may_approve(nodes, KECAMATAN, own=own) is approves
    assert may_change(nodes, KECAMATAN, own=own) is changes


@pytest.mark.parametrize(("rooms", "second"), [(0, False), (50, False), (51, True)])
def test_above_the_size_a_second_officer_is_needed(rooms: int, second: bool) -> None:
    assert needs_second(rooms, 50) is second


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "siaran_empty"),
        (" \r\n ", "siaran_empty"),
        ("x" * (LONGEST + 1), "siaran_long"),
        ("3216190101900001", "message_nik"),
    ],
)
def test_what_may_not_be_announced(text: str, code: str) -> None:
    with pytest.raises(KamarError, match=code):
        read_text(text)


def test_each_event_says_which_version_of_which_announcement_it_is_and_mentions_nobody() -> None:
    first = content_of("k", 1, "Halo")
    edit = edit_of("k", 2, "Halo semua", EventId("$one"))
    picture = picture_of("k", {"url": "mxc://a/b", "w": 1, "h": 2}, "Halo\nsemua")
    assert [said_here(each) for each in (first, edit, picture, {})] == [("k", 1), ("k", 2), ("k", 0), None]
    assert first["msgtype"] == edit["m.new_content"]["msgtype"] == "m.notice"
    assert first["m.mentions"] == {}
    assert picture["info"] == {"w": 1, "h": 2}


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_progress_is_told_in_a_few_steps_and_the_last_one_means_all(done: int, rooms: int) -> None:
    step = tenth(min(done, rooms), rooms)
    assert 0 <= step <= STEPS
    assert (step == STEPS) is (min(done, rooms) == rooms)


@pytest.mark.parametrize(("people", "words"), [(19, "10"), (1234, "1.230"), (1_500_009, "1.500.000")])
def test_people_are_told_in_round_numbers(people: int, words: str) -> None:
    assert rounded(people) == words
