"""Reports by flag and by word, and what officers say: without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from kamar.errors import KamarError
from kamar.ids import EventId, MemberId, RoomId, UserId
from kamar.membership import Office
from kamar.organisation import profile
from kamar_bots import commands
from kamar_bots.door import Known, arrivals
from kamar_bots.serve import Bot
from kamar_bots.talk import Target
from kamar_bridges.matrix import parse_event
from kamar_store import mandate as mandates
from kamar_store import peace, peace_rule, seating
from kamar_store.store import Store
from kamar_store.tables import measure, outbox
from tests.bots.village import (
    BOT,
    CHAT,
    NOW,
    RT,
    RW,
    Homestead,
    asked,
    bodies,
    live,
    message,
    opened,
    registry,
    rows,
)

RUDE = "$rude"


class Scene:
    """An RT with a rude neighbour, one who reports, its coordinator and the one above."""

    room: RoomId
    rude: tuple[UserId, MemberId]
    siti: tuple[UserId, MemberId]
    koordinator: tuple[UserId, MemberId]
    above: tuple[UserId, MemberId]


@pytest.fixture
async def scene(store: Store, homestead: Homestead) -> Scene:
    made = Scene()
    async with store.write() as db:
        made.room = await opened(db, CHAT)
        made.rude, made.siti = await live(db, "Rudi"), await live(db, "Siti")
        made.koordinator, made.above = await live(db, "Budi"), await live(db, "Wati")
        await mandates.appoint(db, made.koordinator[1], RT, Office.KOORDINATOR, "SK", NOW - timedelta(days=365 * 9))
        await mandates.appoint(db, made.above[1], RW, Office.KOORDINATOR, "SK", NOW - timedelta(days=365 * 9))
    homestead.events[RUDE] = message("kamu bodoh", made.rude[0], made.room, RUDE)
    return made


async def hear(bot: Bot, *events: dict[str, Any]) -> None:
    await bot.store([parse_event(item) for item in events])
    await bot.handler.drain()


def flag(user: str, room: str, event_id: str, key: str = "🚩") -> dict[str, Any]:
    relation = {"rel_type": "m.annotation", "event_id": RUDE, "key": key}
    content = {"m.relates_to": relation}
    return {"event_id": event_id, "room_id": room, "type": "m.reaction", "sender": user, "content": content}


def reply(text: str, user: str, room: str, event_id: str) -> dict[str, Any]:
    return message(text, user, room, event_id, **{"m.relates_to": {"m.in_reply_to": {"event_id": RUDE}}})


async def told(store: Store) -> list[tuple[int, str]]:
    """Return who is told what alone."""
    async with store.read() as db:
        found = await db.execute(select(outbox.c.payload).where(outbox.c.kind == "tell").order_by(outbox.c.id))
        return [(payload["member"], payload["text"].split("\n")[0]) for (payload,) in found]


async def cases(store: Store, who: MemberId, node: str) -> list[peace.Report]:
    async with store.read() as db:
        return await peace.open_for(db, profile(), who, [node], datetime.now(UTC))  # type: ignore[list-item]  # a path


@pytest.mark.parametrize("way", ["flag", "reply"])
async def test_a_report_reaches_the_officer_and_leaves_no_trace_in_the_room(
    way: str, bot: Bot, store: Store, scene: Scene
) -> None:
    said = flag(scene.siti[0], scene.room, "$f") if way == "flag" else reply("!lapor", scene.siti[0], scene.room, "$f")
    await hear(bot, said)
    (case,) = await cases(store, scene.koordinator[1], RT)
    assert (case.subject, case.event_id, case.quote) == (scene.rude[1], RUDE, "kamu bodoh")
    assert await rows(store) == [("take_back", {"room_id": scene.room, "event_id": "$f"})]
    assert [who for who, _text in await told(store)] == [scene.koordinator[1], scene.siti[1]]
    assert await cases(store, scene.rude[1], RT) == []
    assert await cases(store, scene.above[1], RW) == []


async def test_a_second_report_joins_the_first(bot: Bot, store: Store, scene: Scene) -> None:
    await hear(bot, flag(scene.siti[0], scene.room, "$f"), flag(scene.above[0], scene.room, "$g"))
    assert len(await cases(store, scene.koordinator[1], RT)) == 1


async def test_a_reported_officer_is_judged_above(bot: Bot, store: Store, scene: Scene, homestead: Homestead) -> None:
    homestead.events[RUDE] = message("kamu bodoh", scene.koordinator[0], scene.room, RUDE)
    await hear(bot, flag(scene.siti[0], scene.room, "$f"))
    assert await cases(store, scene.koordinator[1], RT) == []
    assert len(await cases(store, scene.above[1], RW)) == 1


@pytest.mark.parametrize("who", ["rude", "stranger"])
async def test_nobody_reports_himself_and_strangers_not_at_all(who: str, bot: Bot, store: Store, scene: Scene) -> None:
    user = scene.rude[0] if who == "rude" else UserId("@asing:kamar.test")
    await hear(bot, flag(user, scene.room, "$f"))
    assert await cases(store, scene.koordinator[1], RT) == []
    assert [kind for kind, _payload in await rows(store)] == ["take_back"]


async def test_another_reaction_is_no_report(scene: Scene) -> None:
    event = parse_event(flag(scene.siti[0], "!rt", "$f", "👍"))
    assert arrivals([event], BOT, Known({RoomId("!rt"): CHAT}, {})) == []


async def test_a_quote_is_forgotten_with_its_case(bot: Bot, store: Store, scene: Scene) -> None:
    await hear(bot, flag(scene.siti[0], scene.room, "$f"))
    (case,) = await cases(store, scene.koordinator[1], RT)
    async with store.write() as db:
        assert await peace.close(db, case, scene.koordinator[1], NOW)
        assert not await peace.close(db, case, scene.koordinator[1], NOW)
        closed = await peace.get(db, case.id)
    assert closed is not None
    assert closed.quote == ""


@pytest.mark.parametrize(
    ("who", "text", "answer"),
    [
        ("koordinator", "!bisukan 2 jam berkata kasar", "Baik, dibisukan sampai"),
        ("koordinator", "!bisukan 8 hari berkata kasar", "Paling lama 7 hari."),
        ("above", "!bisukan 8 hari berkata kasar", "Baik, dibisukan sampai"),
        ("koordinator", "!bisukan 2 jam", "Tulis alasannya"),
        ("koordinator", "!bisukan", "Tulis lamanya dan alasannya"),
        ("siti", "!bisukan 2 jam berkata kasar", "Tindakan ini hanya untuk koordinator"),
        ("rude", "!bisukan 2 jam berkata kasar", "Tindakan ini hanya untuk koordinator"),
        ("koordinator", "!hapus kata kasar", "Baik, pesan itu dihapus."),
        ("siti", "!hapus kata kasar", "Tindakan ini hanya untuk koordinator"),
        ("koordinator", "!lambat 1 jam terlalu ramai", "Baik, kamar dilambatkan sampai"),
        ("siti", "!lambat 1 jam terlalu ramai", "Tindakan ini hanya untuk koordinator"),
    ],
)
async def test_officers_act_by_a_word_and_others_do_not(
    who: str, text: str, answer: str, bot: Bot, store: Store, scene: Scene
) -> None:
    await hear(bot, reply(text, getattr(scene, who)[0], scene.room, "$c"))
    assert (await bodies(store))[0].startswith(answer)
    async with store.read() as db:
        taken = len((await db.execute(select(measure.c.id))).all())
    assert taken == answer.startswith("Baik")


async def test_without_a_message_there_is_nobody_to_mute(store: Store, scene: Scene) -> None:
    async with store.write() as db:
        ask = replace(asked("!bisukan 1 jam kasar", scene.koordinator[0], CHAT), room_id=scene.room)
        with pytest.raises(KamarError, match="measure_target"):
            await commands.answer(ask, registry(db))


async def test_a_member_blocks_the_writer_of_a_message_alone(store: Store, scene: Scene) -> None:
    target = Target(EventId(RUDE), scene.rude[0], "kamu bodoh")
    async with store.write() as db:
        ask = replace(asked("!blokir", scene.siti[0], CHAT), room_id=scene.room, target=target)
        found = await commands.answer(ask, registry(db))
        assert found is not None
        assert (found.quiet, found.text) == (True, "")
        assert await peace_rule.blocked_by(db, scene.siti[1]) == [(scene.rude[1], "Rudi")]
        assert await peace_rule.blocked_by(db, scene.rude[1]) == []


async def test_the_log_of_measures_only_grows(store: Store) -> None:
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    from kamar_store.tables import measure_log

    async with store.write() as db:
        await db.execute(insert(measure_log).values(measure=1, what="taken", actor=1, at=NOW))
    for change in (update(measure_log).values(what="kept"), delete(measure_log)):
        with pytest.raises(DBAPIError, match="only grows"):
            async with store.write() as db:
                await db.execute(change)


async def test_a_direct_talk_is_remembered(bot: Bot, store: Store, scene: Scene, homestead: Homestead) -> None:
    homestead.members["!direct"] = {scene.siti[0], BOT}
    await hear(bot, message("halo", scene.siti[0], "!direct", "$d"))
    async with store.read() as db:
        assert await peace_rule.direct_of(db, scene.siti[0]) == "!direct"
        assert await peace_rule.direct_of(db, scene.rude[0]) is None
        assert await seating.room_by_id(db, "!direct") is None
