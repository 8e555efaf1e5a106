"""``!pindah``: where moving home is done; for an RT of the same village, right here."""

from __future__ import annotations

from kamar.move import MoveState
from kamar.node import village_of
from kamar.wilayah import parse_rt_rw
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.structure import describe
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import move, wilayah

HOW = _("Pindah RT di desa yang sama: tulis !pindah 3/5 untuk RT 003/RW 005. Pindah desa: {portal}/pindah")
DIRECTLY = _("Tempat tinggal Anda bukan urusan kamar ini. Tulis !pindah langsung kepada {bot}.")
SURE = _("Pindah ke {place}? Kamar lama Anda tinggalkan, kamar baru terbuka sendiri.")
YES = _("Ya, pindahkan saya")
NO = _("Batal")
MOVED = _("Anda sekarang tinggal di {place}. Kamar Anda menyusul dalam beberapa detik.")
ASKED = _("Anda baru saja pindah. Kepindahan ke {place} menunggu persetujuan koordinator di sana.")


async def relocate(ask: Ask, registry: Registry) -> Reply:
    """``!pindah [RT/RW] [ya]``: move within the village, after asking once; alone, say how.

    Raises:
        KamarError: ``move_same``, ``rt_out_of_range``, ``rw_out_of_range``.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(DIRECTLY, bot=registry.settings.bot))
    rest = ask.text.strip().lstrip("! ").partition(" ")[2].strip()
    agreed = rest.endswith(" ya")
    named = parse_rt_rw(rest.removesuffix(" ya")) if rest else None
    village = village_of(who.home)
    if named is None or village is None:
        return Reply(ask.say(HOW, portal=registry.settings.portal_url))
    new = named.path(village)
    place = (await describe(registry, new)).whole
    if not agreed:
        yes = f"pindah {rest} ya"
        return Reply(ask.say(SURE, place=place), choices=(Choice(ask.say(YES), yes), Choice(ask.say(NO), "batal")))
    await wilayah.declare(registry.db, new)
    state = await move.ask(registry.db, who, new, ask.now)
    return Reply(ask.say(MOVED if state is MoveState.DONE else ASKED, place=place))
