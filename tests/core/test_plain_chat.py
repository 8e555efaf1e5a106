"""What events say to somebody who reads them as a plain page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.ids import NodePath, UserId
from kamar.plain_chat import Kind, conversation, may_write
from kamar.plain_chat_text import Reader, clean, pieces_of
from kamar.structure import RoomKind
from kamar.when import WIB, WIT, WITA, clock_words, day_words, zone_of

SITI = UserId("@siti7xk2:kamar.test")
BUDI = UserId("@budi9wq4:kamar.test")
READER = Reader(BUDI, "kamar.test", {SITI: "Siti", BUDI: "Budi"})
VILLAGE = NodePath("32.16.19.2005")

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["body", "msgtype", "url", "info", "filename", "m.relates_to", "m.new_content", "org.matrix.msc3381.poll.start"]
)
events = st.fixed_dictionaries(
    {
        "event_id": st.text(max_size=8),
        "sender": st.sampled_from([SITI, BUDI]),
        "type": st.sampled_from(["m.room.message", "m.sticker", "m.reaction", "org.matrix.msc3381.poll.start"]),
        "content": st.dictionaries(names, anything, max_size=5) | anything,
    },
    optional={"unsigned": anything, "origin_server_ts": anything},
)


@given(st.lists(events, max_size=5))
def test_no_event_however_strange_breaks_a_page(found: list[dict[str, Any]]) -> None:
    for message in conversation(found, READER):
        assert isinstance(message.excerpt, str)
        assert isinstance(message.pieces, tuple)


@given(st.text(max_size=200))
def test_a_text_cut_into_pieces_is_still_the_text(text: str) -> None:
    assert "".join(piece.text for piece in pieces_of(text)) == text
    assert all(piece.link.lower().startswith(("http://", "https://")) for piece in pieces_of(text) if piece.link)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Halo {SITI}", "Halo @Siti"),
        ("Halo @lama:kamar.test!", "Halo @warga!"),
        (f"https://matrix.to/#/{SITI}", "@Siti"),
        ("https://matrix.to/#/%40siti7xk2%3Akamar.test", "@Siti"),
        ("kumpul @19:30 ya", "kumpul @19:30 ya"),
        ("surat: siti@contoh.example", "surat: siti@contoh.example"),
        ("a\u202eb\u200bc", "abc"),
    ],
    ids=[
        "a neighbour",
        "a stranger",
        "a link",
        "a quoted link",
        "a time",
        "an e-mail address",
        "signs that turn the writing",
    ],
)
def test_nobody_is_called_by_an_id(text: str, shown: str) -> None:
    assert clean(text, READER) == shown


@pytest.mark.parametrize(
    ("content", "description"),
    [
        ({"body": "IMG_2041.jpg"}, ""),
        ({"body": "Got penuh daun"}, "Got penuh daun"),
        ({"body": "Got", "filename": "IMG_2041.jpg"}, "Got"),
        ({"body": "IMG 2041", "filename": "IMG 2041"}, ""),
    ],
    ids=["a file name", "words", "a caption", "a name said twice"],
)
def test_a_file_name_is_no_description(content: dict[str, str], description: str) -> None:
    event = {"event_id": "$1", "sender": SITI, "type": "m.room.message", "content": {"msgtype": "m.image", **content}}
    (message,) = conversation([event], READER)
    assert (message.kind, message.text) == (Kind.PICTURE, description)


@pytest.mark.parametrize(
    ("kind", "coordinated", "allowed"),
    [
        (RoomKind.OBROLAN, [], True),
        (RoomKind.SIARAN, [], False),
        (RoomKind.SIARAN, [VILLAGE], True),
        (RoomKind.SIARAN, [NodePath(f"{VILLAGE}/RW005")], False),
    ],
)
def test_announcements_come_from_the_coordinators_of_the_place(
    kind: RoomKind, coordinated: list[NodePath], allowed: bool
) -> None:
    assert may_write(kind, VILLAGE, coordinated) is allowed


@pytest.mark.parametrize(
    ("node", "zone", "clock"),
    [("32.16.19.2005", WIB, "19.30"), ("51.71", WITA, "20.30"), ("91.71", WIT, "21.30"), ("61", WIB, "19.30")],
    ids=["Bekasi", "Denpasar", "Jayapura", "Pontianak"],
)
def test_times_are_those_of_the_place(node: str, zone: object, clock: str) -> None:
    assert zone_of(NodePath(node)) is zone
    assert clock_words(datetime(2026, 11, 21, 12, 30, tzinfo=UTC).astimezone(zone_of(NodePath(node)))) == clock


def test_days_are_said_as_people_say_them() -> None:
    today = date(2026, 11, 21)
    assert day_words(today, today) == "Hari ini"
    assert day_words(today - timedelta(days=1), today) == "Kemarin"
    assert day_words(today - timedelta(days=2), today) == "Kamis, 19 November 2026"
    assert day_words(today - timedelta(days=2), today, "en") == "Thursday, 19 November 2026"
