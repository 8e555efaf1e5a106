"""A small Matrix that does what actions say, and a registry in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import SeatState
from kamar.organisation import profile
from kamar.reconcile import (
    Action,
    Found,
    Here,
    Holder,
    Place,
    Registered,
    Reopen,
    Seat,
    SetPower,
    SetState,
    Unban,
    Unseat,
    Wanted,
    want,
)
from kamar.structure import RoomKey, RoomKind

BOT = UserId("@kamar:x")
ORGANISATION = profile()
HERE = Here(BOT, "x", children_max=3, organisation=ORGANISATION)
VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT = NodePath(f"{RW}/RT003")
DISTRICT = NodePath("32.16.19")
REGENCY = NodePath("32.16")
PLACES = {path: Place("Sukaresmi", "Desa", "Sukaresmi, Bekasi") for path in (VILLAGE, RW, RT)}
PLACES |= {DISTRICT: Place("Cikarang Selatan", "Kecamatan", "Cikarang Selatan, Bekasi")}

SPACE = RoomKey(VILLAGE, RoomKind.SPACE)
TALK = RoomKey(VILLAGE, RoomKind.OBROLAN)
NEWS = RoomKey(VILLAGE, RoomKind.SIARAN)
STREET = RoomKey(RT, RoomKind.OBROLAN)
BOARD = RoomKey(DISTRICT, RoomKind.PENGURUS)
KEYS = (SPACE, TALK, NEWS, STREET, BOARD)
ROOMS = {key: RoomId(f"!{key.kind.value}-{number}") for number, key in enumerate(KEYS)}


def person(name: str) -> UserId:
    """Return somebody's account."""
    return UserId(f"@{name}:x")


def holder(name: str, office: str, node: NodePath, *, closed: bool = False) -> Holder:
    """Return a mandate in force."""
    return Holder(MemberId(sum(map(ord, name))), person(name), node, ORGANISATION.office(office), closed=closed)


def wanted(
    seats: Mapping[RoomKey, Mapping[str, SeatState]] | None = None,
    holders: Iterable[Holder] = (),
    closed: Iterable[str] = (),
    rooms: Mapping[RoomKey, RoomId] | None = None,
) -> dict[RoomId, Wanted]:
    """Return what the registry wants of the rooms."""
    rooms = ROOMS if rooms is None else rooms
    registered = [
        Registered(number, key, room, {person(name): state for name, state in (seats or {}).get(key, {}).items()})
        for number, (key, room) in enumerate(rooms.items())
    ]
    return want(registered, list(holders), PLACES, rooms, HERE, frozenset(map(person, closed)))


def fresh() -> dict[RoomId, Found]:
    """Return the rooms as they are made: empty of people, words and officers."""
    return {room: Found(held=True) for room in ROOMS.values()}


def carry_out(have: Mapping[RoomId, Found], actions: Iterable[Action]) -> dict[RoomId, Found]:
    """Return the rooms after some actions."""
    world = dict(have)
    for action in actions:
        world[action.room] = _after(world[action.room], action)
    return world


def _after(room: Found, action: Action) -> Found:
    match action:
        case Reopen():
            return Found(held=True)
        case SetPower(_, power):
            return replace(room, power=power)
        case SetState(_, kind, key, content):
            return replace(room, state={**room.state, (kind, key): content})
        case Unban(user, _):
            return replace(room, banned=room.banned - {user})
        case Unseat(user, _):
            gone = frozenset({user})
            return replace(room, members=room.members - gone, asked=room.asked - gone, seats=room.seats - gone)
        case Seat(user, _):
            assert user not in room.banned, "a banned person can't be seated"
            return replace(room, members=room.members | {user}, asked=room.asked - {user}, seats=room.seats | {user})
