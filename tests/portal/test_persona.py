"""The second account of a workplace: entered, used, let in by two, erased; and unseen by everybody else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from kamar.belonging import Belonging
from kamar.errors import KamarError
from kamar.ids import NodePath, UserId
from kamar.organisation import profile
from kamar.referral import new_code
from kamar.sentences import SENTENCES
from kamar_portal.persona import refuse_alike
from kamar_store import belonging, member, persona, referral, vault_access, vault_key, workplace
from kamar_store.member import Member
from kamar_store.store import Store
from kamar_store.tables import member as member_table
from kamar_store.tables import vault_access as log
from kamar_store.tables import vault_persona
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House

ORGANISATION = profile()
PLANT = NodePath("kerja/k7f3qmab/p2wqx4rn")


@pytest.fixture(autouse=True)
def vault(house: House) -> None:
    vault_key.ensure(house.portal.site.state)


async def founder(house: House, name: str = "Rekan") -> Member:
    """Write somebody who works at the plant already."""
    now = house.clock()
    async with house.store.write() as db:
        count = await belonging.count_in(db, PLANT)
        number = await persona.create(db, UserId(f"@rekan{count}:kamar.test"), f"{name} {count}", PLANT, now)
        await workplace.found(db, PLANT, number, now)
        found = await member.by_id(db, number)
    assert found is not None
    return found


async def plant_code(house: House, owner: Member | None = None) -> str:
    """Return a code that carries the plant."""
    code = new_code("K2", house.dice)
    async with house.store.write() as db:
        await referral.create(db, code, owner.id if owner else None, PLANT, house.clock())
    return code


async def personas(store: Store) -> list[Member]:
    async with store.read() as db:
        rows = await db.execute(select(*member.COLUMNS).where(member_table.c.persona).order_by(member_table.c.id))
        return [member.read(row) for row in rows]


async def state(house: House, who: Member) -> Belonging | None:
    async with house.store.read() as db:
        return (await belonging.states_of(db, who.id)).get(who.home)


async def enter(browser: Browser, code: str, name: str = "Melati") -> Page:
    await browser.visit("/tempat-kerja")
    return await browser.send("/tempat-kerja", {"kode": code, "nama": name})


async def test_a_second_account_shares_nothing_with_the_first(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    page = await enter(browser, await plant_code(house))
    assert "Simpan ini sekarang" in page.text
    (second,) = await personas(house.store)
    async with house.store.read() as db:
        first = await member.by_user(db, next(user for user in house.synapse.accounts if user != second.user_id))
        rows = (await db.execute(select(vault_persona))).all()
        mine = (await db.execute(select(member_table).where(member_table.c.id == second.id))).one()
    assert first is not None
    assert second.display_name == "Melati"
    assert second.user_id != first.user_id
    assert house.synapse.accounts[second.user_id].display_name == "Melati"
    assert (mine.referrer, mine.code, mine.tree, mine.joined_at.hour) == (None, None, None, 0)
    (row,) = rows
    assert str(second.id) not in (row.lookup, row.back)
    assert second.user_id.encode() not in row.sealed


async def test_a_name_like_the_first_one_is_refused(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code(), name="Budi Santoso")
    page = await enter(browser, await plant_code(house), "B u d i Santos0")
    assert SENTENCES["persona_name"] in page.text
    assert await personas(house.store) == []


async def test_two_colleagues_let_one_in_and_not_one_alone(house: House, browser: Browser) -> None:
    colleagues = [await founder(house), await founder(house)]
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    newcomer = (await personas(house.store))[-1]
    assert await state(house, newcomer) is Belonging.ASKED
    for colleague, told in zip(colleagues, (Belonging.ASKED, Belonging.IN), strict=True):
        async with house.store.write() as db:
            (waiting,) = await belonging.asked_of(db, ORGANISATION, colleague, house.clock())
            assert await belonging.answer(db, ORGANISATION, colleague, waiting.id, house.clock(), agree=True) is told
        assert await state(house, newcomer) is told


async def test_the_code_of_a_colleague_is_one_word(house: House, browser: Browser) -> None:
    colleagues = [await founder(house), await founder(house)]
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house, colleagues[0]))
    newcomer = (await personas(house.store))[-1]
    assert await state(house, newcomer) is Belonging.ASKED
    async with house.store.write() as db:
        assert await belonging.asked_of(db, ORGANISATION, colleagues[0], house.clock()) == []
        (waiting,) = await belonging.asked_of(db, ORGANISATION, colleagues[1], house.clock())
        await belonging.answer(db, ORGANISATION, colleagues[1], waiting.id, house.clock(), agree=True)
    assert await state(house, newcomer) is Belonging.IN


async def test_an_administrator_and_a_coordinator_of_the_place_let_nobody_in(house: House, browser: Browser) -> None:
    await founder(house), await founder(house)
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    async with house.store.write() as db:
        await db.execute(update(member_table).where(member_table.c.persona.is_(False)).values(admin=True))
        first = await member.by_user(db, next(iter(house.synapse.accounts)))
        assert first is not None
        assert first.admin
        assert await belonging.asked_of(db, ORGANISATION, first, house.clock()) == []


async def test_every_look_at_the_link_is_written_down(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    second = (await personas(house.store))[0]
    await browser.visit("/tempat-kerja")
    await browser.send("/tempat-kerja/tautan", {"akun": second.user_id})
    async with house.store.read() as db:
        purposes = [row.purpose for row in await db.execute(select(log).order_by(log.c.id))]
        assert await vault_access.first_broken(db) is None
    assert purposes == ["persona_page", "persona_make", "persona_page", "persona_page", "persona_login"]


async def test_a_one_time_link_opens_the_second_account_in_a_browser_of_its_own(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    second = (await personas(house.store))[0]
    await browser.visit("/tempat-kerja")
    page = await browser.send("/tempat-kerja/tautan", {"akun": second.user_id})
    found = re.search(r"/tempat-kerja/masuk/[\w-]+", page.text)
    assert found
    other = await house.open_browser()
    await other.visit(found[0])
    await other.send(found[0])
    answer = await other.client.get("/obrolan", allow_redirects=False)
    assert "user=" in answer.headers["Location"]
    assert second.user_id.replace(":", "%3A").replace("@", "%40") in answer.headers["Location"]
    assert (await other.visit(found[0])).status == 410
    assert (await other.visit("/tempat-kerja")).status == 404  # a second account has none of its own
    assert "Melati" not in (await browser.visit("/komunitas")).text
    async with house.store.read() as db:
        from kamar_store.tables import known_key

        known = (await db.execute(select(known_key.c.member))).scalars().all()
    assert second.id not in known


async def test_a_stranger_cannot_open_somebody_elses_second_account(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    second = (await personas(house.store))[0]
    stranger = await house.open_browser()
    await sign_up(stranger, await house.code(), name="Siti")
    await enter(stranger, await plant_code(house), "Kenanga")
    await stranger.visit("/tempat-kerja")
    page = await stranger.send("/tempat-kerja/tautan", {"akun": second.user_id})
    unknown = await stranger.visit("/tempat-kerja")
    unknown = await stranger.send("/tempat-kerja/tautan", {"akun": "@tidakada:kamar.test"})
    assert (page.status, page.text) == (unknown.status, unknown.text)
    assert page.status == 404


@pytest.mark.parametrize("side", ["first", "second"])
async def test_leaving_erases_the_second_account_at_one_touch(side: str, house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    second = (await personas(house.store))[0]
    await browser.visit("/tempat-kerja")
    if side == "first":
        await browser.send("/tempat-kerja/keluar", {"akun": second.user_id})
    else:
        page = await browser.send("/tempat-kerja/tautan", {"akun": second.user_id})
        found = re.search(r"/tempat-kerja/masuk/[\w-]+", page.text)
        assert found
        other = await house.open_browser()
        await other.visit(found[0])
        await other.send(found[0])
        await other.visit("/komunitas/lain")
        await other.send("/tempat-kerja/keluar")
        assert (await other.visit("/komunitas")).status == 401
    assert await personas(house.store) == []
    async with house.store.read() as db:
        assert (await db.execute(select(vault_persona))).all() == []
    assert second.user_id not in house.synapse.accounts


async def test_a_new_vault_key_keeps_the_link_and_the_old_one_is_not_needed(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await enter(browser, await plant_code(house))
    state_dir = house.portal.site.state
    for _ in range(2):
        keys = vault_key.add(state_dir)
        assert await persona.rotate(house.store, keys, house.clock()) == 1
    assert "Melati" in (await browser.visit("/tempat-kerja")).text


async def test_a_poster_of_the_plant_makes_an_account_that_is_a_colleagues_and_nothing_else(house: House) -> None:
    await founder(house)
    code = await plant_code(house)
    browser = await house.open_browser()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await browser.send(f"/g/{code}/setuju", {"umur": "17", "setuju": ["account", "messages"]})
    page = await browser.send(f"/g/{code}/akun", {"nama": "Anggrek", "sandi": "gunung biru tinggi", "buatan": "tidak"})
    assert page.address == "/komunitas"
    second = (await personas(house.store))[-1]
    assert (second.home, second.persona) == (PLANT, True)
    assert await state(house, second) is Belonging.IN


@pytest.mark.parametrize("side", ["first", "second"])
async def test_neither_account_takes_the_others_name_later(side: str, house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code(), name="Budi")
    await enter(browser, await plant_code(house))
    second = (await personas(house.store))[0]
    user = (
        second.user_id if side == "second" else next(user for user in house.synapse.accounts if user != second.user_id)
    )
    async with house.store.read() as db:
        who = await member.by_user(db, user)
    assert who is not None
    taken = "M3lati" if side == "first" else "Bud1"
    with pytest.raises(KamarError, match="persona_name"):
        await refuse_alike(house.portal, who, taken)
    await refuse_alike(house.portal, who, "Kenanga")
    if side == "first":
        await browser.visit("/saya")
        assert SENTENCES["persona_name"] in (await browser.send("/saya/nama", {"nama": taken})).text
