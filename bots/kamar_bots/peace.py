"""Reports and measures in the chat: a flag or ``!lapor`` for all, ``!bisukan``, ``!lambat``, ``!hapus`` for officers.

A report never stays in the room: flag and command are taken back at once, and the answer comes alone. Until then they
can be seen for a moment; whoever wants that not at all reports in the portal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.peace import MeasureKind, read_lasting
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply, Target
from kamar_store import member as members
from kamar_store import peace, peace_measure, peace_rule, seating
from kamar_store.appservice import Arrival
from kamar_store.member import Member
from kamar_store.peace import Said
from kamar_store.peace_measure import Wish
from kamar_store.seating import Room

SLOW_SECONDS = 60
LASTING = re.compile(r"(\d{1,4}\s*(?:menit|mnt|jam|hari|minggu))\b(.*)", re.DOTALL)

PASSED_ON = _(
    "Terima kasih, laporan Anda sudah sampai kepada pengurus yang berwenang. Yang dilaporkan tidak diberi tahu."
)
REPORT_HERE = _("Lapor tanpa terlihat siapa pun: {link}")
BLOCKED = _("Sudah diblokir. Pesannya tidak tampil lagi untuk Anda, dan ia tidak diberi tahu. Daftarnya: {link}")
MUTED = _("Baik, dibisukan sampai {until}. Ia sudah diberi tahu alasannya dan cara keberatan.")
SLOWED = _("Baik, kamar dilambatkan sampai {until}.")
HIDDEN = _("Baik, pesan itu dihapus. Penulisnya sudah diberi tahu alasannya dan cara keberatan.")


async def report(ask: Ask, registry: Registry) -> Reply:
    """``!lapor [kata]``: report the message that this one answers; without one, the way to the portal.

    Raises:
        KamarError: ``signup_unfinished``, ``measure_self``.
    """
    who = await asker(ask, registry)
    room = await _room(ask, registry)
    if ask.target is None or room is None:
        return Reply(ask.say(REPORT_HERE, link=f"{registry.settings.portal_url}/lapor"))
    words = ask.text.strip().lstrip("! ").partition(" ")[2]
    await _write(registry, who, room, ask.target, words, ask.now)
    return Reply("", quiet=True)


async def reported(
    arrival: Arrival, target: Target | None, registry: Registry, now: datetime
) -> list[Mapping[str, Any]]:
    """Write the report of who put a flag on a message; return the events to take back."""
    back: list[Mapping[str, Any]] = [{"room_id": arrival.room_id, "event_id": arrival.event_id}]
    who = await members.by_user(registry.db, arrival.sender)
    room = await seating.room_by_id(registry.db, arrival.room_id)
    if target is None or who is None or room is None or target.sender == arrival.sender:
        return back
    await _write(registry, who, room, target, "", now)
    return back


async def block(ask: Ask, registry: Registry) -> Reply:
    """``!blokir``: block the writer of the message that this one answers.

    Raises:
        KamarError: ``measure_target``, ``measure_self``.
    """
    who = await asker(ask, registry)
    _room_row, other = await _aimed(ask, registry)
    if other == who.id:
        raise KamarError("measure_self")
    await peace_rule.set_block(registry.db, who.id, other, ask.now, blocked=True)
    link = f"{registry.settings.portal_url}/tentang-saya/blokir"
    await peace.tell(registry.db, who.id, ask.say(BLOCKED, link=link), f"block:{other}:{ask.now.timestamp()}", ask.now)
    return Reply("", quiet=True)


async def mute(ask: Ask, registry: Registry) -> Reply:
    """``!bisukan 2 jam ALASAN``: the writer of the message that this one answers can't write for a while.

    Raises:
        KamarError: ``measure_target``, ``measure_lasting``, and as :func:`kamar.peace.allow_measure` says.
    """
    who = await asker(ask, registry)
    room, subject = await _aimed(ask, registry)
    lasts, reason = _lasting(ask, "!bisukan 2 jam berkata kasar kepada tetangga")
    wish = Wish(MeasureKind.MUTE, room, subject, lasts, reason, event_id=ask.target.event_id if ask.target else None)
    taken = await peace_measure.take(
        registry.db, registry.organisation, who, wish, ask.now, registry.settings.portal_url
    )
    return Reply(ask.say(MUTED, until=peace_measure.until(taken)))


async def slow(ask: Ask, registry: Registry) -> Reply:
    """``!lambat 2 jam ALASAN``: one message a minute for everybody but officers.

    Raises:
        KamarError: as :func:`mute`.
    """
    who = await asker(ask, registry)
    room = await _room(ask, registry)
    if room is None:
        raise KamarError("measure_not_allowed")
    lasts, reason = _lasting(ask, "!lambat 2 jam terlalu ramai")
    wish = Wish(MeasureKind.SLOW, room, None, lasts, reason, amount=SLOW_SECONDS)
    taken = await peace_measure.take(
        registry.db, registry.organisation, who, wish, ask.now, registry.settings.portal_url
    )
    return Reply(ask.say(SLOWED, until=peace_measure.until(taken)))


async def hide(ask: Ask, registry: Registry) -> Reply:
    """``!hapus ALASAN``: remove the message that this one answers, and keep its picture from coming back.

    Raises:
        KamarError: as :func:`mute`.
    """
    who = await asker(ask, registry)
    room, subject = await _aimed(ask, registry)
    reason = ask.text.strip().lstrip("! ").partition(" ")[2]
    assert ask.target is not None
    wish = Wish(MeasureKind.HIDE, room, subject, timedelta(0), reason, event_id=ask.target.event_id)
    await peace_measure.take(registry.db, registry.organisation, who, wish, ask.now, registry.settings.portal_url)
    return Reply(ask.say(HIDDEN))


async def _write(registry: Registry, who: Member, room: Room, target: Target, words: str, now: datetime) -> None:
    subject = await members.by_user(registry.db, target.sender)
    portal = registry.settings.portal_url
    said = Said(room, subject.id if subject else None, target.event_id, target.text)
    number = await peace.write(registry.db, registry.organisation, said, who.id, words, now, portal)
    await peace.tell(registry.db, who.id, PASSED_ON, f"report:{number}:got", now)


async def _room(ask: Ask, registry: Registry) -> Room | None:
    return await seating.room_by_id(registry.db, ask.room_id) if ask.room is not None else None


async def _aimed(ask: Ask, registry: Registry) -> tuple[Room, MemberId]:
    """Return the room and the writer of the message that is answered.

    Raises:
        KamarError: ``measure_target``.
    """
    room = await _room(ask, registry)
    subject = await members.by_user(registry.db, ask.target.sender) if ask.target else None
    if room is None or subject is None:
        raise KamarError("measure_target")
    return room, subject.id


def _lasting(ask: Ask, example: str) -> tuple[timedelta, str]:
    rest = ask.text.strip().lstrip("! ").partition(" ")[2]
    found = LASTING.match(rest.strip().lower())
    lasts = read_lasting(found[1]) if found else None
    if found is None or lasts is None:
        raise KamarError("measure_lasting", example=example)
    return lasts, rest.strip()[found.end(1) :]
