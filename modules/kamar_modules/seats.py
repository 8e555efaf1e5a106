"""The seat table and the map of official rooms: who may sit where.

Every function takes the transaction first and runs inside :meth:`kamar_modules.database.Database.run`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kamar.account import ENCRYPTED
from kamar.policy import Action, Sort, Standing, may
from kamar.structure import RoomKind
from kamar.structure_room import NODE_EVENT
from kamar_modules.database import Transaction, listed
from kamar_modules.official import JOIN_RULES, Node, is_active, memberships, read_node, states

BY_INVITATION = ("invite", "knock", "private")


@dataclass(frozen=True, slots=True)
class Chair:
    """One official room, as one member finds it. ``membership`` is empty for who never touched it."""

    membership: str
    by_invitation: bool


def remember(txn: Transaction, nodes: Mapping[str, Node]) -> None:
    """Write rooms into the map, over what stood there."""
    txn.execute_batch(
        "INSERT INTO kamar_room (room_id, axis, path, kind, number) VALUES (?, ?, ?, ?, ?) ON CONFLICT (room_id)"
        " DO UPDATE SET axis = excluded.axis, path = excluded.path, kind = excluded.kind, number = excluded.number",
        [(room, node.axis, node.path, node.kind, node.number) for room, node in nodes.items()],
    )


def map_again(txn: Transaction, room: str, bot: str) -> None:
    """Write an official room into the map as its state says now; any other room is left alone."""
    event = states(txn, [room], (NODE_EVENT,)).get((room, NODE_EVENT))
    node = read_node(event, bot) if event else None
    if node is not None:
        remember(txn, {room: node})


def forget(txn: Transaction, room: str) -> None:
    """Take a room out of the map, and everybody's seat in it."""
    txn.execute("DELETE FROM kamar_seat WHERE room_id = ?", (room,))
    txn.execute("DELETE FROM kamar_room WHERE room_id = ?", (room,))


def is_official(txn: Transaction, room: str, bot: str) -> bool:
    """Tell whether a room is official: by the map or, where that is silent, by the room's state, and mend the map."""
    txn.execute("SELECT 1 FROM kamar_room WHERE room_id = ?", (room,))
    if txn.fetchone() is not None:
        return True
    event = states(txn, [room], (NODE_EVENT,)).get((room, NODE_EVENT))
    node = read_node(event, bot) if event else None
    if node is None:
        return False
    remember(txn, {room: node})
    return True


def may_enter(txn: Transaction, user: str, room: str, bot: str) -> bool:
    """Tell whether a local user may enter a room: any that is not official, and those where he has a seat."""
    if not is_official(txn, room, bot):
        return True
    txn.execute("SELECT 1 FROM kamar_seat WHERE user_id = ? AND room_id = ?", (user, room))
    return txn.fetchone() is not None


def refused_invitation(txn: Transaction, inviter: str, invitee: str, room: str, bot: str) -> str | None:
    """Return the code of the error with which an invitation is refused; none where it may be sent.

    The table of rights says who invites into official rooms; elsewhere whoever shares a kamar with the invitee, and
    everybody may talk with the bot and its second account.
    """
    ours = {bot, f"@{ENCRYPTED}:{bot.partition(':')[2]}"}
    if is_official(txn, room, bot) and not may(Standing.COORDINATOR, Action.INVITE, Sort.RT):
        return "no_invitations"
    return None if ours & {inviter, invitee} or _meet(txn, inviter, invitee) else "invite_stranger"


def _meet(txn: Transaction, one: str, other: str) -> bool:
    """Tell whether two local users are in one official room where people talk or listen; a space is none."""
    txn.execute(
        "SELECT 1 FROM local_current_membership a JOIN local_current_membership b ON b.room_id = a.room_id"
        " JOIN kamar_room r ON r.room_id = a.room_id"
        " WHERE a.user_id = ? AND b.user_id = ? AND a.membership = 'join' AND b.membership = 'join'"
        " AND r.kind <> ? LIMIT 1",
        (one, other, RoomKind.SPACE.value),
    )
    return txn.fetchone() is not None


def give(txn: Transaction, user: str, rooms: Collection[str], bot: str) -> dict[str, Chair] | None:
    """Give seats, and return how the member finds each room; rooms that are not official are absent.

    None, and nothing written, when there is no such account.
    """
    if not is_active(txn, user):
        return None
    events = states(txn, rooms, (NODE_EVENT, JOIN_RULES))
    nodes = {room: read_node(event, bot) for (room, kind), event in events.items() if kind == NODE_EVENT}
    official = {room: node for room, node in nodes.items() if node is not None}
    known = _mapped(txn, official)
    remember(txn, {room: node for room, node in official.items() if room not in known})
    txn.execute_batch(
        "INSERT INTO kamar_seat (user_id, room_id) VALUES (?, ?) ON CONFLICT (user_id, room_id) DO NOTHING",
        [(user, room) for room in official],
    )
    found = memberships(txn, user, official)
    rules = {room: events.get((room, JOIN_RULES), {}).get("content", {}) for room in official}
    return {
        room: Chair(found.get(room, ""), rules[room].get("join_rule", "invite") in BY_INVITATION) for room in official
    }


def take(txn: Transaction, user: str, rooms: Collection[str]) -> dict[str, str]:
    """Take seats away, and return the memberships that are left to end. ``rooms`` is not empty."""
    txn.execute(listed("DELETE FROM kamar_seat WHERE user_id = ? AND room_id IN (*)", rooms), (user, *rooms))
    return memberships(txn, user, rooms)


def _mapped(txn: Transaction, rooms: Collection[str]) -> set[str]:
    """Return those that the map knows: writing them again would make concurrent seatings wait for each other."""
    if not rooms:
        return set()
    txn.execute(listed("SELECT room_id FROM kamar_room WHERE room_id IN (*)", rooms), tuple(rooms))
    return {room for (room,) in txn.fetchall()}


def take_all(txn: Transaction, user: str) -> None:
    """Take every seat of a member away."""
    txn.execute("DELETE FROM kamar_seat WHERE user_id = ?", (user,))


def seats_of(txn: Transaction, user: str) -> tuple[list[str], list[str]]:
    """Return the rooms where a member has a seat, and those of them he is in."""
    txn.execute("SELECT room_id FROM kamar_seat WHERE user_id = ? ORDER BY room_id", (user,))
    rooms = [room for (room,) in txn.fetchall()]
    found = memberships(txn, user, rooms)
    return rooms, [room for room in rooms if found.get(room) == "join"]
