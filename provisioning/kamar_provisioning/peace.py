"""The jobs of peace: ``measure`` makes Matrix agree with a measure, ``peace`` with the rules of a room.

Each may be repeated at any point: it looks at the registry and does what is missing.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from kamar.ids import EventId, MemberId, RoomId, UserId
from kamar.membership import SeatState
from kamar.peace import MeasureKind, Step
from kamar.peace_message import RoomRules, rules_to_json
from kamar.peace_time import spoken_time
from kamar.peace_words import ENDED, SLOWED
from kamar.wilayah import zone_of
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import GONE, txn_id
from kamar_store import mandate_find as mandates
from kamar_store import member as members
from kamar_store import outbox, peace, peace_measure, peace_rule, referral, seating
from kamar_store import reconcile as changed
from kamar_store.member import Member
from kamar_store.outbox import Row
from kamar_store.peace_measure import Measure
from kamar_store.store import Db

logger = logging.getLogger(__name__)

DIRECT_NAME = "Pesan untuk Anda"  # in the list of rooms


async def measure(desk: Desk, row: Row) -> None:
    """Make one measure felt, or its end: ``{measure, moment}``, moment ``begin``, ``lift`` or ``end``."""
    async with desk.site.store.read() as db:
        found = await peace_measure.get(db, row.payload["measure"])
    if found is None:
        return
    holds = found.holds(desk.now())
    if found.kind is MeasureKind.HIDE:
        await _hide(desk, row, found, holds=holds)
    elif found.kind in (MeasureKind.MUTE, MeasureKind.SLOW):
        await tell_synapse(desk, found.room)
    elif found.kind in (MeasureKind.REMOVE, MeasureKind.BAN) and found.subject is not None:
        await _keep_out(desk, found) if holds else await _let_in(desk, found)
    if row.payload["moment"] == "begin":
        await _announce(desk, found)
    if row.payload["moment"] == "end" and found.lifted_at is None:
        await _ended(desk, found)
    logger.info("measure %d: %s, %s", found.id, found.kind.value, row.payload["moment"])


async def rules(desk: Desk, row: Row) -> None:
    """Tell Synapse what holds in a room: ``{room}``."""
    await tell_synapse(desk, row.payload["room"])


async def block(desk: Desk, row: Row) -> None:
    """Tell Synapse whether a member blocks another: ``{member, other}``."""
    async with desk.site.store.read() as db:
        who, other = await members.by_id(db, row.payload["member"]), await members.by_id(db, row.payload["other"])
        blocked = await peace_rule.is_blocked(db, row.payload["member"], row.payload["other"])
    if who is not None and other is not None:
        await desk.module.set_block(who.user_id, other.user_id, blocked=blocked)


async def tell(desk: Desk, row: Row) -> None:
    """Tell a member something alone: ``{member, text, always}``; with ``always`` a direct talk is opened for it."""
    async with desk.site.store.read() as db:
        who = await members.by_id(db, row.payload["member"])
        room = await peace_rule.direct_of(db, who.user_id) if who else None
    if who is None:
        return
    if room is not None and await _reads(desk, room, who.user_id) and await _says(desk, row, room):
        return
    if row.payload["always"]:
        room = await _open_direct(desk, who.user_id)
        await _says(desk, row, room)


async def take_back(desk: Desk, row: Row) -> None:
    """Remove somebody's flag or command, so that the reported does not see who reported: ``{room_id, event_id}``."""
    try:
        room, event_id = RoomId(row.payload["room_id"]), EventId(row.payload["event_id"])
        await desk.matrix.redact(room, event_id, "", txn_id(row))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise


async def talk_with(desk: Desk, user: UserId) -> RoomId:
    """Return the direct talk with a member, opened where there is none."""
    async with desk.site.store.read() as db:
        room = await peace_rule.direct_of(db, user)
    return room if room is not None and await _reads(desk, room, user) else await _open_direct(desk, user)


async def _says(desk: Desk, row: Row, room: RoomId) -> bool:
    content = {"msgtype": "m.text", "body": row.payload["text"], "m.mentions": {}}
    try:
        await desk.matrix.send(room, "m.room.message", content, txn_id(row, room))
    except MatrixError as error:
        if error.errcode in GONE:
            return False
        raise
    return True


async def _reads(desk: Desk, room: RoomId, user: UserId) -> bool:
    """Tell whether a member is in a direct talk, or still invited to it."""
    try:
        membership = (await desk.matrix.get_state(room, "m.room.member", user)).get("membership")
    except MatrixError as error:
        if error.errcode in GONE:
            return False
        raise
    return membership in ("join", "invite")


async def _open_direct(desk: Desk, user: UserId) -> RoomId:
    """Make a direct talk with a member, once: a room that a crash left behind is found by its key."""
    key = f"direct:{hashlib.sha256(user.encode()).hexdigest()[:24]}"
    found = await desk.module.room(key)
    if found is None:
        content = {"id.sosialkamar.key": key, "m.federate": False}
        more = {"is_direct": True, "invite": [user], "name": DIRECT_NAME, "creation_content": content}
        room = await desk.matrix.create_room({"preset": "trusted_private_chat", **more})
    else:
        room = found.room_id
        if not await _reads(desk, room, user):  # left before: asked once more
            await desk.matrix.invite(room, user)
    async with desk.site.store.write() as db:
        await peace_rule.note_direct(db, user, room, desk.now())
    return room


async def tell_synapse(desk: Desk, number: int | None) -> None:
    """Write the whole rules of a room, as the registry has them now."""
    now = desk.now()
    async with desk.site.store.read() as db:
        room = await seating.room_by_row(db, number) if number is not None else None
        if room is None or room.room_id is None:
            return
        rule = await peace_rule.rule_of(db, room.id)
        muted: dict[str, int] = {}
        slow = (0, 0)
        for each in await peace_measure.in_room(db, room.id, now):
            ends = int(each.ends_at.timestamp() * 1000)
            if each.kind is MeasureKind.SLOW:
                slow = (each.amount, ends)
            elif (who := await members.by_id(db, each.subject or 0)) is not None:
                muted[who.user_id] = max(ends, muted.get(who.user_id, 0))
        officers = await peace.moderators_over(db, desk.site.organisation, room.key.node, now)
        users = [await members.by_id(db, officer.member) for officer in officers]
    content = RoomRules(
        muted,
        *slow,
        rule.flood,
        rule.words,
        rule.text_only_hours,
        frozenset(who.user_id for who in users if who),
        zone_of(room.key.node),
    )
    await desk.module.set_rules(room.room_id, rules_to_json(content))


async def _hide(desk: Desk, row: Row, found: Measure, *, holds: bool) -> None:
    """Empty a message and keep its picture from coming back; lifted, the picture may be sent again."""
    if not holds:
        if found.digest:
            await desk.module.set_removed(found.digest, removed=False)
        return
    async with desk.site.store.read() as db:
        room = await seating.room_by_row(db, found.room) if found.room is not None else None
    if room is None or room.room_id is None or found.event_id is None:
        return
    event_id = EventId(found.event_id)
    try:
        if not found.digest:
            await _remember_picture(desk, found, room.room_id, event_id)
        await desk.matrix.redact(room.room_id, event_id, found.reason, txn_id(row, "redact"))
    except MatrixError as error:
        if error.errcode not in GONE:
            raise


async def _remember_picture(desk: Desk, found: Measure, room: RoomId, event_id: EventId) -> None:
    event = await desk.matrix.get_event(room, event_id)
    address = event.content.get("url")
    if not isinstance(address, str) or not address.startswith("mxc://"):
        return
    digest = hashlib.sha256(await desk.matrix.download(address)).hexdigest()
    await desk.module.set_removed(digest, removed=True)
    async with desk.site.store.write() as db:
        await peace_measure.note_digest(db, found.id, digest)


async def _keep_out(desk: Desk, found: Measure) -> None:
    assert found.subject is not None
    async with desk.site.store.write() as db:
        who = await members.by_id(db, found.subject)
        rooms = await seating.keep_out(db, found.subject, None if _everywhere(found) else found.room, desk.now())
        if _everywhere(found):
            await peace_rule.ban_keys(db, found.id, found.subject)
            await _revoke_codes(db, desk, found)
        await _mark_offices(db, found.subject, desk.now())
    if who is None or not rooms:
        return
    await desk.module.seat(who.user_id, None, [], rooms)
    if _everywhere(found):
        for room in rooms:
            await desk.matrix.ban(room, who.user_id, found.reason)


async def _mark_offices(db: Db, number: MemberId, now: datetime) -> None:
    """Whoever is kept out has no power meanwhile, and has it again afterwards."""
    await changed.mark(db, {node for node, _office in await mandates.held_by(db, number, now)}, now)


async def _revoke_codes(db: Db, desk: Desk, found: Measure) -> None:
    """Whoever is banned invites nobody, himself least of all."""
    assert found.subject is not None
    code = await referral.own_code(db, found.subject)
    if code is not None:
        await referral.revoke(db, code, desk.now())


async def _let_in(desk: Desk, found: Measure) -> None:
    """Give the seats back, unless another measure keeps them."""
    assert found.subject is not None
    now = desk.now()
    async with desk.site.store.read() as db:
        who = await members.by_id(db, found.subject)
        others = [each for each in await peace_measure.removing(db, found.subject, now) if each.id != found.id]
    if who is None or any(_everywhere(each) for each in others):
        return
    kept = {each.room for each in others}
    async with desk.site.store.read() as db:
        seats = await seating.seats_of(db, who.id)
    rooms = [
        room
        for room, state in seats
        if state is SeatState.REMOVED and room.id not in kept and (_everywhere(found) or room.id == found.room)
    ]
    if _everywhere(found):
        for room in rooms:
            await _unban(desk, room.room_id, who)
    async with desk.site.store.write() as db:
        await seating.let_in(db, who.id, [room.id for room in rooms])
        await _mark_offices(db, who.id, now)
        key = f"seat:{who.id}:measure:{found.id}"
        await outbox.put(db, "seat", key, {"member": who.id}, now, lane=f"member:{who.id}")


async def _unban(desk: Desk, room: RoomId | None, who: Member) -> None:
    try:
        if room is not None:
            await desk.matrix.unban(room, who.user_id)
    except MatrixError as error:
        if error.errcode not in (*GONE, "M_BAD_STATE"):
            raise


async def _announce(desk: Desk, found: Measure) -> None:
    """Say in the room that it is slowed: this concerns everybody there."""
    if found.kind is not MeasureKind.SLOW or found.room is None:
        return
    until = spoken_time(found.ends_at, zone_of(found.node))
    body = SLOWED.format(until=until, seconds=found.amount, reason=found.reason)
    async with desk.site.store.write() as db:
        room = await seating.room_by_row(db, found.room)
        if room is not None and room.room_id is not None:
            content = {"msgtype": "m.notice", "body": body, "m.mentions": {}}
            payload = {"room_id": room.room_id, "type": "m.room.message", "content": content}
            await outbox.put(db, "send", f"measure:{found.id}:said", payload, desk.now(), lane=f"room:{room.room_id}")


async def _ended(desk: Desk, found: Measure) -> None:
    async with desk.site.store.write() as db:
        if any(each.what is Step.ENDED for each in await peace_measure.logged(db, found.id)):
            return
        await peace_measure.log(db, found.id, Step.ENDED, None, desk.now())
        if found.subject is not None:
            text = ENDED.format(room=await peace.room_words(db, found.room, found.node))
            await peace.tell(db, found.subject, text, f"measure:{found.id}:ended", desk.now())


def _everywhere(found: Measure) -> bool:
    return found.kind is MeasureKind.BAN
