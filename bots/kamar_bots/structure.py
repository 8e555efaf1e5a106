"""``!kamar``: where am I, who coordinates, and what is missing until the own kamar opens.

In a room the answer is about the room: where its asker lives, and how many neighbours are missing there, is told only
in a direct talk.
"""

from __future__ import annotations

from dataclasses import dataclass

from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of
from kamar.policy import Standing
from kamar.structure import OpenRules, RoomKey, RoomKind, RoomState, counted, kamar_nodes, placement
from kamar.structure_room import room_name
from kamar.wilayah import full_name, parse, place_name
from kamar.words import mark as _
from kamar_bots import referral
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import cover, seating, wilayah
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member

THIS_ROOM = _("Ini {room}: {place}.")
YOUR_HOME = _("Anda tinggal di {place}.")
YOUR_ROOMS = _("Kamar Anda: {rooms}.")
NO_ROOMS = _("Kamar Anda sedang disiapkan.")
COORDINATOR = _("Koordinator: {names}.")
VACANT = _("Koordinator {place}: jabatan kosong.")
NEAREST = _("Koordinator {place}: jabatan kosong. Yang terdekat: {names}.")
MISSING = _("{missing} tetangga lagi dan {room} dibuka. Ajak mereka: {link}")
ASK_DIRECTLY = _("Kamar RT Anda sendiri sudah dibuka atau belum? Tulis !kamar langsung kepada {bot}.")
UNOFFICIAL = _("Ini bukan kamar resmi. Tulis !kamar di kamar Anda, atau langsung kepada {bot}.")


@dataclass(frozen=True, slots=True)
class Place:
    """A node in words: its short name, the whole path, and its village with the village's kind."""

    short: str
    whole: str
    village: str
    kind: str


async def where(ask: Ask, registry: Registry) -> Reply:
    """``!kamar``: describe this room, or in a direct talk the asker's own place."""
    who = await asker(ask, registry)
    if ask.direct:
        return await _home(ask, registry, who)
    if ask.room is None:
        return Reply(ask.say(UNOFFICIAL, bot=registry.settings.bot))
    place = await describe(registry, ask.room.node)
    lines = [
        ask.say(THIS_ROOM, room=room_name(ask.room, place.village, place.kind), place=place.whole),
        await _coordinators(ask, registry, ask.room.node),
    ]
    if ask.room.kind is RoomKind.PERINTIS:
        lines.append(ask.say(ASK_DIRECTLY, bot=registry.settings.bot))
    return Reply("\n".join(lines))


async def describe(registry: Registry, node: NodePath) -> Place:
    """Return a node in words, also of an RT that nobody has written into the registry."""
    if axis_of(node) is not Axis.WILAYAH:
        said = await cover.said(registry.db, node)
        return Place(said.name, said.whole, said.name, said.kind)
    place = parse(node)
    found = await wilayah.get(registry.db, node)
    base = await wilayah.get(registry.db, place.village or node)
    village, kind, whole = (base.name, base.kind, base.full_name) if base else (node, "", node)
    return Place(place_name(place, village), found.full_name if found else full_name(place, whole), village, kind)


async def room_in_words(registry: Registry, room: RoomKey) -> str:
    """Return the name of a room, also of one that does not exist yet."""
    place = await describe(registry, room.node)
    return room_name(room, place.village, place.kind)


async def _home(ask: Ask, registry: Registry, who: Member) -> Reply:
    place = await describe(registry, who.home)
    lines = [
        ask.say(YOUR_HOME, place=place.whole),
        await _rooms(ask, registry, who),
        await _coordinators(ask, registry, who.home),
        await _missing(ask, registry, who),
    ]
    return Reply("\n".join(line for line in lines if line))


async def _rooms(ask: Ask, registry: Registry, who: Member) -> str:
    names = []
    for room, _state in await seating.seats_of(registry.db, who.id):
        if room.key.kind is not RoomKind.SPACE and room.state is RoomState.OPEN:
            names.append(await room_in_words(registry, room.key))
    return ask.say(YOUR_ROOMS, rooms=", ".join(names)) if names else ask.say(NO_ROOMS)


async def _coordinators(ask: Ask, registry: Registry, node: NodePath) -> str:
    """Return who coordinates a node; where nobody does, who does in the smallest place around it up to the village."""
    wilayah_node = axis_of(node) is Axis.WILAYAH
    chain = (kamar_nodes(parse(node)) or (node,)) if wilayah_node else chain_of(node)[:-1]
    holders: dict[NodePath, list[str]] = {}
    for held, _office, holder in await mandates.officers(registry.db, {node, *chain}, ask.now):
        holders.setdefault(held, []).append(holder.display_name)
    if node in holders:
        return ask.say(COORDINATOR, names=", ".join(holders[node]))
    vacant = await describe(registry, node)
    for wider in chain:
        if wider in holders:
            around = await describe(registry, wider)
            return ask.say(NEAREST, place=vacant.short, names=f"{', '.join(holders[wider])} ({around.short})")
    return ask.say(VACANT, place=vacant.short)


async def _missing(ask: Ask, registry: Registry, who: Member) -> str:
    """Return how many neighbours are missing until the member's smallest closed kamar opens, "" if none is closed."""
    if axis_of(who.home) is not Axis.WILAYAH:
        return ""
    home, rooms = parse(who.home), registry.settings.rooms
    nodes = {home.path, *(item.path for item in home.ancestors())}
    opened = {room.key for room in await seating.rooms_at(registry.db, nodes)}
    rules = OpenRules(rooms.open_at_rt, rooms.open_at_rw, rooms.open_at_kelurahan, rooms.open_at_perintis)
    standing = Standing.NEIGHBOUR if who.vouched else Standing.NEWCOMER
    waiting = placement(who.home, await members.counts(registry.db, counted(home)), opened, rules, standing).waiting
    if not waiting:
        return ""
    node, missing = waiting[0]
    place = await describe(registry, node)
    name = room_name(RoomKey(node, RoomKind.OBROLAN), place.village, place.kind)
    link = referral.link_of(await referral.own_code(who, ask, registry), registry)
    return ask.say(MISSING, missing=missing, room=name, link=link)
