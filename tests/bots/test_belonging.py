"""Asking for other rooms than those of one's home; and a bot that knows of no workplace."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.organisation import profile
from kamar.structure import RoomKey, RoomKind
from kamar_bots import commands
from kamar_bots.talk import Reply
from kamar_store import belonging, member, node, referral, seating, workplace
from kamar_store.store import Db, Store
from kamar_store.tables import cover, mandate
from kamar_store.tables import outbox as outbox_table
from tests.bots.village import NOW, asked, live, opened, registry

OJOL = NodePath("jaringan/ojol")
PLANT = NodePath("kerja/k7f3qmab/p2wqx4rn")
NAME = "Pensil Cicak"


async def say(db: Db, text: str, user: UserId, room: RoomKey | None = None) -> Reply:
    reply = await commands.answer(asked(text, user, room, direct=room is None), registry(db))
    assert reply is not None
    return reply


async def network(db: Db) -> None:
    await node.create(db, profile(), OJOL, "Ojek Daring", NOW)


@pytest.mark.parametrize(
    "words", ["!ikut ojek", "!gabung-kamar ojek daring", "!gabung kamar ojek", "!ikut jaringan/ojol"]
)
async def test_a_member_asks_to_join_a_network(words: str, store: Store) -> None:
    async with store.write() as db:
        await network(db)
        user, number = await live(db)
        assert "koordinator Ojek Daring" in (await say(db, words, user)).text
        assert await belonging.states_of(db, number) == {OJOL: Belonging.ASKED}


async def test_its_coordinator_hears_of_it_and_lets_in_by_a_number(store: Store) -> None:
    async with store.write() as db:
        await network(db)
        user, number = await live(db, "Dewi")
        coordinator, office = await live(db, "Siti")
        values = {"member": office, "node": OJOL, "office": "koordinator-jaringan", "decree": "SK", "starts_at": NOW}
        await db.execute(insert(mandate).values(values))
        await say(db, "!ikut ojek", user)
        rows = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "tell"))
        (told,) = rows.scalars()
        assert (told["member"], "Dewi minta bergabung di Ojek Daring" in told["text"]) == (office, True)
        choice = (await say(db, "!izinkan", coordinator)).choices[0]
        assert choice.label == "Dewi"
        with pytest.raises(KamarError, match="not_allowed"):
            await say(db, f"!{choice.command}", user)
        assert (await say(db, f"!{choice.command}", coordinator)).text == "Dewi diizinkan masuk."
        assert await belonging.states_of(db, number) == {OJOL: Belonging.IN}
        assert "Anda keluar" in (await say(db, "!lepas Ojek Daring", user)).text
        assert await belonging.states_of(db, number) == {OJOL: Belonging.LEFT}


async def plant(db: Db) -> list[UserId]:
    """Open a workplace with two people and its chat."""
    await db.execute(insert(cover).values(node=PLANT, name=NAME))
    users = []
    for order in range(2):
        users.append(UserId(f"@rekan{order}:kamar.test"))
        number = await member.create(db, users[-1], f"Rekan {order}", PLANT, None, None, NOW, persona=True)
        await workplace.found(db, PLANT, number, NOW)
    await opened(db, RoomKey(PLANT, RoomKind.OBROLAN))
    return users


async def test_colleagues_are_asked_in_their_kamar_and_two_reactions_let_in(store: Store) -> None:
    chat = RoomKey(PLANT, RoomKind.OBROLAN)
    async with store.write() as db:
        colleagues = await plant(db)
        newcomer = await member.create(db, UserId("@baru:kamar.test"), "Melati", PLANT, None, None, NOW, persona=True)
        await workplace_ask(db, newcomer)
        rows = await db.execute(select(outbox_table.c.payload).where(outbox_table.c.kind == "ask"))
        (question,) = rows.scalars()
        assert "Melati ingin masuk" in question["content"]["body"]
        (row,) = await seating.rooms_at(db, [PLANT])
        assert question["room_id"] == RoomId(str(row.room_id))
        command = f"!{question['choices'][0]}"
        assert "perlu izin 2 orang" in (await say(db, command, colleagues[0], chat)).text
        with pytest.raises(KamarError, match="not_allowed"):
            await say(db, command, colleagues[0], chat)
        assert (await say(db, command, colleagues[1], chat)).text == "Melati diizinkan masuk."
        assert await belonging.is_in(db, newcomer, PLANT)


async def workplace_ask(db: Db, number: MemberId) -> None:
    """Let somebody ask with the server's code, two being in already."""
    await referral.create(db, "K2CCCCCCCC", None, PLANT, NOW)
    await belonging.enter(db, number, await referral.find(db, "K2CCCCCCCC"), PLANT, NOW)


@pytest.mark.parametrize("command", ["!ikut {}", "!gabung-kamar {}", "!izinkan", "!izinkan 1", "!kamar", "!lepas {}"])
@pytest.mark.parametrize("name", [NAME, PLANT, "kerja", "Rekan"])
async def test_every_command_answers_a_workplace_as_before_there_was_one(command: str, name: str, store: Store) -> None:
    async with store.write() as db:
        user, number = await live(db)
        values = {"member": number, "office": "ketua", "decree": "SK", "starts_at": NOW}
        for place in ("32", "32.16", "32.16.19"):
            await db.execute(insert(mandate).values(node=place, **values))
        answers = []
        for _again in range(2):
            try:
                answers.append(await say(db, command.format(name), user))
            except KamarError as refused:
                answers.append(Reply(str(refused)))
            if len(answers) == 1:
                await plant(db)
        assert answers[0] == answers[1]
        assert await belonging.count_in(db, PLANT) == 2
