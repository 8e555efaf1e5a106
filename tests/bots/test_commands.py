"""What people say to the bot, and what it answers: no server, no transport."""

from __future__ import annotations

import pytest

from kamar.errors import KamarError
from kamar.ids import NodePath, UserId
from kamar.membership import Office
from kamar.structure import RoomKey, RoomKind
from kamar_bots.commands import TAUGHT, answer
from kamar_bots.talk import Ask, Choice, Reply
from kamar_store import appservice, referral, seating
from kamar_store import mandate as mandates
from kamar_store.store import Store
from tests.bots.village import CHAT, KECAMATAN, NOW, RT, RW, STARTER, VILLAGE, asked, live, opened, registry

HELP = "Ketik !kamar, !ajak atau !masuk."
WHERE = (
    "Ini Kamar RT 003/RW 005 Sukaresmi: RT 003/RW 005, Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat."
)
INVITATION = "Ajak tetangga dengan tautan ini: https://kamar.example/g/"
DIRECTLY = "Tautan masuk hanya untuk Anda, jadi tidak saya kirim di sini."
LOGIN = "Tautan masuk ke portal, sekali pakai dan berlaku 10 menit: {link}"
UNKNOWN = "Saya belum kenal perintah itu."
NOT_UNDERSTOOD = "Maaf, saya belum paham."
NOTHING = "Tidak ada yang perlu dibatalkan."


async def reply(store: Store, ask: Ask) -> Reply | None:
    async with store.write() as db:
        return await answer(ask, registry(db))


@pytest.mark.parametrize(
    ("text", "first_line"),
    [
        ("!bantuan", HELP),
        ("!Bantuan", HELP),
        ("!  tolong dong", HELP),
        ("!HELP", HELP),
        ("!kamar", WHERE),
        ("!di mana", WHERE),
        ("!dimana?", WHERE),
        ("!ajak", INVITATION),
        ("!undang tetangga", INVITATION),
        ("!masuk", DIRECTLY),
        ("!batal", NOTHING),
        ("!rapat", UNKNOWN),
        ("!pênting besok", UNKNOWN),
    ],
)
async def test_a_command_in_the_room_is_answered(text: str, first_line: str, store: Store) -> None:
    async with store.write() as db:
        user, _ = await live(db)
    found = await reply(store, asked(text, user, CHAT))
    assert found is not None
    assert found.text.startswith(first_line)
    assert found.text.count("\n") < 5
    assert not found.login


@pytest.mark.parametrize("text", ["!!!", "! ?", "!"])
async def test_an_outcry_in_the_room_is_no_command(text: str, store: Store) -> None:
    assert await reply(store, asked(text, UserId("@siti:kamar.test"), CHAT)) is None


@pytest.mark.parametrize(
    ("text", "first_line"),
    [
        ("kamar", "Anda tinggal di RT 003/RW 005, Desa Sukaresmi"),
        ("mau ajak dong", INVITATION),
        ("!masuk", LOGIN),
        ("masuk", LOGIN),
        ("halo", "Halo! Saya Kamar"),
        ("Assalamu'alaikum", "Waalaikumsalam!"),
        ("terima kasih ya", "Sama-sama!"),
        ("ajak saya ke rapat besok dan kamar mandi rusak", NOT_UNDERSTOOD),
        ("…", HELP),
    ],
)
async def test_a_direct_talk_needs_no_exclamation_mark(text: str, first_line: str, store: Store) -> None:
    async with store.write() as db:
        user, _ = await live(db)
    found = await reply(store, asked(text, user, direct=True))
    assert found is not None
    assert found.text.startswith(first_line)


@pytest.mark.parametrize(
    ("text", "first_line", "commands"),
    [
        ("!batuan", "Maksud Anda !bantuan?", ["bantuan", "batal"]),
        ("!kamr", "Maksud Anda !kamar?", ["kamar", "batal"]),
        ("!ajka", "Maksud Anda !ajak?", ["ajak", "batal"]),
        ("!msuk", "Maksud Anda !masuk?", ["masuk", "batal"]),
    ],
)
async def test_a_typing_error_gets_a_question(text: str, first_line: str, commands: list[str], store: Store) -> None:
    found = await reply(store, asked(text, UserId("@siti:kamar.test"), CHAT))
    assert found is not None
    assert found.text == first_line
    assert [choice.command for choice in found.choices] == commands


async def test_help_has_buttons_only_where_nobody_else_is_disturbed(store: Store) -> None:
    user = UserId("@siti:kamar.test")
    room, direct = (
        await reply(store, asked("!bantuan", user, CHAT)),
        await reply(store, asked("tolong", user, direct=True)),
    )
    assert room is not None
    assert direct is not None
    assert room.choices == ()
    assert [choice.command for choice in direct.choices] == ["kamar", "ajak", "masuk"]
    assert direct.choices[0] == Choice("!kamar - kamar ini di mana dan siapa koordinatornya", "kamar")


async def test_the_name_of_the_bot_calls_it_in_a_room(store: Store) -> None:
    found = await reply(store, asked("@kamar bantuan dong", UserId("@siti:kamar.test"), CHAT, called=True))
    assert found is not None
    assert found.text.startswith(HELP)


@pytest.mark.parametrize("command", ["kamar", "ajak", "masuk"])
@pytest.mark.parametrize("direct", [True, False], ids=["directly", "in a room"])
async def test_who_has_not_finished_signing_up_is_told_where_to(command: str, direct: bool, store: Store) -> None:
    with pytest.raises(KamarError, match="signup_unfinished") as refused:
        await reply(store, asked(f"!{command}", UserId("@tamu:kamar.test"), None if direct else CHAT, direct=direct))
    assert refused.value.detail["portal"] == "https://kamar.example"


@pytest.mark.parametrize(
    ("holders", "line"),
    [
        ([], "Koordinator RT 003/RW 005 Sukaresmi: jabatan kosong."),
        ([RT], "Koordinator: Budi."),
        ([RT, VILLAGE], "Koordinator: Budi."),
        ([VILLAGE], "Koordinator RT 003/RW 005 Sukaresmi: jabatan kosong. Yang terdekat: Budi (Sukaresmi)."),
        ([RW, VILLAGE], "Koordinator RT 003/RW 005 Sukaresmi: jabatan kosong. Yang terdekat: Budi (RW 005 Sukaresmi)."),
        ([KECAMATAN], "Koordinator RT 003/RW 005 Sukaresmi: jabatan kosong."),
    ],
    ids=["nobody", "the RT", "the RT before the village", "the village", "the RW before the village", "too far away"],
)
async def test_kamar_names_who_coordinates(holders: list[NodePath], line: str, store: Store) -> None:
    async with store.write() as db:
        user, _ = await live(db)
        _, budi = await live(db, "Budi", NodePath(f"{VILLAGE}/RW001/RT001"))
        for place in holders:
            await mandates.appoint(db, budi, place, Office.KOORDINATOR, "SK 1", NOW)
    found = await reply(store, asked("!kamar", user, CHAT))
    assert found is not None
    assert found.text.split("\n") == [WHERE, line]


async def test_what_is_missing_is_told_directly_and_never_in_a_room(store: Store) -> None:
    async with store.write() as db:
        user, number = await live(db)
        await live(db, "Budi")
        await opened(db, STARTER)
        (row,) = await seating.rooms_at(db, [KECAMATAN])
        await seating.want_seats(db, number, [row.id], NOW)
    room = await reply(store, asked("!kamar", user, STARTER))
    direct = await reply(store, asked("!kamar", user, direct=True))
    assert room is not None
    assert direct is not None
    assert "tetangga lagi" not in room.text
    assert "RT 003" not in room.text
    lines = direct.text.split("\n")
    assert lines[0] == "Anda tinggal di RT 003/RW 005, Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat."
    assert lines[1] == "Kamar Anda: Kamar Perintis Cikarang Selatan."
    assert lines[3].startswith("3 tetangga lagi dan Kamar RT 003/RW 005 Sukaresmi dibuka. Ajak mereka: https://")


async def test_who_has_every_kamar_open_misses_nobody(store: Store) -> None:
    async with store.write() as db:
        user, _ = await live(db)
        for key in (CHAT, RoomKey(RW, RoomKind.OBROLAN), RoomKey(VILLAGE, RoomKind.OBROLAN)):
            await opened(db, key)
    found = await reply(store, asked("kamar", user, direct=True))
    assert found is not None
    assert "tetangga lagi" not in found.text


async def test_an_invitation_is_made_once_and_drawn(store: Store) -> None:
    async with store.write() as db:
        user, number = await live(db)
    first, second = [await reply(store, asked("!ajak", user, CHAT)) for _ in range(2)]
    assert first is not None
    assert first == second
    async with store.read() as db:
        code = await referral.own_code(db, number)
    assert first.image == f"https://kamar.example/g/{code}"
    assert first.image in first.text


async def test_batal_takes_back_only_ones_own_question(store: Store) -> None:
    siti, budi = UserId("@siti:kamar.test"), UserId("@budi:kamar.test")
    ask = asked("!batal", siti, CHAT)
    async with store.write() as db:
        await appservice.remember_question(db, "$one", ask.room_id, budi, ["kamar"], NOW)
        assert (await answer(ask, registry(db))) == Reply(
            "Tidak ada yang perlu dibatalkan. Ketik !bantuan untuk melihat apa yang bisa saya bantu."
        )
        await appservice.remember_question(db, "$two", ask.room_id, siti, ["kamar"], NOW)
        assert (await answer(ask, registry(db))) == Reply("Baik, dibatalkan.")
        left = await appservice.questions(db, ["$one", "$two"], (), NOW.replace(year=2025))
    assert [question.event_id for question in left] == ["$one"]


def test_every_command_teaches_one_word() -> None:
    taught = (
        "ajak aman bantuan batal berhentikan bersedia biasa bisukan blokir buka cek gabung hapus ikut izinkan jamin"
        " kamar lambat lapor lepas mandat masuk pemilihan pengurus pilih pindah siaran tetap tunjuk"
    )
    assert sorted(TAUGHT.values()) == taught.split()


@pytest.mark.parametrize(
    ("coordinates", "text", "first_line", "wanted"),
    [
        (RT, "!buka", "Kamar RT 003/RW 005 Sukaresmi dibuka sekarang.", [RT, VILLAGE]),
        (
            VILLAGE,
            "!buka RT 7 RW 2",
            "Kamar RT 007/RW 002 Sukaresmi dibuka sekarang.",
            [f"{VILLAGE}/RW002/RT007", VILLAGE],
        ),
        (VILLAGE, "!buka", "Obrolan Sukaresmi dibuka sekarang.", [VILLAGE, VILLAGE, VILLAGE]),
        (VILLAGE, "!buka jalan melati", "Kamar mana yang dibuka?", []),
    ],
)
async def test_a_coordinator_opens_a_kamar_before_its_time(
    coordinates: NodePath, text: str, first_line: str, wanted: list[str], store: Store
) -> None:
    async with store.write() as db:
        user, number = await live(db)
        await mandates.appoint(db, number, coordinates, Office.KOORDINATOR, "SK 1", NOW)
    found = await reply(store, asked(text, user, CHAT))
    assert found is not None
    assert found.text.startswith(first_line)
    async with store.read() as db:
        rooms = await seating.unopened_below(db, VILLAGE)
    assert sorted(room.key.node for room in rooms) == sorted(wanted)


@pytest.mark.parametrize(
    ("coordinates", "office"),
    [(None, ""), (NodePath(f"{VILLAGE}/RW005/RT004"), "koordinator"), (NodePath("32.16.19"), "bendahara")],
    ids=["nobody", "the street next door", "the treasurer above"],
)
async def test_others_open_nothing(coordinates: NodePath | None, office: str, store: Store) -> None:
    async with store.write() as db:
        user, number = await live(db)
        if coordinates:
            await mandates.appoint(db, number, coordinates, office, "SK 1", NOW)
    with pytest.raises(KamarError, match="open_not_allowed"):
        await reply(store, asked("!buka 3/5", user, CHAT))
    async with store.read() as db:
        assert await seating.unopened_below(db, VILLAGE) == []
