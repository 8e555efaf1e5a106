"""What the module *peace* keeps in Synapse's database: rules of rooms, who spoke last, removed pictures, blocks.

All of it is a projection of the registry, written by @kamar alone. Every function takes the transaction first.
"""

from __future__ import annotations

import json
from typing import Any

from kamar.peace_message import RoomRules, rules_from_json, rules_to_json
from kamar_modules.database import Transaction

IGNORED = "m.ignored_user_list"


def put_rules(txn: Transaction, room: str, rules: RoomRules) -> None:
    """Write what holds in a room, over what stood there."""
    txn.execute(
        "INSERT INTO kamar_peace_rule (room_id, rules) VALUES (?, ?)"
        " ON CONFLICT (room_id) DO UPDATE SET rules = excluded.rules",
        (room, json.dumps(rules_to_json(rules))),
    )


def get_rules(txn: Transaction, room: str) -> RoomRules | None:
    """Return what holds in a room; none where nothing was ever written.

    Raises:
        ValueError: what stands there can't be read.
    """
    txn.execute("SELECT rules FROM kamar_peace_rule WHERE room_id = ?", (room,))
    row = txn.fetchone()
    return None if row is None else rules_from_json(json.loads(row[0]))


def speak(txn: Transaction, room: str, user: str, now: int, every: int) -> int:
    """Note that a member speaks now; return the milliseconds still to wait, 0 when he may. All processes agree.

    ``now`` and ``every`` are milliseconds.
    """
    txn.execute(
        "INSERT INTO kamar_peace_spoke (room_id, user_id, at) VALUES (?, ?, ?) ON CONFLICT (room_id, user_id)"
        " DO UPDATE SET at = excluded.at WHERE kamar_peace_spoke.at <= ?",
        (room, user, now, now - every),
    )
    if txn.rowcount:
        return 0
    txn.execute("SELECT at FROM kamar_peace_spoke WHERE room_id = ? AND user_id = ?", (room, user))
    row = txn.fetchone()
    return max(1, int(row[0]) + every - now) if row else 0


def account_age(txn: Transaction, user: str, now: int) -> int:
    """Return how many milliseconds ago an account was made; 0 for who has none."""
    txn.execute("SELECT creation_ts FROM users WHERE name = ?", (user,))
    row = txn.fetchone()
    return now - int(row[0]) * 1000 if row and row[0] is not None else 0


def put_removed(txn: Transaction, sha256: str) -> None:
    """Write the hash of a removed picture."""
    txn.execute("INSERT INTO kamar_removed_media (sha256) VALUES (?) ON CONFLICT (sha256) DO NOTHING", (sha256,))


def drop_removed(txn: Transaction, sha256: str) -> None:
    """Take a hash off the list: an appeal was granted."""
    txn.execute("DELETE FROM kamar_removed_media WHERE sha256 = ?", (sha256,))


def is_removed(txn: Transaction, sha256: str) -> bool:
    """Tell whether a file was removed before."""
    txn.execute("SELECT 1 FROM kamar_removed_media WHERE sha256 = ?", (sha256,))
    return txn.fetchone() is not None


def put_block(txn: Transaction, user: str, other: str) -> None:
    """Write that ``user`` blocks ``other``."""
    txn.execute(
        "INSERT INTO kamar_block (user_id, other) VALUES (?, ?) ON CONFLICT (user_id, other) DO NOTHING", (user, other)
    )


def drop_block(txn: Transaction, user: str, other: str) -> None:
    """Write that ``user`` blocks ``other`` no more."""
    txn.execute("DELETE FROM kamar_block WHERE user_id = ? AND other = ?", (user, other))


def blocks(txn: Transaction, inviter: str, invitee: str) -> tuple[bool, bool]:
    """Return whether the inviter blocks the invitee, and whether he is blocked by him."""
    txn.execute(
        "SELECT user_id FROM kamar_block WHERE (user_id = ? AND other = ?) OR (user_id = ? AND other = ?)",
        (inviter, invitee, invitee, inviter),
    )
    blockers = {user for (user,) in txn.fetchall()}
    return inviter in blockers, invitee in blockers


def ignoring(content: Any, other: str, *, wanted: bool) -> dict[str, Any] | None:
    """Return a member's list of ignored people with ``other`` on it or off it; none when it is so already.

    What the member wrote on it himself stays.
    """
    known = dict(content) if content else {}
    listed = dict(known.get("ignored_users") or {})
    if (other in listed) == wanted:
        return None
    if wanted:
        listed[other] = {}
    else:
        del listed[other]
    return {**known, "ignored_users": listed}
