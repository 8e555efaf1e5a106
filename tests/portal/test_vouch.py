"""Jamin tetangga, Pindah, and the newcomers whom the wave brake holds: what each person sees and may do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import MOVE_EVERY, Office
from kamar.organisation import profile
from kamar.sentences import SENTENCES
from kamar.structure import RoomKey, RoomKind
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store import move, outbox, referral, seating, vouch, wave
from kamar_store.member import Member
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House
from tests.portal.village import KEMIRI_MUKA, SUKARESMI

RT = NodePath(f"{SUKARESMI}/RW005/RT003")
NEXT = NodePath(f"{SUKARESMI}/RW005/RT004")


async def me(house: House) -> Member:
    """Return whoever signed up first."""
    async with house.store.read() as db:
        found = await members.by_user(db, next(iter(house.synapse.accounts)))
    assert found is not None
    return found


async def neighbour(house: House, name: str, home: NodePath = RT, *, vouched: bool = False) -> MemberId:
    async with house.store.write() as db:
        user = UserId(f"@{name.lower()}:kamar.test")
        return await members.create(db, user, name, home, None, None, house.clock(), vouched=vouched)


async def open_rt(house: House) -> None:
    """Open the kamar of the RT, as the jobs do."""
    async with house.store.write() as db:
        await seating.want_rooms(db, [RoomKey(RT, RoomKind.OBROLAN)], house.clock())
        (row,) = await seating.rooms_at(db, [RT])
        await seating.opened(db, row, RoomId("!rt:kamar.test"), house.clock())


async def make(house: House, **what: object) -> None:
    """Make the first one a neighbour, an administrator, or a coordinator of a node."""
    who = await me(house)
    async with house.store.write() as db:
        if what.get("vouched") or what.get("of"):
            await vouch.confirm(db, who.id, house.clock())
        if what.get("admin"):
            await members.make_admin(db, who.id)
        if of := what.get("of"):
            await mandates.appoint(db, who.id, NodePath(str(of)), Office.KOORDINATOR, "SK 1", house.clock())


async def is_vouched(house: House, number: MemberId) -> bool:
    async with house.store.read() as db:
        found = await members.by_id(db, number)
    assert found is not None
    return found.vouched


async def test_a_newcomer_is_told_what_opens_and_how_and_sees_no_names(house: House, browser: Browser) -> None:
    await open_rt(house)
    await neighbour(house, "Dewi")
    page = await sign_up(browser, await house.code())
    assert "Anda tetangga baru di sini" in page.text
    assert f"!jamin {(await me(house)).user_id}" in page.text
    page = await browser.visit("/jamin")
    assert "Anda sendiri belum dijamin" in page.text
    assert "Dewi" not in page.text


@pytest.mark.parametrize(
    ("what", "names", "others"),
    [
        ({"vouched": True}, {"Dewi"}, {"Eko", "Fitri", "Siti"}),
        ({"of": NEXT}, {"Dewi", "Eko"}, {"Fitri", "Siti"}),
        ({"of": SUKARESMI}, {"Dewi", "Eko"}, {"Fitri", "Siti"}),
    ],
    ids=["a neighbour", "the coordinator of the next RT", "the coordinator of the village"],
)
async def test_only_newcomers_of_the_own_rt_or_area_are_named(
    what: dict[str, object], names: set[str], others: set[str], house: House, browser: Browser
) -> None:
    await open_rt(house)
    await sign_up(browser, await house.code())
    await make(house, **what)
    for name, home in (("Dewi", RT), ("Eko", NEXT), ("Fitri", KEMIRI_MUKA)):
        await neighbour(house, name, home)
    await neighbour(house, "Siti", vouched=True)
    page = await browser.visit("/jamin")
    assert {name for name in names | others if name in page.text} == names


async def test_two_neighbours_make_a_newcomer_a_neighbour_and_he_is_seated_anew(house: House, browser: Browser) -> None:
    await open_rt(house)
    await sign_up(browser, await house.code())
    await make(house, vouched=True)
    dewi = await neighbour(house, "Dewi")
    page = await browser.visit("/jamin")
    assert "Saya kenal Dewi" in page.text
    page = await browser.send("/jamin", {"tetangga": str(dewi)})
    assert "Anda sudah menjaminnya" in page.text
    assert not await is_vouched(house, dewi)
    assert (await browser.send("/jamin", {"tetangga": str(dewi)})).text.count(SENTENCES["vouch_twice"][:12]) == 1

    other = await neighbour(house, "Siti", vouched=True)
    async with house.store.write() as db:
        siti, newcomer = await members.by_id(db, other), await members.by_id(db, dewi)
        assert siti is not None
        assert newcomer is not None
        await vouch.say(db, await vouch.voucher(db, profile(), siti, house.clock()), newcomer, house.clock())
        rows = await outbox.claim(db, house.clock(), 100)
    assert await is_vouched(house, dewi)
    assert [row.payload for row in rows if row.key.startswith(f"seat:{dewi}:vouched")] == [{"member": dewi}]


@pytest.mark.parametrize("stranger", ["Eko", "Siti", "nobody", "himself"])
async def test_who_is_not_on_the_list_can_t_be_vouched_for(stranger: str, house: House, browser: Browser) -> None:
    await open_rt(house)
    await sign_up(browser, await house.code())
    await make(house, vouched=True)
    await neighbour(house, "Dewi")
    numbers = {
        "Eko": await neighbour(house, "Eko", NEXT),
        "Siti": await neighbour(house, "Siti", vouched=True),
        "nobody": 999,
        "himself": (await me(house)).id,
    }
    await browser.visit("/jamin")
    assert (await browser.send("/jamin", {"tetangga": str(numbers[stranger])})).status == 403


async def test_a_neighbours_code_is_one_word_and_a_strangers_none(house: House, browser: Browser) -> None:
    siti = await neighbour(house, "Siti", vouched=True)
    async with house.store.write() as db:
        code = await referral.ensure_own(db, siti, "K2", house.dice, house.clock())
    await sign_up(browser, code)
    async with house.store.read() as db:
        assert list(await vouch.words_for(db, (await me(house)).id)) == [siti]
    assert not (await me(house)).vouched


async def test_who_agrees_to_greet_is_remembered(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await make(house, vouched=True)
    await browser.visit("/jamin")
    assert 'value="ya" checked' in (await browser.send("/jamin/sapa", {"sapa": "ya"})).text
    assert 'value="ya" checked' not in (await browser.send("/jamin/sapa", {"sapa": ""})).text


@pytest.mark.parametrize(
    ("village", "kept"), [(SUKARESMI, True), (KEMIRI_MUKA, False)], ids=["same village", "another"]
)
async def test_a_move_takes_the_neighbours_word_along_within_the_village_only(
    village: NodePath, kept: bool, house: House, browser: Browser
) -> None:
    await sign_up(browser, await house.code())
    await make(house, vouched=True)
    await browser.visit("/pindah")
    page = await browser.send("/pindah", {"desa": village, "rt": "1", "rw": "2"})
    assert page.address == "/komunitas"
    who = await me(house)
    assert (who.home, who.vouched) == (f"{village}/RW002/RT001", kept)


async def test_the_second_move_in_thirty_days_needs_the_coordinator_of_the_new_place(
    house: House, browser: Browser
) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/pindah")
    await browser.send("/pindah", {"desa": SUKARESMI, "rt": "1", "rw": "2"})
    house.clock.pass_by(MOVE_EVERY - timedelta(minutes=1))
    await browser.visit("/masuk")
    mover = await me(house)
    siti = await neighbour(house, "Siti", KEMIRI_MUKA, vouched=True)
    async with house.store.write() as db:
        assert await move.ask(db, mover, KEMIRI_MUKA, house.clock()) == "asked"
        assert (await me(house)).home == mover.home
        coordinator = await members.by_id(db, siti)
        assert coordinator is not None
        assert await move.requests_for(db, await vouch.voucher(db, profile(), coordinator, house.clock())) == []
        await mandates.appoint(db, siti, KEMIRI_MUKA, Office.KOORDINATOR, "SK 1", house.clock())
        voucher = await vouch.voucher(db, profile(), coordinator, house.clock())
        (request,) = await move.requests_for(db, voucher)
        await move.answer(db, request.id, voucher, house.clock(), agree=True)
    assert (await me(house)).home == KEMIRI_MUKA


async def test_moving_to_where_one_lives_is_refused(house: House, browser: Browser) -> None:
    await sign_up(browser, await house.code())
    await browser.visit("/pindah")
    page = await browser.send("/pindah", {"desa": SUKARESMI, "rt": "3", "rw": "5"})
    assert (page.status, SENTENCES["move_same"] in page.text) == (422, True)


async def test_a_held_newcomer_is_told_and_an_administrator_lets_him_in(house: House, browser: Browser) -> None:
    code = await house.code()
    await sign_up(browser, code)
    held = await me(house)
    async with house.store.write() as db:
        await wave.put_on_hold(db, held.id, code, house.clock())
    page = await browser.visit("/komunitas")
    assert "Pendaftaran Anda ditahan sebentar" in page.text
    assert "sedang disiapkan" not in page.text
    form = {**dict(page.form("/bahasa").fields), "anggota": str(held.id), "kode": code, "hari": "7"}
    for door in ("/kelola/tahan/lepas", "/kelola/tahan/kampanye"):
        assert (await browser.client.post(door, data=form)).status == 403

    async with house.store.write() as db:
        await members.make_admin(db, held.id)
    page = await browser.visit("/kelola")
    assert "Pendaftar yang ditahan" in page.text
    page = await browser.send("/kelola/tahan/kampanye")
    async with house.store.read() as db:
        assert await wave.is_free(db, held.id, code, house.clock() + timedelta(days=6))
        assert not await wave.is_free(db, held.id, code, house.clock() + timedelta(days=8))
    page = await browser.send("/kelola/tahan/lepas")
    assert "Pendaftar yang ditahan" not in page.text
    async with house.store.read() as db:
        assert await wave.is_free(db, held.id, code, house.clock() + timedelta(days=8))


@pytest.mark.parametrize(
    ("demo", "vouched"), [(True, True), (False, False)], ids=["of the demonstration", "a real one"]
)
async def test_only_the_coordinator_of_the_demonstration_vouches_by_itself(
    demo: bool, vouched: bool, house: House, browser: Browser
) -> None:
    async with house.store.write() as db:
        siti = await members.create(db, UserId("@siti:x"), "Siti", RT, None, None, house.clock(), demo=demo)
        await mandates.appoint(db, siti, RT, Office.KOORDINATOR, "contoh", house.clock())
    await sign_up(browser, await house.code())
    assert (await me(house)).vouched is vouched
