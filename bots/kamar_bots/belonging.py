"""``!ikut``, ``!izinkan``, ``!lepas``: other rooms than those of one's home. Workplaces are never spoken of here."""

from __future__ import annotations

from kamar.belonging import WORDS, Belonging
from kamar.errors import KamarError
from kamar.node import is_hidden
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import belonging, cover

NINE = 9  # choices that have a number
WHERE = _("Mau ikut kamar apa? Tulis misalnya: !ikut ojek. Daftarnya ada di {portal}/komunitas/lain")
WHICH = _("Yang mana?")
ASKED = _("Permintaan Anda dikirim ke koordinator {place}. Anda diberi tahu begitu diizinkan.")
INSIDE = _("Anda sudah di {place}.")
NOTHING = _("Tidak ada kamar dengan nama itu. Lihat daftarnya di {portal}/komunitas/lain")
WAITING = _("Siapa yang Anda izinkan masuk?")
NOBODY = _("Tidak ada yang menunggu izin Anda.")
LET_IN = _("{name} diizinkan masuk.")
ONE_MORE = _("Terima kasih. {name} perlu izin {needed} orang; yang lain masih ditunggu.")
LEFT = _("Anda keluar dari {place}.")


async def join(ask: Ask, registry: Registry) -> Reply:
    """``!ikut NAMA``: ask to join a network, a profession or a school; several of that name: choose.

    Raises:
        KamarError: ``belonging_unknown``.
    """
    who, portal = await asker(ask, registry), registry.settings.portal_url
    named = _rest(ask)
    if not named:
        return Reply(ask.say(WHERE, portal=portal))
    known = [each for each in await belonging.to_find(registry.db, who, "") if each.path == named]
    found = known or await belonging.to_find(registry.db, who, named)
    if who.persona or not found:
        return Reply(ask.say(NOTHING, portal=portal))
    if len(found) > 1:
        return Reply(ask.say(WHICH), choices=tuple(Choice(each.whole, f"ikut {each.path}") for each in found[:NINE]))
    state = await belonging.ask(registry.db, who, found[0].path, ask.now)
    return Reply(ask.say(INSIDE if state is Belonging.IN else ASKED, place=found[0].name))


async def let_in(ask: Ask, registry: Registry) -> Reply:
    """``!izinkan [NOMOR]``: say a word for somebody who waits; alone, choose among them.

    Raises:
        KamarError: ``not_allowed``.
    """
    who, chosen = await asker(ask, registry), _rest(ask)
    waiting = await belonging.asked_of(registry.db, registry.organisation, who, ask.now)
    if not ask.direct:  # who waits where is nobody else's business
        here = ask.room.node if ask.room else ""
        waiting = [each for each in waiting if each.node == here]
    if not chosen:
        if not waiting:
            return Reply(ask.say(NOBODY))
        choices = tuple(Choice(each.who.display_name, f"izinkan {each.id}") for each in waiting[:NINE])
        return Reply(ask.say(WAITING), choices=choices)
    asked = next((each for each in waiting if str(each.id) == chosen), None)
    if asked is None:
        raise KamarError("not_allowed")
    state = await belonging.answer(registry.db, registry.organisation, who, asked.id, ask.now, agree=True)
    if state is Belonging.IN:
        return Reply(ask.say(LET_IN, name=asked.who.display_name))
    return Reply(ask.say(ONE_MORE, name=asked.who.display_name, needed=WORDS))


async def leave(ask: Ask, registry: Registry) -> Reply:
    """``!lepas NAMA``: leave a node; what nobody else may know of is left in the portal.

    Raises:
        KamarError: ``belonging_unknown``.
    """
    who, named = await asker(ask, registry), _rest(ask).casefold()
    for path in await belonging.nodes_of(registry.db, who.id):
        place = await cover.said(registry.db, path)
        if not is_hidden(path) and named in (place.name.casefold(), path):
            await belonging.leave(registry.db, who.id, path, ask.now)
            return Reply(ask.say(LEFT, place=place.name))
    raise KamarError("belonging_unknown")


def _rest(ask: Ask) -> str:
    """Return what follows the command's word, or its two."""
    words = ask.text.strip().lstrip("! ").split()
    two = len(words) > 1 and (words[0] + words[1]).lower() in ("gabungkamar", "ikutkamar")
    joined = words[0].lower() in ("gabung-kamar", "gabungkamar") if words else False
    return " ".join(words[2 if two and not joined else 1 :])
