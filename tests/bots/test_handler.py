"""From an event that came through the door to what is to be done about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kamar.ids import MemberId, RoomId, UserId
from kamar.membership import SeatState
from kamar_bots.handler import MOST, TOO_LATE
from kamar_bots.serve import Bot
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import parse_event
from kamar_store import appservice, seating
from kamar_store.store import Store
from tests.bots.village import (
    BOT,
    CHAT,
    SETTINGS,
    Homestead,
    bodies,
    live,
    member_event,
    message,
    opened,
    rows,
)

DIRECT = "!direct"
ONE_WINDOW = timedelta(days=36500)  # windows end by the clock: a minute's may end in the middle of a test
MINUTE = timedelta(minutes=1)


async def hear(bot: Bot, *events: dict[str, Any]) -> None:
    await bot.store([parse_event(item) for item in events])
    await bot.handler.drain()


def reaction(user: str, room: str, event_id: str, to: str, key: str) -> dict[str, Any]:
    relation = {"rel_type": "m.annotation", "event_id": to, "key": key}
    content = {"m.relates_to": relation}
    return {"event_id": event_id, "room_id": room, "type": "m.reaction", "sender": user, "content": content}


@pytest.fixture
async def siti(store: Store, homestead: Homestead) -> UserId:
    async with store.write() as db:
        user, _ = await live(db)
    homestead.members[DIRECT] = {user, BOT}
    return user


@pytest.fixture
async def room(store: Store) -> RoomId:
    async with store.write() as db:
        return await opened(db, CHAT)


async def test_a_reply_is_a_quiet_notice_that_names_the_asker(
    bot: Bot, store: Store, siti: UserId, room: RoomId
) -> None:
    await hear(bot, message("!masuk", siti, room, "$a"))
    ((kind, payload),) = await rows(store, f"room:{room}")
    assert kind == "send"
    assert payload["type"] == "m.room.message"
    assert payload["room_id"] == room
    assert payload["content"]["msgtype"] == "m.notice"
    assert payload["content"]["m.mentions"] == {"user_ids": [siti]}
    assert payload["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": "$a"}}


async def test_an_invitation_is_text_first_and_then_a_picture(
    bot: Bot, store: Store, siti: UserId, room: RoomId
) -> None:
    await hear(bot, message("!ajak", siti, room, "$a"))
    (text, said), (picture, drawn) = await rows(store)
    assert (text, picture) == ("send", "image")
    link = drawn["content"]["body"].removeprefix("Kode QR: ")
    assert link.startswith("https://kamar.example/g/")
    assert link in said["content"]["body"]
    assert drawn["png_base64"].startswith("iVBORw0KGgo")


@pytest.mark.parametrize("others", [0, 1], ids=["alone with the bot", "somebody listens"])
async def test_a_login_link_goes_only_where_nobody_listens(
    others: int, bot: Bot, store: Store, siti: UserId, homestead: Homestead
) -> None:
    homestead.members[DIRECT] |= {f"@other{number}:kamar.test" for number in range(others)}
    await hear(bot, message("!masuk", siti, DIRECT, "$a"))
    ((kind, payload),) = await rows(store)
    assert kind == ("send" if others else "login")
    assert ("{link}" in payload["content"]["body"]) is (not others)
    assert payload.get("user_id") == (None if others else siti)


async def test_a_login_link_never_waits_in_the_outbox(bot: Bot, store: Store, siti: UserId) -> None:
    await hear(bot, message("!masuk", siti, DIRECT, "$a"))
    assert SETTINGS.portal_url not in str(await rows(store))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([("siti", "1️⃣")], ["Ini Kamar"]),
        ([("siti", "1")], ["Ini Kamar"]),
        ([("siti", "1️⃣"), ("siti", "1️⃣"), ("siti", "2️⃣")], ["Ini Kamar"]),
        ([("budi", "1️⃣")], []),
        ([("siti", "👍")], []),
        ([("siti", "9️⃣"), ("siti", "1️⃣")], ["Pilih ang", "Ini Kamar"]),
    ],
    ids=["the asker", "a plain digit", "several times", "somebody else", "another reaction", "no such choice"],
)
async def test_a_reaction_chooses_once_and_for_the_asker_only(
    answers: list[tuple[str, str]], said: list[str], bot: Bot, store: Store, siti: UserId, room: RoomId
) -> None:
    async with store.write() as db:
        await appservice.remember_question(db, "$question", room, siti, ["kamar", "batal"], datetime.now(UTC))
    for number, (who, key) in enumerate(answers):
        user = siti if who == "siti" else "@budi:kamar.test"
        await hear(bot, reaction(user, room, f"$r{number}", "$question", key))
    assert [line[:9] for line in await bodies(store)] == said


async def test_a_number_in_the_room_answers_the_question_and_is_otherwise_talk(
    bot: Bot, store: Store, siti: UserId, room: RoomId
) -> None:
    await hear(bot, message("1", siti, room, "$a"))
    async with store.write() as db:
        await appservice.remember_question(db, "$question", room, siti, ["kamar", "batal"], datetime.now(UTC))
    await hear(bot, message("1", "@budi:kamar.test", room, "$b"))
    await hear(bot, message("1.", siti, room, "$c"))
    await hear(bot, message("1", siti, room, "$d"))
    assert [line[:9] for line in await bodies(store)] == ["Ini Kamar"]


async def test_a_typing_error_asks_with_numbers(bot: Bot, store: Store, siti: UserId, room: RoomId) -> None:
    await hear(bot, message("!batuan", siti, room, "$a"))
    ((kind, payload),) = await rows(store)
    assert kind == "ask"
    assert payload["content"]["body"] == "Maksud Anda !bantuan?\n1. !bantuan\n2. Batal"
    assert (payload["asker"], payload["choices"]) == (siti, ["bantuan", "batal"])


async def test_every_answer_has_at_most_five_lines(bot: Bot, store: Store, siti: UserId, room: RoomId) -> None:
    words = ["bantuan", "kamar", "ajak", "masuk", "batal", "batuan", "halo", "entahlah"]
    for number, word in enumerate(words):
        await hear(bot, message(f"!{word}", siti, room if number % 2 else DIRECT, f"${word}"))
    assert [payload["content"]["body"] for _, payload in await rows(store) if _lines(payload) > 5] == []


@pytest.mark.parametrize(
    ("content", "joins"),
    [({"is_direct": True}, ["join", "send"]), ({}, []), ({"is_direct": "yes"}, [])],
    ids=["direct", "to a group", "malformed"],
)
async def test_the_bot_joins_direct_talks_only(
    content: dict[str, Any], joins: list[str], bot: Bot, store: Store, siti: UserId
) -> None:
    await hear(bot, member_event(BOT, DIRECT, "$i", "invite", sender=siti, **content))
    assert [kind for kind, _ in await rows(store)] == joins


@pytest.mark.parametrize(
    ("sender", "ago", "state"),
    [
        ("own", timedelta(0), SeatState.LEFT),
        ("own", MINUTE, SeatState.SEATED),
        ("@pengurus:kamar.test", timedelta(0), SeatState.SEATED),
    ],
    ids=["by the own wish", "before being seated again", "taken out"],
)
async def test_who_leaves_by_the_own_wish_is_not_brought_back(
    sender: str, ago: timedelta, state: SeatState, bot: Bot, store: Store, room: RoomId
) -> None:
    async with store.write() as db:
        user, number = await live(db)
        await _seat(bot, number, db)
    who = user if sender == "own" else sender
    sent = int((datetime.now(UTC) - ago).timestamp() * 1000) + 1
    await hear(bot, member_event(user, room, "$l", "leave", sender=who, sent=sent))
    async with store.read() as db:
        assert [found for _, found in await seating.seats_of(db, number)] == [state]
    looked = [payload for kind, payload in await rows(store, "account:") if kind == "account"]
    assert looked == ([{"member": number}] if sender == "own" else [])  # is the account closed, perhaps?


async def test_an_encrypted_talk_is_told_once_that_nobody_can_read_it(bot: Bot, store: Store, siti: UserId) -> None:
    for number in range(3):
        sealed = {
            "event_id": f"${number}",
            "room_id": DIRECT,
            "type": "m.room.encrypted",
            "sender": siti,
            "content": {},
        }
        await hear(bot, sealed)
    assert await bodies(store) == ["Obrolan ini terenkripsi, jadi saya tidak bisa membacanya."]


async def test_talk_in_an_unofficial_group_is_left_alone(
    bot: Bot, store: Store, siti: UserId, homestead: Homestead
) -> None:
    homestead.members["!group"] = {siti, BOT, "@budi:kamar.test"}
    await hear(bot, message("halo", siti, "!group", "$a"), message("!kamar", siti, "!group", "$b"))
    assert [line.split(".")[0] for line in await bodies(store)] == ["Ini bukan kamar resmi"]


async def test_who_writes_too_much_hears_so_once(
    bot: Bot, store: Store, siti: UserId, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kamar_bots.handler.WINDOW", ONE_WINDOW)
    await hear(bot, *(message("!batal", siti, room, f"${number}") for number in range(MOST + 5)))
    said = await bodies(store)
    assert [line[:7] for line in said] == ["Tidak a"] * MOST + ["Terlalu"]
    await hear(bot, message("!batal", "@budi:kamar.test", room, "$budi"))
    assert len(await bodies(store)) == MOST + 2


async def test_who_writes_too_much_is_still_let_into_a_direct_talk(
    bot: Bot, store: Store, siti: UserId, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kamar_bots.handler.WINDOW", ONE_WINDOW)
    await hear(bot, *(message("!batal", siti, room, f"${number}") for number in range(MOST + 5)))
    before = await bodies(store)
    await hear(bot, member_event(BOT, DIRECT, "$i", "invite", sender=siti, is_direct=True))
    assert [payload["room_id"] for kind, payload in await rows(store) if kind == "join"] == [DIRECT]
    assert await bodies(store) == before


@pytest.mark.parametrize(
    ("ago", "answers"),
    [(TOO_LATE - MINUTE, 1), (TOO_LATE + MINUTE, 0)],
    ids=["within a day", "later"],
)
async def test_an_answer_more_than_a_day_late_is_not_given(
    ago: timedelta, answers: int, bot: Bot, store: Store, siti: UserId, room: RoomId
) -> None:
    sent = int((datetime.now(UTC) - ago).timestamp() * 1000)
    await hear(bot, message("!batal", siti, room, "$a", sent=sent))
    assert len(await bodies(store)) == answers


async def test_words_wait_while_the_homeserver_is_away(
    bot: Bot, store: Store, siti: UserId, homestead: Homestead
) -> None:
    homestead.down = True
    with pytest.raises(MatrixError):
        await hear(bot, message("!bantuan", siti, DIRECT, "$a"))
    homestead.down = False
    await bot.handler.drain()
    assert len(await bodies(store)) == 1


def _lines(payload: dict[str, Any]) -> int:
    return len(str(payload["content"]["body"]).split("\n"))


async def _seat(bot: Bot, number: MemberId, db: Any) -> None:
    (row,) = await seating.rooms_at(db, [CHAT.node])
    await seating.want_seats(db, number, [row.id], datetime.now(UTC))
    await seating.seated(db, number, [row.id], datetime.now(UTC))
