"""Which events concern the bot: everything else is forgotten at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kamar.ids import EventId, RoomId, UserId
from kamar.structure import RoomKey, RoomKind
from kamar_bots.door import LONGEST, Known, arrivals, named
from kamar_bots.endpoint import readable
from kamar_bridges.matrix import parse_event
from kamar_store.appservice import Question
from tests.bots.village import BOT, CHAT, RW, STARTER, VILLAGE, member_event, message

SITI = "@siti:kamar.test"
KNOWN = Known(
    {
        RoomId("!rt"): CHAT,
        RoomId("!rw"): RoomKey(RW, RoomKind.OBROLAN),
        RoomId("!desa"): RoomKey(VILLAGE, RoomKind.OBROLAN),
        RoomId("!starter"): STARTER,
    },
    {EventId("$q"): Question(EventId("$q"), RoomId("!rt"), UserId(SITI), ("kamar", "batal"))},
)


def concern(event: dict[str, Any]) -> dict[str, Any] | None:
    found = arrivals([parse_event(event)], BOT, KNOWN)
    return {name: value for name, value in found[0].content.items() if name != "sent"} if found else None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (message("!kamar", SITI, "!rt", "$1"), {"concern": "said", "text": "!kamar", "called": False}),
        (message("  ! kamar", SITI, "!rt", "$1"), {"concern": "said", "text": "! kamar", "called": False}),
        (message("halo semua", SITI, "!rt", "$1"), None),
        (message("halo", SITI, "!direct", "$1"), {"concern": "said", "text": "halo", "called": False}),
        (message("halo @kamar", SITI, "!rt", "$1"), {"concern": "said", "text": "halo @kamar", "called": True}),
        (message("halo @kamarudin", SITI, "!rt", "$1"), None),
        (message("surel saya siti@kamar.id", SITI, "!rt", "$1"), None),
        (
            message("tolong", SITI, "!rt", "$1", **{"m.mentions": {"user_ids": [BOT]}}),
            {"concern": "said", "text": "tolong", "called": True},
        ),
        (message("!kamar", BOT, "!rt", "$1"), None),
        (message("!kamar", SITI, "!rt", "$1", msgtype="m.notice"), None),
        (message("!kamar.jpg", SITI, "!rt", "$1", msgtype="m.image"), None),
        (message("!kamar", SITI, "!rt", "$1", **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}), None),
        (
            message("> <@a:b> !ajak\n> lama\n\n!kamar", SITI, "!rt", "$1"),
            {"concern": "said", "text": "!kamar", "called": False},
        ),
        (message("> <@a:b> !ajak\n\nbetul", SITI, "!rt", "$1"), None),
        (message("2", SITI, "!rt", "$1"), {"concern": "chose", "question": "$q", "number": 2}),
        (message("2", "@budi:kamar.test", "!rt", "$1"), None),
        (message("12", SITI, "!rt", "$1"), None),
        (member_event(SITI, "!rt", "$1", "join"), {"concern": "joined"}),
        (member_event(SITI, "!starter", "$1", "join", before="invite"), {"concern": "joined"}),
        (member_event(SITI, "!rt", "$1", "join", before="join"), None),
        (member_event(SITI, "!rw", "$1", "join"), None),
        (member_event(SITI, "!desa", "$1", "join"), None),
        (member_event(SITI, "!direct", "$1", "join"), None),
        (member_event(BOT, "!rt", "$1", "join"), None),
        (member_event(SITI, "!rw", "$1", "leave"), {"concern": "left"}),
        (member_event(SITI, "!rw", "$1", "leave", sender=BOT), {"concern": "removed", "who": SITI}),
        (
            member_event(BOT, "!direct", "$1", "invite", sender=SITI, is_direct=True),
            {"concern": "invited", "encrypted": False},
        ),
        (
            member_event(BOT, "!direct", "$1", "invite", sender=SITI, is_direct=True)
            | {"unsigned": {"invite_room_state": [{"type": "m.room.encryption"}]}},
            {"concern": "invited", "encrypted": True},
        ),
        (member_event(BOT, "!rt", "$1", "invite", sender=SITI, is_direct=True), None),
    ],
)
def test_the_door_lets_in_what_concerns_the_bot(event: dict[str, Any], expected: dict[str, Any] | None) -> None:
    assert concern(event) == expected


def test_a_long_message_is_cut_before_it_is_stored() -> None:
    found = concern(message("!" + "x" * 60_000, SITI, "!rt", "$1"))
    assert found is not None
    assert len(found["text"]) == LONGEST


KNOWN_TEXTS = f"$q !rt !direct {BOT} {SITI} m.text m.replace invite join leave 1 9 !kamar @kamar".split()
FIELDS = "membership body msgtype m.relates_to m.mentions user_ids rel_type event_id key is_direct".split()
VALUE = st.sampled_from([*KNOWN_TEXTS, None, True, 0, -1.5, float("inf")])
JSON = st.recursive(VALUE, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), part))
CONTENT = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON)
PUSHED = JSON | st.fixed_dictionaries(
    {
        "event_id": st.just("$1") | JSON,
        "room_id": st.sampled_from(["!rt", "!direct"]) | JSON,
        "type": st.sampled_from(["m.room.message", "m.reaction", "m.room.member", "m.room.encrypted"]) | JSON,
        "sender": st.just(SITI) | JSON,
        "content": CONTENT,
    },
    optional={"state_key": JSON, "unsigned": JSON, "origin_server_ts": JSON},
)


@given(st.lists(PUSHED, max_size=4))
@example([{"event_id": "$1", "room_id": "!rt", "type": "m.room.message", "sender": [], "content": {"body": "!kamar"}}])
def test_nothing_that_is_pushed_trips_the_door(raw: list[Any]) -> None:
    events = readable(raw)
    named(events)
    json.dumps([dict(found.content) for found in arrivals(events, BOT, KNOWN)])


def test_the_door_knows_what_to_look_up() -> None:
    reaction = message("x", SITI, "!rt", "$1", **{"m.relates_to": {"event_id": "$q", "key": "1"}})
    assert named([parse_event(reaction), parse_event(message("x", SITI, "!rw", "$2"))]) == ({"!rt", "!rw"}, {"$q"})
