"""``!tetap`` and ``!gabung``: the answers to the question whether a silent kamar should stay open."""

from __future__ import annotations

from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import fold

STAYS = _("Baik, kamar ini tetap buka. Sapa tetangga Anda, supaya tidak sepi lagi.")
NOT_ASKED = _("Tidak ada rencana menggabung kamar ini.")
NOTED = _("Terima kasih. Bila dalam 7 hari tidak ada yang ingin kamar ini tetap buka, kamar ini digabung.")


async def stay(ask: Ask, registry: Registry) -> Reply:
    """``!tetap``: keep this kamar; one voice is enough."""
    await asker(ask, registry)
    kept = ask.room is not None and await fold.keep(registry.db, ask.room.node)
    return Reply(ask.say(STAYS if kept else NOT_ASKED))


async def merge(ask: Ask, registry: Registry) -> Reply:
    """``!gabung``: let this kamar be folded back, as it would without a word."""
    await asker(ask, registry)
    return Reply(ask.say(NOTED))
