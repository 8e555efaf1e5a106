"""``!buka``: a coordinator opens a kamar of the own area before enough neighbours have come by themselves."""

from __future__ import annotations

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import village_of
from kamar.organisation import Right
from kamar.policy import may_open
from kamar.structure import RoomKey, RoomKind, rooms_of_kamar
from kamar.wilayah import parse_rt_rw
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.structure import room_in_words
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import fold, seating, wilayah
from kamar_store import mandate as mandates

OPENS = _("{room} dibuka sekarang. Yang tinggal di sana masuk dengan sendirinya.")
OPEN_ALREADY = _("{room} sudah dibuka.")
WHICH = _("Kamar mana yang dibuka? Tulis misalnya: !buka 3/5 untuk RT 003/RW 005, atau !buka rw 5.")


async def open_kamar(ask: Ask, registry: Registry) -> Reply:
    """``!buka [RT/RW]``: open the kamar named, of the village one coordinates; alone, that of the own node.

    Raises:
        KamarError: ``open_not_allowed``, ``rt_out_of_range``, ``rw_out_of_range``.
    """
    who = await asker(ask, registry)
    own = await mandates.where_may(registry.db, registry.organisation, who, Right.MODERATE, ask.now)
    node = _node(ask, own)
    if node is None:
        return Reply(ask.say(WHICH))
    if not may_open(own, node):
        raise KamarError("open_not_allowed")
    await wilayah.declare(registry.db, node)
    room = await room_in_words(registry, RoomKey(node, RoomKind.OBROLAN))
    existing = {found.key for found in await seating.rooms_at(registry.db, [node])}
    if RoomKey(node, RoomKind.OBROLAN) in existing:
        return Reply(ask.say(OPEN_ALREADY, room=room))
    await fold.unfold(registry.db, node)
    await seating.want_rooms(registry.db, rooms_of_kamar(node), ask.now)
    return Reply(ask.say(OPENS, room=room))


def _node(ask: Ask, own: list[NodePath]) -> NodePath | None:
    """Return the node meant: RT and RW lie in the village one coordinates, or else in that of the room."""
    _command, _space, rest = ask.text.strip().lstrip("! ").partition(" ")
    here = [*own, *([ask.room.node] if ask.room else [])]
    if not rest.strip():
        return own[0] if own else None
    named = parse_rt_rw(rest)
    village = next((found for node in here if (found := village_of(node))), None)
    return named.path(village) if named and village else None
