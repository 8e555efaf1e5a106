"""Getting back in by words and by e-mail, each attacked; and what a member keeps for that day."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from kamar.sentences import SENTENCES
from kamar.settings import Mail, Settings
from kamar_bridges.matrix import Matrix
from kamar_portal import recovery as words_way
from kamar_provisioning import recovery as jobs
from kamar_provisioning.jobs import Desk
from kamar_store import outbox as outbox_queries
from kamar_store import vault_key
from kamar_store.tables import outbox, recovery, vault_access, vault_contact
from tests.portal.browser import Browser, Page, sign_up
from tests.portal.conftest import House
from tests.servers.mailbox import Mailbox, mailbox

PASSWORD = "gunung biru tinggi"
NEW = "sawah hijau luas"
EMAIL = "dewi@contoh.id"
FAILED = SENTENCES["letter_failed"]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def settings(settings: Settings, box: Mailbox) -> Settings:
    """Give a server that sends letters."""
    return dataclasses.replace(settings, mail=Mail("127.0.0.1", box.port, "none", "", "kamar@contoh.id"))


@pytest.fixture
async def dewi(house: House, browser: Browser) -> Browser:
    """Give a member's browser."""
    vault_key.ensure(house.portal.site.state)
    await sign_up(browser, await house.code(), name="Dewi")
    return browser


def account(house: House) -> str:
    """Return the only account."""
    return next(iter(house.synapse.accounts))


async def deliver(house: House) -> None:
    """Carry the letters out, as the jobs do."""

    class Now(Desk):
        def now(self) -> datetime:
            return house.clock()

    desk = Now(house.portal.site, Matrix(house.portal.homeserver, ""), house.portal.module)
    async with house.store.read() as db:
        rows = await db.execute(
            select(outbox.c.id, outbox.c.kind, outbox.c.key, outbox.c.payload, outbox.c.attempts).where(
                outbox.c.kind == "mail", outbox.c.state == "ready"
            )
        )
        found = [outbox_queries.Row(*row) for row in rows]
    for row in found:
        await jobs.mail(desk, row)
        async with house.store.write() as db:
            await outbox_queries.done(db, row)


async def keep_email(house: House, member: Browser, address: str = EMAIL) -> None:
    """Keep an address, without the code yet."""
    await member.visit("/saya/kunci")
    page = await member.send("/saya/kunci/surel", {"surel": address, "sandi_lama": PASSWORD})
    assert page.status == 200, page.text
    await deliver(house)


async def prove_email(house: House, member: Browser, box: Mailbox) -> None:
    """Keep an address and type the code that came."""
    await keep_email(house, member)
    page = await member.send("/saya/kunci/surel/kode", {"kode": box.code()})
    assert "sudah dipastikan" in page.text
    box.letters.clear()


async def ask_letter(house: House, address: str = EMAIL) -> Browser:
    """Ask for a code on a new telephone."""
    phone = await house.open_browser()
    await phone.visit("/lupa/surel")
    assert (await phone.send("/lupa/surel", {"surel": address})).address == "/lupa/surel/kode"
    await deliver(house)
    return phone


async def type_code(phone: Browser, code: str, password: str = NEW) -> Page:
    """Type a code and a new password."""
    await phone.visit("/lupa/surel/kode")
    return await phone.send("/lupa/surel/kode", {"kode": code, "sandi": password, "keluar": "ya"})


async def test_a_code_from_the_mailbox_makes_a_new_password_once(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    code = box.code()
    assert (await type_code(phone, code)).address == "/komunitas"
    assert house.synapse.accounts[account(house)].password == NEW
    assert len(house.synapse.devices) == 1
    assert (await dewi.visit("/komunitas")).status == 401  # the old browser is out of the portal too
    thief = await house.open_browser()
    thief.client.session.cookie_jar.update_cookies({"kamar_pulih": "x"})
    assert (await type_code(thief, code, "sandi pencuri ku")).status == 401


async def test_the_code_alone_is_worth_nothing_on_another_telephone(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    await ask_letter(house)
    overheard = box.code()
    thief = await ask_letter(house, "pencuri@contoh.id")
    assert (await type_code(thief, overheard)).status == 401
    assert house.synapse.accounts[account(house)].password == PASSWORD


async def test_five_guesses_end_a_letter_even_for_the_right_code(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    right = box.code()
    wrong = "0000 0000" if right != "0000 0000" else "1111 1111"
    for _ in range(5):
        page = await type_code(phone, wrong)
        assert (page.status, FAILED in page.text) == (401, True)
    page = await type_code(phone, right)
    assert (page.status, FAILED in page.text) == (401, True)


async def test_a_weak_password_costs_no_try(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    for _ in range(7):
        assert (await type_code(phone, box.code(), "pendek")).status == 422
    assert (await type_code(phone, box.code())).address == "/komunitas"


async def test_a_code_runs_out_after_a_quarter_of_an_hour(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    house.clock.pass_by(timedelta(minutes=15))
    assert (await type_code(phone, box.code())).status == 401


async def test_of_two_who_type_the_same_code_at_once_one_gets_in(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    await phone.visit("/lupa/surel/kode")
    form = dict(phone.page.form("/lupa/surel/kode").fields)
    sent = [{**form, "kode": box.code(), "sandi": f"sandi nomor {turn} baru"} for turn in range(4)]
    answers = await asyncio.gather(
        *(phone.client.post("/lupa/surel/kode", data=data, allow_redirects=False) for data in sent)
    )
    assert sorted(answer.status for answer in answers) == [303, 401, 401, 401]


async def test_a_synapse_that_is_down_does_not_use_the_code_up(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await ask_letter(house)
    house.synapse.down = True
    assert (await type_code(phone, box.code())).status == 503
    house.synapse.down = False
    assert (await type_code(phone, box.code())).address == "/komunitas"


async def test_an_address_that_nobody_has_costs_the_same_and_sends_nothing(
    house: House, dewi: Browser, box: Mailbox
) -> None:
    await prove_email(house, dewi, box)
    seen: dict[str, tuple[str, list[str]]] = {}
    for address in (EMAIL, "siapa@contoh.id"):
        box.letters.clear()
        done: list[str] = []
        engine = house.store.engine.sync_engine

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any, done: list[str] = done) -> None:
            done.append(statement)

        phone = await house.open_browser()
        await phone.visit("/lupa/surel")
        event.listen(engine, "before_cursor_execute", note)
        page = await phone.send("/lupa/surel", {"surel": address})
        event.remove(engine, "before_cursor_execute", note)
        await deliver(house)
        assert len(box.letters) == (address == EMAIL)
        seen[address] = (re.sub(r'name="formulir" value="[^"]*"', "", page.text), done)
    assert seen[EMAIL] == seen["siapa@contoh.id"]


async def test_a_claimed_address_that_was_not_proved_opens_nothing(house: House, dewi: Browser, box: Mailbox) -> None:
    await keep_email(house, dewi)
    box.letters.clear()
    await ask_letter(house)
    assert box.letters == []


async def test_a_proof_of_one_address_proves_no_other(house: House, dewi: Browser, box: Mailbox) -> None:
    await keep_email(house, dewi, "milik.penyerang@contoh.id")
    code = box.code()
    token = {cookie.key: cookie.value for cookie in dewi.client.session.cookie_jar}["kamar_pulih"]
    await keep_email(house, dewi, "korban@contoh.id")
    dewi.client.session.cookie_jar.update_cookies({"kamar_pulih": token}, dewi.client.make_url("/"))
    page = await dewi.send("/saya/kunci/surel/kode", {"kode": code})
    assert page.status == 401
    assert "sudah dipastikan" not in page.text


async def test_one_mailbox_is_not_flooded(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    phone = await house.open_browser()
    statuses = []
    for _ in range(4):
        await phone.visit("/lupa/surel")
        statuses.append((await phone.send("/lupa/surel", {"surel": EMAIL})).status)
    assert statuses[-1] == 429


async def test_no_row_holds_the_address_or_the_code(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    await ask_letter(house)
    raw = b"".join(file.read_bytes() for file in house.portal.site.state.root.glob("kamar.db*"))
    for secret in (EMAIL, box.code(), box.code().replace(" ", "")):
        assert secret.encode() not in raw


async def test_every_reading_of_an_address_is_a_row(house: House, dewi: Browser, box: Mailbox) -> None:
    await prove_email(house, dewi, box)
    await ask_letter(house)
    async with house.store.read() as db:
        purposes = (await db.execute(select(vault_access.c.purpose).order_by(vault_access.c.id))).scalars().all()
    assert purposes.count("mail-verify") == 1
    assert purposes.count("mail-recover") == 1
    assert "own" in purposes


@pytest.mark.parametrize("typed", ["{user}", "aa2aa2aa", "@orang:elsewhere.test", "'; --"])
async def test_wrong_words_cost_the_same_work_for_every_account(
    house: House, dewi: Browser, browser: Browser, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    worked: list[dict[str, int]] = []
    real = words_way.hashlib.scrypt

    def scrypt(text: bytes, **how: Any) -> bytes:
        worked.append({name: how[name] for name in ("n", "r", "p")})
        return real(text, **how)

    monkeypatch.setattr("hashlib.scrypt", scrypt)
    phone = await house.open_browser()
    await phone.visit("/lupa/kata")
    values = {"akun": typed.format(user=account(house)), "kata": "satu dua tiga", "sandi": NEW}
    page = await phone.send("/lupa/kata", values)
    assert (page.status, SENTENCES["recovery_failed"] in page.text) == (401, True)
    assert worked == [words_way.SCRYPT]


async def test_a_guesser_of_words_is_stopped_with_or_without_an_account(house: House, dewi: Browser) -> None:
    for user in (account(house), "aa2aa2aa"):
        phone = await house.open_browser()
        await phone.visit("/lupa/kata")
        statuses = []
        for _ in range(11):
            values = {"akun": user, "kata": "satu dua tiga", "sandi": NEW}
            answer = await phone.client.post(
                "/lupa/kata", data={**dict(phone.page.form("/lupa/kata").fields), **values}
            )
            statuses.append(answer.status)
        assert statuses == [401] * 10 + [429]


@pytest.mark.parametrize("logout", [True, False])
async def test_recovery_words_end_the_old_devices_only_when_asked(house: House, dewi: Browser, logout: bool) -> None:
    words = _words(dewi.page.text)
    phone = await house.open_browser()
    await phone.visit("/lupa/kata")
    values: dict[str, str | list[str]] = {"akun": account(house), "kata": " ".join(words), "sandi": NEW}
    page = await phone.send("/lupa/kata", {**values, "keluar": "ya" if logout else []})
    assert page.address == "/komunitas"
    assert (await dewi.visit("/komunitas")).status == (401 if logout else 200)
    assert len(house.synapse.devices) == (1 if logout else 2)


async def test_new_words_need_the_password_are_shown_once_and_end_the_old_ones(house: House, dewi: Browser) -> None:
    old = _words(dewi.page.text)
    await dewi.visit("/saya/kunci")
    page = await dewi.send("/saya/kunci/kata", {"sandi_lama": "salah"})
    assert (page.status, SENTENCES["password_wrong"] in page.text) == (422, True)
    await dewi.visit("/saya/kunci")
    new = _words((await dewi.send("/saya/kunci/kata", {"sandi_lama": PASSWORD})).text)
    assert new != old
    await dewi.send("/komunitas/tercatat")
    assert 'class="words"' not in dewi.page.text
    phone = await house.open_browser()
    for words, status in ((old, 401), (new, 200)):
        await phone.visit("/lupa/kata")
        sent = {"akun": account(house), "kata": " ".join(words), "sandi": NEW}
        assert (await phone.send("/lupa/kata", sent)).status == status
    async with house.store.read() as db:
        assert (await db.execute(select(func.count()).select_from(recovery))).scalar_one() == 1


@pytest.mark.parametrize("path", ["surel", "hp", "kata"])
async def test_a_borrowed_telephone_without_the_password_leaves_no_back_door(
    house: House, dewi: Browser, path: str
) -> None:
    await dewi.visit("/saya/kunci")
    values = {"surel": EMAIL, "hp": "0812-9876-5432", "sandi_lama": "tebakan saya"}
    assert (await dewi.send(f"/saya/kunci/{path}", values)).status == 422
    async with house.store.read() as db:
        assert (await db.execute(select(vault_contact.c.id))).all() == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("0812-9876-5432", "+62 ••• 32"), ("+60 12-345 6789", "+60 ••• 89"), ("12345", None), ("bukan nomor", None)],
)
async def test_a_telephone_number_is_kept_and_shown_masked(
    house: House, dewi: Browser, typed: str, shown: str | None
) -> None:
    await dewi.visit("/saya/kunci")
    page = await dewi.send("/saya/kunci/hp", {"hp": typed, "sandi_lama": PASSWORD})
    assert (shown or SENTENCES["phone_malformed"]) in page.text
    if shown:
        assert "98765432" not in page.text.replace("-", "")
        page = await dewi.send("/saya/kunci/hapus", {"jenis": "phone"})
        assert shown not in page.text


async def test_logging_out_everywhere_ends_every_device_session_and_link(house: House, dewi: Browser) -> None:
    tablet = await house.open_browser()
    await tablet.visit("/masuk")
    await tablet.send("/masuk", {"akun": account(house), "sandi": PASSWORD})
    await dewi.visit("/saya/kunci")
    assert (await dewi.send("/saya/keluar-semua")).address == "/masuk"
    assert house.synapse.devices == {}
    for browser in (dewi, tablet):
        assert (await browser.visit("/komunitas")).status == 401


async def test_a_new_password_ends_the_other_sessions_of_the_portal(house: House, dewi: Browser) -> None:
    tablet = await house.open_browser()
    await tablet.visit("/masuk")
    await tablet.send("/masuk", {"akun": account(house), "sandi": PASSWORD})
    await dewi.visit("/saya")
    await dewi.send("/saya/sandi", {"sandi_lama": PASSWORD, "sandi": NEW})
    assert (await tablet.visit("/komunitas")).status == 401
    assert (await dewi.visit("/komunitas")).status == 200


def _words(page: str) -> list[str]:
    listed = page[page.index('class="words"') :].split("</ol>")[0]
    return [part.split("</li>")[0] for part in listed.split("<li>")[1:]]
