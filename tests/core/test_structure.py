"""Where a member sits, and how official rooms are made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.ids import NodePath, RoomId, UserId
from kamar.policy import Action, Standing, may
from kamar.structure import OpenRules, RoomKey, RoomKind, counted, placement, sort_of, space_of
from kamar.structure_room import alias_of, child_order, create_content, history, power_levels, room_name
from kamar.wilayah import parse

VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
DISTRICT = NodePath("32.16.19")
REGENCY = NodePath("32.16")
RULES = OpenRules(rt=5, rw=8, kelurahan=8, perintis=5)
OBROLAN, SIARAN, SPACE, PERINTIS = RoomKind.OBROLAN, RoomKind.SIARAN, RoomKind.SPACE, RoomKind.PERINTIS
PENGURUS = RoomKind.PENGURUS
BOT = UserId("@kamar:example.org")

counts = st.builds(
    lambda rt, rw, village, district: {RT: rt, RW: rt + rw, VILLAGE: rt + rw + village, DISTRICT: rt + rw + district},
    *[st.integers(0, 12) for _ in range(4)],
)


def test_the_first_of_a_district_waits_in_the_starter_kamar_of_the_regency() -> None:
    plan = placement(RT, {RT: 1, RW: 1, VILLAGE: 1, DISTRICT: 1}, set(), RULES)
    assert plan.rooms == (RoomKey(REGENCY, PERINTIS),)
    assert plan.waiting == ((RT, 4), (RW, 7), (VILLAGE, 7))


def test_with_people_enough_the_district_has_a_starter_kamar_of_its_own() -> None:
    plan = placement(RT, {RT: 1, RW: 1, VILLAGE: 1, DISTRICT: 5}, set(), RULES)
    assert plan.rooms == (RoomKey(DISTRICT, PERINTIS),)


def test_the_fifth_of_an_rt_opens_it_with_the_space_of_the_village() -> None:
    plan = placement(RT, {RT: 5, RW: 5, VILLAGE: 5, DISTRICT: 5}, set(), RULES)
    assert plan.rooms == (RoomKey(RT, OBROLAN), RoomKey(VILLAGE, SPACE))
    assert plan.waiting == ((RW, 3), (VILLAGE, 3))


def test_a_member_of_a_lively_rt_sits_in_five_rooms_the_rt_first() -> None:
    plan = placement(RT, {RT: 8, RW: 8, VILLAGE: 8, DISTRICT: 8}, set(), RULES)
    assert plan.rooms == (
        RoomKey(RT, OBROLAN),
        RoomKey(RW, OBROLAN),
        RoomKey(VILLAGE, OBROLAN),
        RoomKey(VILLAGE, SIARAN),
        RoomKey(VILLAGE, SPACE),
    )
    assert plan.waiting == ()


def test_a_kamar_stays_open_when_people_leave() -> None:
    opened = {RoomKey(RT, OBROLAN), RoomKey(VILLAGE, SPACE)}
    plan = placement(RT, {RT: 1, RW: 1, VILLAGE: 1, DISTRICT: 1}, opened, RULES)
    assert plan.rooms == (RoomKey(RT, OBROLAN), RoomKey(VILLAGE, SPACE))


@pytest.mark.parametrize(
    ("members", "crowded", "rooms"),
    [
        (8, False, (RoomKey(RT, OBROLAN),)),
        (8, True, (RoomKey(DISTRICT, PERINTIS),)),
        (4, False, (RoomKey(REGENCY, PERINTIS),)),
    ],
    ids=["a lively RT", "an RT with too many people for a stranger", "an RT without a kamar"],
)
def test_a_newcomer_sits_in_one_narrow_room_and_not_in_the_space(
    members: int, crowded: bool, rooms: tuple[RoomKey, ...]
) -> None:
    people = {RT: members, RW: members, VILLAGE: members, DISTRICT: members}
    assert placement(RT, people, set(), RULES, Standing.NEWCOMER, crowded=crowded).rooms == rooms


@given(counts, st.booleans())
def test_a_newcomer_sits_only_where_the_table_lets_him(members: dict[NodePath, int], crowded: bool) -> None:
    plan = placement(RT, members, set(), RULES, Standing.NEWCOMER, crowded=crowded)
    assert len(plan.rooms) == 1
    assert all(may(Standing.NEWCOMER, Action.SEE, sort_of(key)) for key in plan.rooms)


@given(counts)
def test_nobody_is_without_a_kamar_and_nobody_waits_for_one_he_has(members: dict[NodePath, int]) -> None:
    plan = placement(RT, members, set(), RULES)
    assert plan.rooms
    assert not {node for node, _missing in plan.waiting} & {key.node for key in plan.rooms if key.kind is OBROLAN}
    assert all(missing > 0 for _node, missing in plan.waiting)


@given(counts)
def test_planning_again_with_the_rooms_opened_changes_nothing(members: dict[NodePath, int]) -> None:
    plan = placement(RT, members, set(), RULES)
    if plan.rooms[0].kind is not PERINTIS:
        assert placement(RT, members, set(plan.rooms), RULES) == plan


def test_the_rules_need_no_count_above_the_district() -> None:
    assert counted(parse(RT)) == (RT, RW, VILLAGE, DISTRICT)


@pytest.mark.parametrize(
    ("key", "name", "alias"),
    [
        (RoomKey(RT, OBROLAN), "Kamar RT 003/RW 005 Sukaresmi", "kamar-32.16.19.2005-rw005-rt003"),
        (RoomKey(RW, OBROLAN), "Kamar RW 005 Sukaresmi", "kamar-32.16.19.2005-rw005"),
        (RoomKey(VILLAGE, OBROLAN), "Obrolan Sukaresmi", "kamar-32.16.19.2005"),
        (RoomKey(VILLAGE, SIARAN), "Pengumuman Sukaresmi", "kamar-32.16.19.2005-siaran"),
        (RoomKey(VILLAGE, SPACE), "Desa Sukaresmi", "kamar-32.16.19.2005-space"),
        (RoomKey(DISTRICT, PERINTIS, 2), "Kamar Perintis Sukaresmi 2", "kamar-32.16.19-perintis-2"),
        (RoomKey(DISTRICT, PENGURUS), "Pengurus Desa Sukaresmi", "kamar-32.16.19-pengurus"),
    ],
)
def test_a_room_name_stands_alone(key: RoomKey, name: str, alias: str) -> None:
    assert room_name(key, "Sukaresmi", "Desa") == name
    assert alias_of(key) == alias


def test_a_client_lists_the_rt_first_and_announcements_last() -> None:
    keys = [RoomKey(VILLAGE, SIARAN), RoomKey(VILLAGE, OBROLAN), RoomKey(RW, OBROLAN), RoomKey(RT, OBROLAN)]
    assert sorted(keys, key=child_order) == keys[::-1]


@pytest.mark.parametrize(
    ("key", "seen"),
    [(RoomKey(RT, OBROLAN), "joined"), (RoomKey(DISTRICT, PERINTIS), "joined"), (RoomKey(VILLAGE, OBROLAN), "shared")],
)
def test_narrow_rooms_show_no_history_from_before(key: RoomKey, seen: str) -> None:
    assert history(key) == seen


@pytest.mark.parametrize(("version", "users"), [("12", {}), ("11", {BOT: 200})])
def test_officers_never_reach_what_holds_the_structure(version: str, users: dict[str, int]) -> None:
    levels = power_levels(OBROLAN, version, BOT)
    assert levels["users"] == users
    assert min(levels["state_default"], levels["invite"], levels["events"]["m.room.power_levels"]) > 100


def test_only_officers_write_announcements() -> None:
    assert power_levels(SIARAN, "12", BOT)["events_default"] == 50
    assert power_levels(OBROLAN, "12", BOT)["events_default"] == 0


def test_whoever_sits_in_an_officers_room_may_speak_there_and_a_neighbour_never_sits_there() -> None:
    assert power_levels(PENGURUS, "12", BOT)["events_default"] == 0
    assert not may(Standing.NEIGHBOUR, Action.SEE, sort_of(RoomKey(DISTRICT, PENGURUS)))


@pytest.mark.parametrize(
    ("key", "federated"),
    [
        (RoomKey(NodePath("32"), PENGURUS), True),
        (RoomKey(REGENCY, PENGURUS), False),
        (RoomKey(NodePath("32"), PERINTIS), False),
        (RoomKey(VILLAGE, OBROLAN), False),
    ],
)
def test_only_officers_above_the_kabupaten_meet_other_servers(key: RoomKey, federated: bool) -> None:
    assert create_content(key, "k3y", "12", BOT, None, "x")["creation_content"]["m.federate"] is federated


def test_a_room_is_made_unfederated_marked_and_restricted_to_its_space() -> None:
    content = create_content(RoomKey(RT, OBROLAN), "k3y", "12", BOT, RoomId("!space"), "example.org")
    assert content["creation_content"] == {"id.sosialkamar.key": "k3y", "m.federate": False}
    state = {event["type"]: event["content"] for event in content["initial_state"]}
    assert state["m.room.join_rules"]["allow"] == [{"type": "m.room_membership", "room_id": "!space"}]
    assert state["id.sosialkamar.node"]["path"] == RT


def test_spaces_and_starter_kamar_belong_to_no_space() -> None:
    assert space_of(RoomKey(VILLAGE, SPACE)) is None
    assert space_of(RoomKey(DISTRICT, PERINTIS)) is None
    assert space_of(RoomKey(DISTRICT, PENGURUS)) is None
    assert space_of(RoomKey(RT, OBROLAN)) == RoomKey(VILLAGE, SPACE)
