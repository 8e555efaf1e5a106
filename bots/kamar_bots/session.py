"""``!masuk``: a one-time link into the portal, for the asker's eyes only."""

from __future__ import annotations

from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply

LINK = _(
    "Tautan masuk ke portal, sekali pakai dan berlaku 10 menit: {link}\n"
    "Jangan teruskan tautan ini: siapa pun yang membukanya masuk sebagai Anda."
)
WRITE_DIRECTLY = _("Tautan masuk hanya untuk Anda, jadi tidak saya kirim di sini. Tulis !masuk langsung kepada {bot}.")


async def login(ask: Ask, registry: Registry) -> Reply:
    """``!masuk``: in a direct talk a link, elsewhere the way to it."""
    await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(WRITE_DIRECTLY, bot=registry.settings.bot))
    return Reply(ask.say(LINK, link="{link}"), login=True)
