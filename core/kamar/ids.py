"""Identifiers. A bare ``str`` is text for people; these are not."""

from typing import NewType

UserId = NewType("UserId", str)
"""A Matrix user id, ``@localpart:server``."""

RoomId = NewType("RoomId", str)
"""A Matrix room id. Opaque: room version 12 has no server part in it."""

EventId = NewType("EventId", str)
"""A Matrix event id, opaque."""

NodePath = NewType("NodePath", str)
"""The key of a node of the organisation, e.g. ``32.16.19.2005/RW005/RT003``; see :mod:`kamar.wilayah`."""

MemberId = NewType("MemberId", int)
"""Our own number of a member; never shown to anybody."""


def localpart(user: UserId) -> str:
    """Return ``k7f3q2`` of ``@k7f3q2:example.org``."""
    return user[1:].split(":", 1)[0]
