"""``!jamin``: a neighbour says that he knows a newcomer; and the question about newcomers in the kamar."""

from __future__ import annotations

from collections.abc import Sequence

from kamar.errors import KamarError
from kamar.policy import Standing
from kamar.vouch import NEEDED
from kamar.words import mark as _
from kamar_bots.answer import notice
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import member as members
from kamar_store import vouch
from kamar_store.appservice import ANYBODY
from kamar_store.member import Member

DONE = _("{name} dijamin. Kamar yang lebih luas terbuka untuknya sekarang.")
ONE_MORE = _("Terima kasih, {name} sudah dijamin {words} tetangga. Perlu {needed} tetangga, atau koordinator.")
WHOM = _("Siapa yang Anda jamin?")
KNOWS = _("Siapa yang mengenal tetangga baru ini? Sentuh angkanya, hanya bila Anda memang kenal:")


async def vouch_for(ask: Ask, registry: Registry) -> Reply:
    """``!jamin NAMA``: vouch for a newcomer of the own RT, by name or account; alone, choose among them.

    Raises:
        KamarError: ``vouch_newcomer``, ``vouch_stranger``, ``vouch_self``, ``vouch_twice``, ``vouch_unknown``.
    """
    who = await vouch.voucher(registry.db, registry.organisation, await asker(ask, registry), ask.now)
    if who.standing is Standing.NEWCOMER:
        raise KamarError("vouch_newcomer")
    named = ask.text.strip().lstrip("! ").partition(" ")[2].strip()
    found = await _meant(named, registry, await vouch.newcomers_for(registry.db, who))
    if not found:
        raise KamarError("vouch_unknown") if named else KamarError("vouch_nobody")
    if not named or len(found) > 1:
        return Reply(ask.say(WHOM), choices=choices(found))
    said = await vouch.say(registry.db, who, found[0], ask.now)
    if said.vouched:
        return Reply(ask.say(DONE, name=found[0].display_name))
    return Reply(ask.say(ONE_MORE, name=found[0].display_name, words=said.words, needed=NEEDED))


def choices(newcomers: Sequence[Member]) -> tuple[Choice, ...]:
    """Return one choice for each newcomer, nine at most: more have no number."""
    return tuple(Choice(each.display_name, f"jamin {each.user_id}") for each in newcomers[:9])


def question(room_id: str, newcomers: Sequence[Member]) -> dict[str, object]:
    """Return the row ``ask`` for a question about newcomers that everybody in the room may answer."""
    offered = choices(newcomers)
    body = "".join(f"\n{number}. {item.label}" for number, item in enumerate(offered, 1))
    return {
        "room_id": room_id,
        "content": notice(KNOWS + body),
        "asker": ANYBODY,
        "choices": [item.command for item in offered],
    }


async def _meant(named: str, registry: Registry, newcomers: Sequence[Member]) -> list[Member]:
    """Return whom a name or an account means; only those whose name the asker may know are looked through."""
    if named.startswith("@"):
        found = await members.by_user(registry.db, named.split()[0])
        if found is None:
            raise KamarError("vouch_stranger")
        return [found]
    return [each for each in newcomers if not named or each.display_name.casefold() == named.casefold()]
