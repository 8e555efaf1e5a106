"""Which talks the second account takes part in, which it leaves alone, and the ways between encrypted and plain."""

from __future__ import annotations

import pytest

from kamar_bots import direct, serve
from kamar_provisioning import jobs
from kamar_store.site import Site
from tests.bots.test_real_synapse import running
from tests.encrypted.member import Phone
from tests.encrypted.people import BOT, until_said
from tests.servers.branch import Branch

pytestmark = pytest.mark.integration


async def test_where_encryption_is_off_it_is_switched_on(site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT, encrypted=False)
        assert (await siti.hears(room, BOT, "Halo! Saya Kamar")).encrypted


async def test_without_encryption_nothing_is_answered_but_the_way_to_it(site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT, encrypted=False, power=False)
        await siti.say(room, "!kamar")
        told = await siti.hears(room, BOT, "Di sini saya hanya menjawab bila obrolannya terenkripsi")
        await until_said(site)
    await siti.look()
    assert siti.said(room, BOT) == [told]


async def test_groups_and_other_servers_do_not_get_it(site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        answer = await siti.client.room_create(invite=[BOT])
        room = await siti.talk_to(BOT)  # asked later, and joined: so the group was passed over
    members = (await siti.client.joined_members(answer.room_id)).members
    assert [member.user_id for member in members] == [siti.client.user_id]
    assert room != answer.room_id


async def test_when_the_last_person_leaves_it_leaves_as_well(server: Branch, site: Site, siti: Phone) -> None:
    async with running(direct.run(site)):
        room = await siti.talk_to(BOT)
        await siti.client.room_leave(room)
        await siti.until(lambda: membership(server, room) == "leave")


async def test_the_account_for_all_shows_the_way_out_of_an_encrypted_talk(site: Site, siti: Phone) -> None:
    kamar = site.settings.bot
    async with running(direct.run(site), serve.run(site), jobs.run(site)):
        room = await siti.talk_to(kamar)
        question = await siti.hears(room, kamar, "Obrolan ini terenkripsi, jadi saya tidak bisa membacanya.")
        assert site.settings.portal_url in question.content["body"]
        await siti.tap(room, question.event_id, "1️⃣")
        await siti.until(lambda: BOT in siti.invited.values())
        safe = next(place for place, sender in siti.invited.items() if sender == BOT)
        await siti.client.join(safe)
        assert (await siti.hears(safe, BOT, "Halo! Saya Kamar")).encrypted
        await siti.say(safe, "kamar")
        assert (await siti.hears(safe, BOT, "Anda tinggal di")).encrypted
        await siti.say(safe, "!biasa")
        await siti.until(lambda: kamar in siti.invited.values())
        plain = next(place for place, sender in siti.invited.items() if sender == kamar)
        await siti.client.join(plain)
        assert not (await siti.hears(plain, kamar, "Di sini obrolan biasa kita")).encrypted
        await siti.say(plain, "kamar")
        assert not (await siti.hears(plain, kamar, "Anda tinggal di")).encrypted
        await siti.say(safe, "!biasa")  # again: the room is there, so it is only shown
        await siti.hears(plain, kamar, "Di sini obrolan biasa kita", after=1)
        assert len(siti.said(room, kamar)) == 2  # the question, and that the invitation comes


def membership(server: Branch, room: str) -> str:
    ((found,),) = server.homeserver.sql(
        "SELECT membership FROM local_current_membership WHERE user_id = ? AND room_id = ?", BOT, room
    )
    return str(found)
