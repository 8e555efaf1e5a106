"""Restructuring plans: read from a file, worked out, hashed."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.organisation import profile
from kamar.restructure import (
    Board,
    Close,
    Create,
    Diff,
    Merge,
    Move,
    Plan,
    PlanError,
    Rename,
    RoomFate,
    Seat,
    Split,
    canonical,
    step_of_json,
    step_to_json,
    what_changed,
)
from kamar.restructure_diff import work_out
from kamar.restructure_file import read
from kamar.restructure_tree import Office, RoomAt, Spot, Tree
from kamar.structure import OpenRules, RoomKey, RoomKind

PARTY = profile()
RULES = OpenRules(rt=5, rw=8, kelurahan=8, perintis=5)
DESA = NodePath("32.16.19.2005")
RW5, RW6 = NodePath(f"{DESA}/RW005"), NodePath(f"{DESA}/RW006")


def p(text: str) -> NodePath:
    return NodePath(text)


def village() -> Tree:
    """Return a village with RW 005 (RT 001, 002) and RW 006 (RT 002, 003), their kamar and coordinators."""
    spots = {
        p("32.16"): Spot("kota", "Kabupaten", "Bekasi"),
        p("32.16.19"): Spot("kecamatan", "Kecamatan", "Cikarang Selatan"),
        DESA: Spot("kelurahan", "Desa", "Sukaresmi"),
        RW5: Spot("rw", "RW", "RW 005"),
        p(f"{RW5}/RT001"): Spot("rt", "RT", "RT 001"),
        p(f"{RW5}/RT002"): Spot("rt", "RT", "RT 002"),
        RW6: Spot("rw", "RW", "RW 006"),
        p(f"{RW6}/RT002"): Spot("rt", "RT", "RT 002"),
        p(f"{RW6}/RT003"): Spot("rt", "RT", "RT 003"),
    }
    people = {p(f"{RW5}/RT001"): 6, p(f"{RW5}/RT002"): 7, p(f"{RW6}/RT002"): 5, RW6: 4}
    kamar = [DESA, RW5, p(f"{RW5}/RT001"), p(f"{RW5}/RT002"), RW6, p(f"{RW6}/RT002")]
    rooms = [RoomAt(10 + number, RoomKey(path, RoomKind.OBROLAN)) for number, path in enumerate(kamar)]
    rooms.append(RoomAt(9, RoomKey(DESA, RoomKind.SPACE)))
    return Tree(spots, people, rooms, [Office(1, RW5, "koordinator", "ani"), Office(2, RW6, "koordinator", "budi")])


def worked(text: str, tree: Tree | None = None) -> Diff:
    return work_out(read(text), tree or village(), PARTY, {"ani", "budi", "citra"}.__contains__, RULES)


def refusal(text: str) -> list[tuple[int, str]]:
    with pytest.raises(PlanError) as refused:
        worked(text)
    return [(line, error.code) for line, error in refused.value.problems]


def test_a_file_says_one_operation_a_line() -> None:
    plan = read(
        """
        # Pemekaran RW 005
        judul  Pemekaran RW 005
        sk     12/SK/2026
        buat   jaringan/tani "Jaringan Tani"
        nama   32.16.19.2005 Suka Maju
        pindah 32.16.19.2005/RW005/RT001 -> 32.16.19.2005/RW006/RT001
        pecah  32.16.19.2005/RW005 -> 32.16.19.2005/RW012 : RT002 RT003=RT001
        gabung 32.16.19.2005/RW007 ke 32.16.19.2005/RW006
        tutup  32.16.19.2005/RW008
        pengurus 32.16.19 ketua @ani:server "SK 1" 2026-12-01 2031-11-30
        pengurus 32.16.19 sekretaris budi "SK 1" 2026-12-01
        """
    )
    board = (
        Seat("ketua", "ani", "SK 1", date(2026, 12, 1), date(2031, 11, 30)),
        Seat("sekretaris", "budi", "SK 1", date(2026, 12, 1), None),
    )
    assert (plan.title, plan.decree) == ("Pemekaran RW 005", "12/SK/2026")
    assert plan.operations == (
        Create(p("jaringan/tani"), "Jaringan Tani"),
        Rename(DESA, "Suka Maju"),
        Move(((p(f"{RW5}/RT001"), p(f"{RW6}/RT001")),)),
        Split(RW5, p(f"{DESA}/RW012"), (("RT002", "RT002"), ("RT003", "RT001"))),
        Merge(p(f"{DESA}/RW007"), RW6),
        Close(p(f"{DESA}/RW008")),
        Board(p("32.16.19"), board),
    )
    assert plan.lines[:2] == (5, 6)


def test_a_decree_is_a_table_of_old_and_new_codes() -> None:
    plan = read("lama;baru\n32.16.19;32.16.24\n32.16.20;32.16.19\n")
    assert plan.operations == (Move(((p("32.16.19"), p("32.16.24")), (p("32.16.20"), p("32.16.19")))),)


def test_a_board_is_a_table_from_a_spreadsheet() -> None:
    plan = read("office,username,decree,start,end\nketua,@ani:x,SK 1,2026-12-01,\n", node="32.16.19")
    assert plan.operations == (Board(p("32.16.19"), (Seat("ketua", "ani", "SK 1", date(2026, 12, 1), None),)),)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [(0, "plan_empty")]),
        ("buat 32.16.19.2005/RW012\nhapus 32\n", [(2, "plan_word")]),
        ("pindah 32.16.19.2005/RW005\n\ntutup x.y\n", [(1, "plan_fields"), (3, "wilayah_unknown")]),
        ('nama 32.16 "Bekasi\n', [(1, "plan_quote")]),
        ("pengurus 32.16 ketua ani SK 1-12-2026", [(1, "plan_date")]),
        ("pengurus 32.16 ketua ani SK 2026-12-02 2026-12-01", [(1, "plan_dates")]),
        ("lama,baru\n32.16,32.17\n32.16,32.18\n32.15,99\n1,32\n", [(3, "plan_twice"), (5, "wilayah_unknown")]),
        ("pecah 32.16.19 32.16.24 : 2001=x", [(1, "wilayah_unknown")]),
    ],
)
def test_every_problem_of_a_file_stands_at_its_line(text: str, problems: list[tuple[int, str]]) -> None:
    with pytest.raises(PlanError) as refused:
        read(text)
    assert [(line, error.code) for line, error in refused.value.problems] == problems


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("pindah jaringan/a jaringan/a/b", "node_unknown"),
        (f"gabung {RW5} {RW5}/RT001", "node_cycle"),
        (f"gabung {RW5}/RT001 {RW5}", "node_cycle"),
        (f"gabung {RW5} {RW6}", "plan_clash"),
        (f"gabung {RW5}/RT001 {RW6}", "plan_level"),
        (f"gabung {RW5} {DESA}/RW099", "node_unknown"),
        (f"pindah {RW5} {RW6}", "node_exists"),
        (f"pindah {RW5} {DESA}/RW050/RT001", "plan_level"),
        (f"tutup {RW5}", "node_has_children"),
        (f"buat {RW5}", "node_exists"),
        ("buat 32.16.24", "plan_name"),
        (f"nama {RW5} Mawar", "plan_numbered"),
        (f"pindah {RW5} {RW5}", "plan_same"),
        (f"pengurus {RW5} ketua ani SK 2026-12-01", "office_not_here"),
        (f"pengurus {RW5} koordinator dodi SK 2026-12-01", "plan_account"),
        (f"pengurus {RW5} raja ani SK 2026-12-01", "office_unknown"),
    ],
)
def test_what_cannot_be_done_is_refused_at_its_line(text: str, code: str) -> None:
    assert refusal(f"judul Coba\n{text}\n") == [(2, code)]


def test_a_node_cannot_be_moved_into_itself() -> None:
    tree = village()
    for path in ("jaringan", "jaringan/a"):
        tree.spots[p(path)] = Spot("jaringan", "", path)
    with pytest.raises(PlanError) as refused:
        worked("pindah jaringan/a jaringan/a/b", tree)
    assert refused.value.problems[0][1].code == "node_cycle"


def test_a_closed_node_takes_part_in_nothing() -> None:
    assert refusal(f"tutup {RW6}/RT003\npindah {RW6}/RT003 {RW6}/RT009") == [(2, "node_closed")]


def test_a_split_takes_the_named_rt_along_with_their_rooms_and_people() -> None:
    new = p(f"{DESA}/RW012")
    diff = worked(f"pecah {RW5} -> {new} : RT002=RT001")
    assert diff.steps == (Create(new, "RW 012", "RW"), Move(((p(f"{RW5}/RT002"), p(f"{new}/RT001")),)))
    assert diff.moved == ((p(f"{RW5}/RT002"), p(f"{new}/RT001"), 7),)
    (room,) = diff.rooms
    assert (room.fate, room.name, room.name_after) == (
        RoomFate.RENAMED,
        "Kamar RT 002/RW 005 Sukaresmi",
        "Kamar RT 001/RW 012 Sukaresmi",
    )
    assert diff.opened == ()
    assert diff.powers == ()


def test_a_new_rw_with_people_enough_will_have_a_kamar() -> None:
    tree = village()
    tree.people[p(f"{RW5}/RT002")] = 8
    assert worked(f"pecah {RW5} {DESA}/RW012 RT002", tree).opened == ((p(f"{DESA}/RW012"), "Kamar RW 012 Sukaresmi"),)


def test_a_merge_archives_the_room_links_it_and_ends_the_office() -> None:
    diff = worked(f"pindah {RW6}/RT002 {RW6}/RT004\ngabung {RW6} {RW5}")
    assert diff.steps[-1] == Merge(RW6, RW5)
    archived = [room for room in diff.rooms if room.fate is RoomFate.ARCHIVED]
    assert [(room.name, room.into_name) for room in archived] == [("Kamar RW 006 Sukaresmi", "Kamar RW 005 Sukaresmi")]
    assert [(power.given, power.office, power.user) for power in diff.powers] == [(False, "koordinator", "budi")]
    assert diff.moved[-1] == (RW6, RW5, 4)


def test_a_room_survives_a_merge_where_the_other_node_has_none() -> None:
    tree = village()
    tree.rooms = [room for room in tree.rooms if room.key.node != RW5]
    (room,) = worked(f"gabung {RW6}/RT003 {RW6}/RT002\ngabung {RW6}/RT002 {RW5}/RT002", tree).rooms[-1:]
    assert room.fate is RoomFate.ARCHIVED
    diff = worked(f"pindah {RW6}/RT002 {RW6}/RT004\ngabung {RW6} {RW5}", tree)
    fates = {room.name: (room.fate, room.name_after) for room in diff.rooms}
    assert fates["Kamar RW 006 Sukaresmi"] == (RoomFate.RENAMED, "Kamar RW 005 Sukaresmi")


def test_a_village_under_another_code_keeps_every_room() -> None:
    diff = worked("buat 32.16.24 Serang Baru\nkode 32.16.19.2005 -> 32.16.24.2001")
    assert {room.fate for room in diff.rooms} == {RoomFate.KEPT}
    assert len(diff.rooms) == len(village().rooms)


def test_a_renamed_village_renames_every_room_that_bears_its_name() -> None:
    diff = worked("nama 32.16.19.2005 Sukamaju")
    assert {room.name_after for room in diff.rooms} >= {"Kamar RT 001/RW 005 Sukamaju", "Desa Sukamaju"}


def test_a_new_board_gives_takes_and_keeps() -> None:
    diff = worked(f"pengurus {RW5} koordinator citra SK 2026-12-01")
    assert [(power.given, power.user) for power in diff.powers] == [(False, "ani"), (True, "citra")]
    assert worked(f"pengurus {RW5} koordinator ani SK 2026-12-01").powers == ()
    assert [power.user for power in worked(f"pengurus {RW5} kosong").powers] == ["ani"]


def test_the_hash_covers_everything_but_numbers_of_people() -> None:
    text = f"pecah {RW5} {DESA}/RW012 RT002"
    tree = village()
    tree.people[p(f"{RW5}/RT002")] = 99
    assert worked(text).hash == worked(text, tree).hash
    other = worked(f"pecah {RW5} {DESA}/RW012 RT001")
    assert other.hash != worked(text).hash
    tree.rooms.append(RoomAt(50, RoomKey(p(f"{DESA}/RW012"), RoomKind.OBROLAN)))
    assert worked(text, tree).hash != worked(text).hash


def test_an_older_tree_is_told_by_the_nodes_that_changed() -> None:
    text = f"pecah {RW5} {DESA}/RW012 RT002"
    tree = village()
    tree.offices.append(Office(7, RW5, "koordinator", "citra"))
    assert what_changed(worked(text).tree, worked(text, tree).tree) == (RW5,)


def test_steps_survive_being_kept() -> None:
    text = f"pecah {RW5} {DESA}/RW012 RT002\npengurus {RW6} koordinator citra SK 2026-12-01\ntutup {RW6}/RT003"
    for step in worked(text).steps:
        assert step_of_json(step_to_json(step)) == step


@given(st.text(max_size=200))
def test_whatever_is_written_is_a_plan_or_a_list_of_problems(text: str) -> None:
    try:
        plan = read(text)
    except PlanError:
        return
    assert isinstance(plan, Plan)
    assert plan.operations


@given(
    st.lists(
        st.sampled_from(
            [
                f"pecah {RW5} {DESA}/RW012 RT002",
                f"gabung {RW6}/RT003 {RW6}/RT002",
                f"pindah {RW6} {DESA}/RW020",
                f"tutup {RW6}/RT003",
                f"nama {DESA} Sukamaju",
                f"buat {DESA}/RW030",
                f"gabung {RW6}/RT002 {RW5}/RT001",
            ]
        ),
        min_size=1,
        max_size=5,
        unique=True,
    )
)
def test_nobody_and_no_room_is_lost(lines: list[str]) -> None:
    """However operations follow each other: people and rooms are somewhere afterwards, at nodes in force."""
    before = village()
    try:
        diff = work_out(read("\n".join(lines)), before, PARTY, lambda _user: True, RULES)
    except PlanError:
        return
    assert canonical(diff) == canonical(dataclasses.replace(diff))
    gone = {room.row for room in diff.rooms if room.fate is RoomFate.ARCHIVED}
    assert all(room.into is None or room.into not in gone for room in diff.rooms)
    assert before == village()


def test_errors_have_words() -> None:
    from kamar.sentences import sentence

    with pytest.raises(PlanError) as refused:
        read("hapus x")
    assert "hapus" in sentence(refused.value.problems[0][1])
    assert sentence(KamarError("plan_malformed", count=1))
