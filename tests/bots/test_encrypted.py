"""The ways between plain and encrypted talk, without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kamar.ids import UserId
from kamar_bots.commands import answer
from kamar_bots.serve import Bot
from kamar_bots.talk import Ask, Talk
from kamar_bridges.matrix import parse_event
from kamar_store.store import Store
from tests.bots.village import BOT, CHAT, SETTINGS, asked, member_event, registry, rows

SITI = UserId("@siti:kamar.test")
IN_ROOM = asked("", SITI, CHAT)
PLAIN = asked("", SITI, direct=True)
ENCRYPTED = replace(PLAIN, encrypted=True)


@pytest.mark.parametrize(
    ("where", "text", "talk"),
    [
        (IN_ROOM, "!aman", Talk.ENCRYPTED),
        (PLAIN, "aman", Talk.ENCRYPTED),
        (PLAIN, "!rahasia", Talk.ENCRYPTED),
        (ENCRYPTED, "aman", None),
        (replace(ENCRYPTED, direct=False), "!aman", Talk.ENCRYPTED),
        (IN_ROOM, "!biasa", Talk.PLAIN),
        (ENCRYPTED, "biasa", Talk.PLAIN),
        (PLAIN, "biasa", None),
        (PLAIN, "!biasa baru", Talk.PLAIN),
    ],
)
async def test_a_talk_is_made_where_one_asks_for_another_than_this(
    where: Ask, text: str, talk: Talk | None, store: Store
) -> None:
    async with store.write() as db:
        reply = await answer(replace(where, text=text), registry(db))
    assert reply is not None
    assert reply.talk is talk
    assert "sudah" in reply.text or talk is not None


async def test_an_invitation_to_an_encrypted_talk_is_answered_with_the_ways_out(bot: Bot, store: Store) -> None:
    state = {"unsigned": {"invite_room_state": [{"type": "m.room.encryption", "state_key": "", "content": {}}]}}
    event = member_event(BOT, "!direct", "$i", "invite", sender=SITI, is_direct=True) | state
    await bot.store([parse_event(event)])
    await bot.handler.drain()
    (join, _), (kind, payload) = await rows(store)
    assert (join, kind) == ("join", "ask")
    assert payload["content"]["body"].split("\n")[0] == "Obrolan ini terenkripsi, jadi saya tidak bisa membacanya."
    assert SETTINGS.portal_url in payload["content"]["body"]
    assert (payload["asker"], payload["choices"]) == (SITI, ["aman", "biasa baru"])
    assert len(payload["content"]["body"].split("\n")) <= 5


async def test_the_name_of_the_other_account_is_no_word_of_a_command(store: Store) -> None:
    async with store.write() as db:
        reply = await answer(replace(PLAIN, text=f"{SETTINGS.encrypted_bot} bantuan"), registry(db))
    assert reply is not None
    assert [choice.command for choice in reply.choices] == ["kamar", "ajak", "masuk"]
