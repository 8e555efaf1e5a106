"""``!bantuan``: what the bot can do, in a room as text, in a direct talk with buttons."""

from __future__ import annotations

from html import escape

from kamar.words import mark as _
from kamar_bots.talk import Ask, Choice, Registry, Reply

HEAD = _("Ketik !kamar, !ajak atau !masuk. Ini gunanya:")
LINES = (
    ("kamar", _("kamar ini di mana dan siapa koordinatornya")),
    ("ajak", _("tautan dan kode QR untuk mengajak tetangga")),
    ("masuk", _("tautan masuk ke portal, hanya di obrolan langsung dengan saya")),
)
PORTAL = _("Ada pesan yang mengganggu? Balas dengan !lapor. Selebihnya ada di portal: {portal}")


async def explain(ask: Ask, registry: Registry) -> Reply:
    """``!bantuan``: name the commands, one line each; in a direct talk each line is a choice."""
    head = ask.say(HEAD)
    lines = [(command, f"!{command}", ask.say(what)) for command, what in LINES]
    if ask.direct:
        return Reply(head, choices=tuple(Choice(f"{word} - {what}", command) for command, word, what in lines))
    portal = ask.say(PORTAL, portal=registry.settings.portal_url)
    text = "\n".join([head, *(f"{word} - {what}" for _command, word, what in lines), portal])
    items = "".join(f"<li><strong>{escape(word)}</strong> {escape(what)}</li>" for _command, word, what in lines)
    return Reply(text, f"<p>{escape(head)}</p><ul>{items}</ul><p>{escape(portal)}</p>")
