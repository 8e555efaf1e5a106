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
PORTAL = _("Selebihnya ada di portal: {portal}")


async def explain(ask: Ask, registry: Registry) -> Reply:
    """``!bantuan``: name the commands, one line each."""
    head = ask.say(HEAD)
    lines = [(f"!{command}", ask.say(what)) for command, what in LINES]
    portal = ask.say(PORTAL, portal=registry.settings.portal_url)
    text = "\n".join([head, *(f"{command} - {what}" for command, what in lines), portal])
    items = "".join(f"<li><strong>{escape(command)}</strong> {escape(what)}</li>" for command, what in lines)
    html = f"<p>{escape(head)}</p><ul>{items}</ul><p>{escape(portal)}</p>"
    choices = tuple(Choice(f"!{command}", command) for command, _what in LINES) if ask.direct else ()
    return Reply(text, html, choices=choices)
