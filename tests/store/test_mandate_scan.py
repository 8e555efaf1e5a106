"""Scans of decrees: sealed, proved by the log, opened for few, sealed anew, and gone with their holder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, func, select, update

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.mandate import MandateId
from kamar.mandate_scan import MOST, ScanKind, check_scan
from kamar.state import State
from kamar_provisioning.vault import change_key
from kamar_store import mandate as mandates
from kamar_store import mandate_log, mandate_scan, vault_access, vault_key
from kamar_store.member import Member
from kamar_store.store import Db, Store
from kamar_store.tables import mandate_scan as rows
from kamar_store.tables import member
from kamar_store.vault_key import Keys
from tests.store.officers import BEKASI, BENDAHARA, DAY, JABAR, KETUA, NOW, PARTY, person, wanted

SCAN = b"%PDF-1.7\n" + b"Surat Keputusan kanari " * 400
PNG = b"\x89PNG\r\n\x1a\n" + b"piksel" * 50


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "state")
    vault_key.ensure(made)
    return made


@pytest.fixture
def keys(state: State) -> Keys:
    return vault_key.load(state)


async def appointed(db: Db, boss: Member, holder: Member) -> MandateId:
    """Let ``boss`` appoint a coordinator of the RT."""
    return await mandates.appoint_by(db, PARTY, boss, wanted(holder), NOW)


async def keep(db: Db, keys: Keys, actor: Member | None, number: MandateId, data: bytes = SCAN) -> None:
    await mandate_scan.keep(db, PARTY, keys, actor, number, data, NOW)


async def opened(db: Db, keys: Keys, who: Member, number: MandateId) -> bytes:
    return (await mandate_scan.read(db, PARTY, keys, who, number, NOW))[1]


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (SCAN, None),
        (PNG, None),
        (b"\xff\xd8\xff\xe0" + b"foto", None),
        (SCAN.ljust(MOST), None),
        (SCAN.ljust(MOST + 1), "scan_large"),
        (b"", "scan_missing"),
        (b"<html><script>alert(1)</script>", "scan_kind"),
        (b" %PDF-1.7", "scan_kind"),
        (b"PK\x03\x04", "scan_kind"),
        (b"GIF89a", "scan_kind"),
    ],
    ids=["pdf", "png", "jpeg", "at the limit", "too large", "empty", "page", "late pdf", "zip", "gif"],
)
def test_only_a_small_pdf_jpeg_or_png_is_a_scan(data: bytes, refused: str | None) -> None:
    if refused is None:
        assert data.startswith(b"%PDF-") is (check_scan(data) is ScanKind.PDF)
        return
    with pytest.raises(KamarError) as error:
        check_scan(data)
    assert error.value.code == refused


async def test_a_scan_lies_sealed_and_its_sha256_stands_in_the_log(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, holder = await person(db, "Boss", KETUA), await person(db, "Holder")
        number = await appointed(db, boss, holder)
        await keep(db, keys, boss, number)
        row = (await db.execute(select(rows))).one()
        assert b"kanari" not in row.sealed
        assert b"kanari" not in row.file_key
        last = [entry async for entry in mandate_log.entries(db)][-1]
        assert (last.action, hashlib.sha256(SCAN).hexdigest() in last.payload) == ("scanned", True)
        assert await mandate_log.first_broken(db) is None
        assert await opened(db, keys, boss, number) == SCAN
        await keep(db, keys, boss, number, PNG)
        assert await opened(db, keys, holder, number) == PNG


async def test_a_scan_moved_to_another_mandate_does_not_open(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, one, two = await person(db, "Boss", KETUA), await person(db, "One"), await person(db, "Two")
        first, second = await appointed(db, boss, one), await appointed(db, boss, two)
        await keep(db, keys, boss, first)
        await db.execute(update(rows).where(rows.c.mandate == first).values(mandate=second))
        with pytest.raises(InvalidTag):
            await opened(db, keys, boss, second)


async def test_it_is_brought_by_who_may_appoint_there_and_opened_by_him_and_the_holder(
    empty: Store, keys: Keys
) -> None:
    async with empty.write() as db:
        boss, holder = await person(db, "Boss", KETUA), await person(db, "Holder")
        above = await person(db, "Above", KETUA, JABAR)
        others = [
            await person(db, "Neighbour", KETUA, NodePath("32.76")),
            await person(db, "Treasurer", BENDAHARA),
            await person(db, "Stranger"),
            await person(db, "Admin", admin=True),
        ]
        number = await appointed(db, boss, holder)
        for who in [*others, holder]:
            with pytest.raises(KamarError, match="appoint_not_allowed"):
                await keep(db, keys, who, number)
        await keep(db, keys, boss, number)
        await keep(db, keys, above, number)  # decided further above: whoever is below leaves it alone
        for who in (boss, above, holder):
            assert await opened(db, keys, who, number) == SCAN
        for who in others:
            with pytest.raises(KamarError, match="not_found"):
                await opened(db, keys, who, number)


async def test_who_stands_lower_does_not_replace_what_was_decided_above(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, above = await person(db, "Boss", KETUA), await person(db, "Above", KETUA, JABAR)
        number = await appointed(db, above, await person(db, "Holder"))
        with pytest.raises(KamarError, match="appoint_not_allowed"):
            await keep(db, keys, boss, number)
        await keep(db, keys, above, number)
        assert await opened(db, keys, boss, number) == SCAN


async def test_every_look_is_noted_and_a_refused_one_is_none(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, holder, stranger = await person(db, "Boss", KETUA), await person(db, "Holder"), await person(db, "S")
        number = await appointed(db, boss, holder)
        await keep(db, keys, boss, number)
        with pytest.raises(KamarError):
            await opened(db, keys, stranger, number)
        await opened(db, keys, boss, number)
        await opened(db, keys, holder, number)
        noted = await vault_access.about(db, holder.id)
        who = [await vault_access.pseudonym(db, each.id) for each in (boss, holder)]
        assert [(each.purpose, each.actor) for each in noted] == [("decree_scan", each) for each in who]


async def test_who_lost_the_office_loses_the_scan_and_a_former_holder_keeps_his_own(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, holder = await person(db, "Boss", KETUA), await person(db, "Holder")
        number = await appointed(db, boss, holder)
        await keep(db, keys, boss, number)
        await mandates.dismiss_by(db, PARTY, boss, number, "selesai", NOW)
        (own,) = await mandates.at_node(db, BEKASI, NOW)
        await mandates.dismiss_by(db, PARTY, None, own.id, "selesai", NOW)
        kept, _data = await mandate_scan.read(db, PARTY, keys, holder, number, NOW + DAY)
        assert kept.size == len(SCAN)
        with pytest.raises(KamarError, match="not_found"):
            await mandate_scan.read(db, PARTY, keys, boss, number, NOW + DAY)


async def test_new_keys_of_the_vault_keep_scans_readable_and_old_keys_open_nothing(empty: Store, state: State) -> None:
    old = vault_key.load(state)
    async with empty.write() as db:
        boss, holder = await person(db, "Boss", KETUA), await person(db, "Holder")
        number = await appointed(db, boss, holder)
        await keep(db, old, boss, number)
    assert await change_key(state, empty) == 1
    assert await change_key(state, empty) == 1
    assert old.newest not in vault_key.load(state).by_id
    async with empty.write() as db:
        assert await opened(db, vault_key.load(state), holder, number) == SCAN
        with pytest.raises(KamarError, match="vault_key_missing"):
            await opened(db, old, holder, number)


async def test_a_scan_goes_with_its_holder(empty: Store, keys: Keys) -> None:
    async with empty.write() as db:
        boss, holder = await person(db, "Boss", KETUA), await person(db, "Holder")
        await keep(db, keys, boss, await appointed(db, boss, holder))
        await db.execute(delete(member).where(member.c.id == boss.id))
        assert await db.scalar(select(func.count()).select_from(rows)) == 1
        await db.execute(delete(member).where(member.c.id == holder.id))
        assert await db.scalar(select(func.count()).select_from(rows)) == 0
        assert await mandate_log.first_broken(db) is None
