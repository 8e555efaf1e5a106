"""``!pemilihan`` and ``!pilih``: an officer asks, members answer alone, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from kamar.errors import KamarError
from kamar.organisation import OfficeCode, profile
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import vacancy, vacancy_vote
from kamar_store.store import Store
from kamar_store.tables import member
from tests.bots.test_commands import reply
from tests.bots.village import CHAT, NOW, RT, VILLAGE, asked, live

OFFICE = OfficeCode("koordinator")


async def test_an_officer_asks_the_kamar_and_its_people_choose_alone_and_once(store: Store) -> None:
    async with store.write() as db:
        boss, boss_number = await live(db, "Eko")
        await mandates.appoint(db, boss_number, VILLAGE, "koordinator", "SK 1", NOW)
        people = [await live(db, name) for name in ("Siti", "Budi", "Dewi")]
        await db.execute(update(member).values(vouched_at=NOW))
        siti = await members.by_id(db, people[0][1])
        assert siti is not None
    (user, _), (voter, _), _ = people
    with pytest.raises(KamarError, match="appoint_not_allowed"):
        await reply(store, asked("!pemilihan koordinator 3", user, CHAT))
    with pytest.raises(KamarError, match="vote_candidates"):
        await reply(store, asked("!pemilihan koordinator 3", boss, CHAT))
    async with store.write() as db:
        offer = await vacancy.offer(db, profile(), siti, RT, OFFICE, "saya siap", NOW)
    opened = await reply(store, asked("!pemilihan koordinator 3", boss, CHAT))
    assert opened is not None
    assert opened.text.startswith("Siapa menjadi Koordinator Kamar di Kamar RT 003/RW 005 Sukaresmi?")
    in_room = await reply(store, asked("!pilih", voter, CHAT))
    assert in_room is not None
    assert in_room.choices == ()
    ballot = await reply(store, asked("pilih", voter, direct=True))
    assert ballot is not None
    assert [choice.label for choice in ballot.choices] == ["Siti: saya siap"]
    counted = await reply(store, asked(f"!{ballot.choices[0].command}", voter, direct=True))
    assert counted is not None
    assert counted.text.startswith("Terima kasih, suara Anda sudah dihitung.")
    for again in ("pilih", f"!{ballot.choices[0].command}"):
        with pytest.raises(KamarError, match="vote_twice"):
            await reply(store, asked(again, voter, direct=True))
    async with store.read() as db:
        (vote,) = await vacancy_vote.running(db, [RT], NOW)
        assert vote.closes_at == NOW + timedelta(days=3)
        assert [(each.id, each.votes) for each in await vacancy_vote.candidates(db, vote.id)] == [(offer, 1)]


async def test_without_a_vote_there_is_nothing_to_choose(store: Store) -> None:
    async with store.write() as db:
        user, _number = await live(db)
    found = await reply(store, asked("pilih", user, direct=True))
    assert found is not None
    assert found.text == "Di tempat Anda sedang tidak ada pemilihan."
