"""Which rooms come with a node, and what lets one in."""

from __future__ import annotations

import pytest

from kamar.belonging import Opening, enters, is_let_in, may_be_found, rooms_of, rooms_of_all
from kamar.ids import NodePath
from kamar.node import Axis, base_of, is_hidden, level_of, village_of
from kamar.organisation import profile
from kamar.structure import RoomKey, RoomKind, space_of
from kamar.structure_room import alias_of, create_content, history, node_content, room_name
from kamar.wilayah import Level

PLANT = NodePath("kerja/maju/cikarang")
PUK = NodePath("kerja/maju/cikarang/puk")
OJOL = NodePath("jaringan/ojol")
BEKASI = NodePath("jaringan/ojol/bekasi")
PARTY = profile()


def kinds(node: NodePath) -> list[tuple[str, str]]:
    """Return kind and node of the rooms where whoever belongs to ``node`` sits."""
    return [(key.kind.value, key.node) for key in rooms_of(PARTY, node)]


def test_a_group_of_a_network_sits_in_its_chat_and_in_the_networks_rooms() -> None:
    assert kinds(BEKASI) == [("obrolan", BEKASI), ("obrolan", OJOL), ("siaran", OJOL), ("space", OJOL)]


def test_nobody_sits_in_a_second_space_above_the_first() -> None:
    assert kinds(PUK) == [("obrolan", PUK), ("siaran", PUK), ("space", PUK)]
    assert PLANT not in {key.node for key in rooms_of(PARTY, PUK)}


def test_rooms_of_two_nodes_are_wanted_once() -> None:
    both = rooms_of_all(PARTY, [BEKASI, OJOL])
    assert len(both) == len(set(both)) == 4


@pytest.mark.parametrize(
    ("node", "space"),
    [(BEKASI, OJOL), (OJOL, OJOL), (PUK, PUK), (NodePath("aliansi/walhi"), None)],
    ids=["group", "network", "puk", "alliance"],
)
def test_the_nearest_space_lists_a_room(node: NodePath, space: NodePath | None) -> None:
    found = space_of(RoomKey(node, RoomKind.OBROLAN), PARTY)
    assert (found and found.node) == space


@pytest.mark.parametrize(
    ("inside", "words", "by_server", "seated"),
    [(0, 0, True, True), (1, 0, True, True), (2, 0, True, False), (1, 1, False, True), (2, 1, False, False)],
    ids=["first founder", "second founder", "poster later", "founder's friend", "friend later"],
)
def test_a_code_of_a_workplace_seats_its_founders_only(inside: int, words: int, by_server: bool, seated: bool) -> None:
    assert enters(PLANT, Opening(words, by_server, inside)) is seated
    assert enters(OJOL, Opening(words, by_server, inside))


@pytest.mark.parametrize(("node", "words", "let_in"), [(PLANT, 1, False), (PLANT, 2, True), (OJOL, 1, True)])
def test_a_workplace_needs_two_words_and_a_network_its_coordinators(node: NodePath, words: int, let_in: bool) -> None:
    assert is_let_in(node, words) is let_in


def test_nobody_finds_a_workplace_a_team_an_alliance_or_officers_rooms() -> None:
    closed = ("kerja/maju/cikarang", "tim/dapil-1", "aliansi/walhi", "jaringan/koordinasi-kf3qd7mz", "32.16")
    assert not any(may_be_found(NodePath(path)) for path in closed)
    assert all(may_be_found(NodePath(path)) for path in ("jaringan/ojol", "sekolah/sma-1", "profesi/perawat"))


def test_a_workplaces_room_has_no_alias_and_shows_nothing_from_before_one_came() -> None:
    key = RoomKey(PLANT, RoomKind.OBROLAN)
    assert alias_of(key) == ""
    assert "room_alias_name" not in create_content(key, "k", "12", "@kamar:x", None, "x")  # type: ignore[arg-type]
    assert history(key) == "joined"
    assert history(RoomKey(OJOL, RoomKind.OBROLAN)) == "shared"
    assert alias_of(RoomKey(BEKASI, RoomKind.OBROLAN)) == "kamar-jaringan-ojol-bekasi"


def test_the_event_on_a_room_names_its_axis() -> None:
    assert node_content(RoomKey(OJOL, RoomKind.SIARAN))["axis"] == "jaringan"
    assert node_content(RoomKey(NodePath("32.16.19.2005"), RoomKind.SIARAN))["axis"] == "wilayah"


def test_rooms_outside_the_territory_are_called_by_their_node() -> None:
    assert room_name(RoomKey(OJOL, RoomKind.OBROLAN), "Ojol", "Jaringan") == "Kamar Ojol"
    assert room_name(RoomKey(OJOL, RoomKind.SIARAN), "Ojol", "Jaringan") == "Pengumuman Ojol"
    assert room_name(RoomKey(OJOL, RoomKind.SPACE), "Ojol", "Jaringan") == "Jaringan Ojol"


def test_nodes_of_other_axes_have_no_village_and_share_the_lane_of_their_topmost_node() -> None:
    assert (village_of(BEKASI), level_of(BEKASI), base_of(BEKASI)) == (None, None, OJOL)
    rt = NodePath("32.16.19.2005/RW005/RT003")
    assert (village_of(rt), level_of(rt), base_of(rt)) == ("32.16.19.2005", Level.RT, "32.16.19.2005")
    assert base_of(NodePath("32.16")) == "32.16"


def test_second_accounts_are_for_workplaces_where_homes_are_elsewhere() -> None:
    assert is_hidden(PLANT)
    assert PARTY.has_personas(Axis.KERJA)
    assert not PARTY.has_personas(Axis.JARINGAN)
    assert not profile("serikat").has_personas(Axis.KERJA)
