"""``!ajak``: the asker's own invitation, as link, as code to read aloud, and as QR code."""

from __future__ import annotations

from kamar.referral import spoken
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import referral
from kamar_store.member import Member

INVITATION = _(
    "Ajak tetangga dengan tautan ini: {link}\n"
    "Lewat telepon, bacakan kodenya: {code}\n"
    "Boleh diteruskan ke siapa saja di sekitar Anda. Gambar QR di bawah memuat tautan yang sama."
)


async def invite(ask: Ask, registry: Registry) -> Reply:
    """``!ajak``: show the invitation, made at the first time."""
    code = await own_code(await asker(ask, registry), ask, registry)
    link = link_of(code, registry)
    return Reply(ask.say(INVITATION, link=link, code=spoken(code)), image=link)


async def own_code(who: Member, ask: Ask, registry: Registry) -> str:
    """Return the member's own code; the first call makes it."""
    server = registry.settings.server.code
    return await referral.ensure_own(registry.db, who.id, server, registry.dice, ask.now, demo=who.demo)


def link_of(code: str, registry: Registry) -> str:
    """Return the link that a code stands for."""
    return f"{registry.settings.portal_url}/g/{code}"
