"""``!bersedia``: which offices are vacant where one belongs, and to offer oneself for one."""

from __future__ import annotations

from kamar.ids import NodePath
from kamar.node import check
from kamar.organisation import OfficeCode
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import cover, vacancy
from kamar_store.siaran import place_words

CHOICES = 8  # and a way back

DIRECTLY = _("Kesediaan Anda bukan urusan kamar ini. Tulis !bersedia langsung kepada {bot}.")
VACANT = _("Jabatan kosong di tempat Anda. Untuk yang mana Anda bersedia?")
FULL = _("Tidak ada jabatan kosong di tempat Anda. Terima kasih sudah bertanya.")
OFFERED = _("Terima kasih! Kesediaan Anda menjadi {title}, {place}, sudah disampaikan kepada yang memutuskan.")
NO = _("Batal")


async def willing(ask: Ask, registry: Registry) -> Reply:
    """``!bersedia [JABATAN KODE]``: offer oneself; alone, choose among the vacant offices around the own home.

    Raises:
        KamarError: as :func:`kamar_store.vacancy.offer`.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(DIRECTLY, bot=registry.settings.bot))
    rest = ask.text.strip().lstrip("! ").partition(" ")[2].split()
    if len(rest) > 1:
        office, node = registry.organisation.office(rest[0]), check(rest[1])
        await vacancy.offer(registry.db, registry.organisation, who, node, office.code, " ".join(rest[2:]), ask.now)
        return Reply(ask.say(OFFERED, title=office.title, place=await _place(registry, node)))
    choices = [
        Choice(f"{title}, {await _place(registry, node)}", f"bersedia {office} {node}")
        for node in await vacancy.places_of(registry.db, who)
        for office, title in await _vacant(ask, registry, node)
    ]
    if not choices:
        return Reply(ask.say(FULL))
    return Reply(ask.say(VACANT), choices=(*choices[:CHOICES], Choice(ask.say(NO), "batal")))


async def _place(registry: Registry, node: NodePath) -> str:
    return await cover.instead(registry.db, node) or await place_words(registry.db, node)


async def _vacant(ask: Ask, registry: Registry, node: NodePath) -> list[tuple[OfficeCode, str]]:
    found = await vacancy.vacancies(registry.db, registry.organisation, node, ask.now)
    return [(each.office.code, each.office.title) for each in found]
