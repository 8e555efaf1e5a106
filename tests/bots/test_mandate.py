"""Offices in the direct talk: shown, given, taken, offered for, and proved to whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.mandate import Status, status
from kamar_bots.commands import answer
from kamar_bots.talk import Reply
from kamar_store import mandate as mandates
from kamar_store import vacancy
from kamar_store.store import Store
from tests.bots.village import CHAT, KECAMATAN, NOW, RT, VILLAGE, asked, live, registry

EARLIER = NOW - timedelta(days=1)
NO_OFFICER = "Tidak ada pengurus dengan nama atau akun itu."


@pytest.fixture
async def wati(store: Store) -> tuple[UserId, MemberId]:
    """Give the chair of the kecamatan."""
    async with store.write() as db:
        user, number = await live(db, "Wati")
        await mandates.appoint(db, number, KECAMATAN, "ketua", "SK 7/2026", EARLIER)
    return user, number


@pytest.fixture
async def siti(store: Store) -> tuple[UserId, MemberId]:
    async with store.write() as db:
        return await live(db, "Siti")


async def said(store: Store, text: str, user: UserId, *, direct: bool = True) -> Reply:
    async with store.write() as db:
        found = await answer(asked(text, user, None if direct else CHAT, direct=direct), registry(db))
    assert found is not None
    return found


async def test_an_officer_is_proved_by_account_and_by_name(
    store: Store, wati: tuple[UserId, MemberId], siti: tuple[UserId, MemberId]
) -> None:
    for typed in (wati[0], wati[0].lstrip("@"), "wati", "W4ti"):
        lines = (await said(store, f"!cek {typed}", siti[0])).text.split("\n")
        assert lines == [
            "Ya, Wati pengurus resmi.",
            "Ketua Exco, Kec. Cikarang Selatan, sejak Jumat, 20 November 2026 (SK 7/2026).",
        ]


async def test_a_member_who_is_no_officer_is_answered_exactly_as_somebody_unknown(
    store: Store, wati: tuple[UserId, MemberId], siti: tuple[UserId, MemberId]
) -> None:
    async with store.write() as db:
        gone, number = await live(db, "Budi")
        await mandates.appoint(db, number, RT, "koordinator", "", EARLIER)
        (found,) = await mandates.of_member(db, number)
        await mandates.end(db, found, None, "selesai", EARLIER)
        worker, other = await live(db, "Eko")
        await mandates.appoint(db, other, NodePath("kerja/maju-jaya"), "koordinator-puk", "", EARLIER)
    unknown = await said(store, "!cek @nobody:kamar.test", siti[0])
    assert unknown.text.startswith(NO_OFFICER)
    for typed in (siti[0], "Siti", gone, "Budi", worker, "Eko", "Nobody"):
        assert await said(store, f"!cek {typed}", siti[0]) == unknown


async def test_everybody_learns_who_leads_here(store: Store, wati: tuple[UserId, MemberId]) -> None:
    async with store.write() as db:
        user, number = await live(db, "Budi")
        await mandates.appoint(db, number, RT, "koordinator", "", EARLIER)
    lines = (await said(store, "!pengurus", user, direct=False)).text.split("\n")
    assert lines == [
        "Pengurus di RT 003/RW 005, Desa Sukaresmi:",
        f"Koordinator Kamar, RT 003/RW 005, Desa Sukaresmi: Budi ({user})",
        f"Ketua Exco, Kec. Cikarang Selatan: Wati ({wati[0]})",
    ]


async def test_an_office_is_given_after_a_look_and_one_word(
    store: Store, wati: tuple[UserId, MemberId], siti: tuple[UserId, MemberId]
) -> None:
    where = await said(store, "!tunjuk Siti koordinator SK 12/2026", wati[0])
    assert where.text == "Siti menjadi Koordinator Kamar di mana?"
    assert where.choices[0].label == "RT 003/RW 005, Desa Sukaresmi"
    look = await said(store, f"!{where.choices[0].command}", wati[0])
    assert look.text.startswith("Angkat Siti sebagai Koordinator Kamar, RT 003/RW 005, Desa Sukaresmi?\nMulai sekarang")
    assert look.text.endswith("SK: 12/2026.")
    async with store.read() as db:
        assert await mandates.of_member(db, siti[1]) == []
    done = await said(store, f"!{look.choices[0].command}", wati[0])
    assert done.text.startswith("Siti sekarang Koordinator Kamar, RT 003/RW 005")
    async with store.read() as db:
        (found,) = await mandates.of_member(db, siti[1])
    assert (found.node, found.decree, found.appointed_by) == (RT, "12/2026", wati[1])
    shown = await said(store, "!mandat", siti[0])
    assert shown.text.startswith("Koordinator Kamar, RT 003/RW 005, Desa Sukaresmi, sampai ")
    assert "mengirim pengumuman" in shown.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("!tunjuk Siti koordinator", "appoint_not_allowed"),
        ("!tunjuk Siti raja", "office_unknown"),
        (f"!tunjuk @nobody:kamar.test koordinator {VILLAGE}", "member_unknown"),
        ("!berhentikan 1", "mandate_unknown"),
        ("!berhentikan Wati", "mandate_unknown"),
    ],
)
async def test_whoever_holds_nothing_gives_and_takes_nothing(
    text: str, code: str, store: Store, wati: tuple[UserId, MemberId], siti: tuple[UserId, MemberId]
) -> None:
    async with store.write() as db:
        stranger, _ = await live(db, "Tono")
    wanted = text.replace("Siti", siti[0]) if "raja" not in text else text
    with pytest.raises(KamarError) as refused:
        await said(store, wanted, stranger)
    assert refused.value.code == code


async def test_names_are_no_way_to_find_out_who_lives_where(store: Store, siti: tuple[UserId, MemberId]) -> None:
    async with store.write() as db:
        far, number = await live(db, "Aan", NodePath("32.17.01.2001"))
        await mandates.appoint(db, number, NodePath("32.17"), "ketua", "", EARLIER)
    for name in ("Siti", "Nobody"):
        with pytest.raises(KamarError, match="member_unknown"):
            await said(store, f"!tunjuk {name} koordinator", far)


async def test_an_office_is_taken_after_a_look_and_one_word(store: Store, wati: tuple[UserId, MemberId]) -> None:
    async with store.write() as db:
        _, number = await live(db, "Budi")
        await mandates.appoint(db, number, RT, "koordinator", "", EARLIER)
    which = await said(store, "!berhentikan Budi", wati[0])
    sure = await said(store, f"!{which.choices[0].command}", wati[0])
    assert sure.text == "Akhiri jabatan Koordinator Kamar, RT 003/RW 005, Desa Sukaresmi, dari Budi?"
    assert (await said(store, f"!{sure.choices[0].command}", wati[0])).text.endswith("dari Budi sudah berakhir.")
    async with store.read() as db:
        (found,) = await mandates.of_member(db, number)
    assert status(found, NOW) is Status.REVOKED


async def test_a_neighbour_offers_herself_for_a_vacant_office(store: Store, siti: tuple[UserId, MemberId]) -> None:
    async with store.write() as db:
        from kamar_store import vouch

        await vouch.confirm(db, siti[1], NOW)
    found = await said(store, "!bersedia", siti[0])
    assert found.text.startswith("Jabatan kosong di tempat Anda.")
    assert found.choices[0].label == "Koordinator Kamar, RT 003/RW 005, Desa Sukaresmi"
    thanks = await said(store, f"!{found.choices[0].command}", siti[0])
    assert thanks.text.startswith("Terima kasih! Kesediaan Anda menjadi Koordinator Kamar")
    async with store.read() as db:
        (offer,) = await vacancy.offers(db, RT)
    assert offer.member == siti[1]


@pytest.mark.parametrize("text", ["!mandat", "!tunjuk Siti koordinator", "!berhentikan Siti", "!bersedia"])
async def test_offices_are_nobody_elses_business(text: str, store: Store, wati: tuple[UserId, MemberId]) -> None:
    assert "langsung kepada @kamar:kamar.test" in (await said(store, text, wati[0], direct=False)).text
