"""A workplace answers like one that does not exist: same status, same body, same questions to the database.

Asked by somebody without account, a neighbour, the coordinator of the whole province, and an administrator; on every
address of the portal that takes a path, a name or a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, insert, update

from kamar.ids import NodePath, RoomId, UserId
from kamar.referral import new_code
from kamar.structure import RoomKey, RoomKind
from kamar_store import belonging, member, persona, referral, seating, vault_key, workplace
from kamar_store.tables import cover, mandate
from kamar_store.tables import member as member_table
from tests.portal.browser import Browser, sign_up
from tests.portal.conftest import House

THERE = NodePath("kerja/k7f3qmab/p2wqx4rn")
NOWHERE = NodePath("kerja/z9f3qmab/x2wqx4rn")
COMPANY = "kerja/k7f3qmab"
ASKERS = ("nobody", "neighbour", "coordinator", "administrator")
PATTERN = re.compile(r"\{(\w+)(?::[^{}]*)?\}")


NAME = "Pensil Cicak"  # by which its rooms go


@pytest.fixture(autouse=True)
def vault(house: House) -> None:
    vault_key.ensure(house.portal.site.state)


@pytest.fixture
async def plant(house: House) -> None:
    await open_workplace(house)


async def open_workplace(house: House) -> None:
    """Open a workplace with rooms, people and codes."""
    now = house.clock()
    async with house.store.write() as db:
        await db.execute(insert(cover).values(node=THERE, name=NAME))
        for name in ("Anggrek", "Kenanga"):
            user = UserId(f"@{name.lower()}22:kamar.test")
            number = await persona.create(db, user, name, THERE, now)
            await workplace.found(db, THERE, number, now)
        keys = [RoomKey(THERE, kind) for kind in (RoomKind.OBROLAN, RoomKind.SIARAN, RoomKind.SPACE)]
        await seating.want_rooms(db, keys, now)
        rows = await seating.rooms_at(db, [THERE])
        for row in rows:
            await seating.opened(db, row, RoomId(f"!kerja{row.id}:kamar.test"), now)
        await seating.want_seats(db, number, [row.id for row in rows], now)
        await seating.seated(db, number, [row.id for row in rows], now)
        await referral.create(db, new_code("K2", house.dice), None, THERE, now)
        await referral.create(db, new_code("K2", house.dice), number, THERE, now)


async def asker(house: House, who: str) -> Browser:
    """Return the browser of one of the ``ASKERS``."""
    browser = await house.open_browser()
    if who == "nobody":
        return browser
    await sign_up(browser, await house.code())
    async with house.store.write() as db:
        mine = member_table.c.persona.is_(False)
        await db.execute(update(member_table).where(mine).values(admin=who == "administrator"))
        if who == "coordinator":
            first = await member.by_user(db, next(iter(house.synapse.accounts)))
            assert first is not None
            values = {"member": first.id, "office": "ketua", "decree": "SK 1", "starts_at": house.clock()}
            for node in ("32", "32.16", "32.16.19"):
                await db.execute(insert(mandate).values(node=node, **values))
    return browser


@contextmanager
def questions(house: House) -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    asked: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    engine = house.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def addresses(browser: Browser) -> list[str]:
    """Return every address of the portal that may be read, with ``{}`` where a path, a name or a code goes."""
    app = browser.client.app
    assert app is not None
    found = {route.resource.canonical for route in app.router.routes() if route.method == "GET" and route.resource}
    plain = {PATTERN.sub("{}", path) for path in found if "{" in path}
    asked = {
        "/komunitas/lain?q={}",
        "/wilayah/cari?q={}",
        "/api/v1/wilayah?q={}",
        "/cek?akun={}",
        "/pengurus?q={}",
        "/komunitas/lain?simpul={}",
    }
    return sorted(path for path in plain | asked if not path.startswith(("/_", "/chat", "/static", "/.well")))


async def asked(house: House, browser: Browser, address: str, value: str) -> tuple[int, str, int]:
    """Return status, body, and how often the database was asked."""
    with questions(house) as statements:
        status, text = await told(browser, address, value)
    return status, text, len(statements)


async def told(browser: Browser, address: str, value: str) -> tuple[int, str]:
    answer = await browser.client.get(address.replace("{}", value), allow_redirects=False)
    return answer.status, re.sub(r'name="formulir" value="[^"]*"', "", await answer.text())


@pytest.mark.parametrize("who", ASKERS)
async def test_every_address_answers_a_workplace_as_before_there_was_one(who: str, house: House) -> None:
    browser = await asker(house, who)
    probes = [
        (address, value) for address in addresses(browser) for value in (THERE, COMPANY, NAME, "Anggrek", "anggrek22")
    ]
    for address, value in probes:
        await told(browser, address, value)  # what is kept in memory after the first time is kept for both
    before = [await asked(house, browser, *probe) for probe in probes]
    await open_workplace(house)
    for probe, unknown in zip(probes, before, strict=True):
        assert await asked(house, browser, *probe) == unknown, probe
    assert len(probes) > 40


@pytest.mark.parametrize("who", ASKERS[1:])
async def test_no_page_names_a_workplace_its_people_or_its_number(who: str, house: House, plant: None) -> None:
    browser = await asker(house, who)
    pages = ["/komunitas", "/komunitas/lain", "/tempat-kerja", "/ajak", "/saya", "/jamin", "/laporan", "/kasus"]
    pages += ["/kelola"] if who == "administrator" else []
    for page in pages:
        text = (await browser.visit(page)).text
        for word in (NAME, "Anggrek", "Kenanga", "k7f3qmab"):
            assert word not in text, (page, word)
    if who == "administrator":
        numbers = re.findall(r"<dd>(\d+)</dd>", browser.page.text)
        assert numbers[:2] == ["1", "0"]  # members and open kamar: the administrator himself, and none


@pytest.mark.parametrize("typed", ["Anggrek", "anggrek22"])
async def test_an_administrator_gives_nobody_a_way_into_a_colleagues_account(typed: str, house: House) -> None:
    browser, answers = await asker(house, "administrator"), []
    for _again in range(2):
        await browser.visit("/kelola/pulih")
        with questions(house) as statements:
            page = await browser.send("/kelola/pulih", {"nama": typed})
        answers.append((page.status, re.sub(r'name="formulir" value="[^"]*"', "", page.text), len(statements)))
        if len(answers) == 1:
            await open_workplace(house)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("who", ASKERS[1:])
async def test_asking_to_join_a_workplace_is_asking_for_what_is_not_there(who: str, house: House, plant: None) -> None:
    browser = await asker(house, who)
    answers = []
    for path in (THERE, NOWHERE):
        await browser.visit("/komunitas/lain")
        form = browser.page.form("/komunitas/lain/kode")
        with questions(house) as statements:
            answer = await browser.client.post("/komunitas/lain", data=[*form.fields, ("simpul", path)])
        text = re.sub(r'name="formulir" value="[^"]*"', "", await answer.text()).replace(path, "...")
        answers.append((answer.status, text, len(statements)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    async with house.store.read() as db:
        assert await belonging.count_in(db, THERE) == 2


async def test_a_poster_is_not_shown_even_to_an_administrator_who_knows_its_code(house: House, plant: None) -> None:
    browser = await asker(house, "administrator")
    code = new_code("K2", house.dice)
    async with house.store.write() as db:
        await referral.create(db, code, None, THERE, house.clock())
    known, unknown = (
        await browser.visit(f"/kelola/poster/{code}"),
        await browser.visit(f"/kelola/poster/{house.unused_code()}"),
    )
    assert (known.status, unknown.status) == (404, 404)
