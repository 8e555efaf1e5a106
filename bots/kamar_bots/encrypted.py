"""``!aman`` and ``!biasa``: two ways to talk with the bot alone, where the one at hand does not suit or work."""

from __future__ import annotations

from kamar.settings import Settings
from kamar.words import mark as _
from kamar_bots.talk import Ask, Choice, Registry, Reply, Talk

NEW = "baru"  # in a talk whose encryption the bot can't see, it is taken at its word

HELLO = _(
    "Halo! Saya Kamar. Obrolan ini terenkripsi: di perjalanan hanya Anda dan saya yang membacanya.\n"
    "Ketik !bantuan untuk melihat apa yang bisa saya bantu."
)
UNREADABLE = _(
    "Obrolan ini terenkripsi, jadi saya tidak bisa membacanya.\nPilih jalan lain, atau buka portal: {portal}"
)
SECURE = _("Obrolan terenkripsi dengan akun saya yang lain")
PLAIN = _("Obrolan biasa dengan saya, tidak terenkripsi")
INVITED_SECURE = _("Undangan obrolan terenkripsi saya kirim dari {bot}. Terima di daftar obrolan Anda.")
INVITED_PLAIN = _(
    "Undangan obrolan biasa saya kirim. Terima di daftar obrolan Anda.\n"
    "Obrolan itu tidak terenkripsi: pengelola server dapat membacanya."
)
SECURE_ALREADY = _("Obrolan ini sudah terenkripsi. Tulis saja di sini.")
PLAIN_ALREADY = _("Obrolan ini sudah obrolan biasa. Tulis saja di sini.")
KEY_MISSING = _(
    "Pesan Anda tadi tidak bisa saya buka: kuncinya tidak sampai kepada saya. Tulis sekali lagi.\n"
    "Masih gagal? Ketik !biasa di kamar Anda, atau buka portal: {portal}"
)
NEW_DEVICE = _(
    "Pesan Anda tadi tidak bisa saya buka: saya memakai perangkat baru, kunci yang lama sudah tidak ada.\n"
    "Tulis sekali lagi. Obrolan lama tetap dapat Anda baca di perangkat Anda."
)
NOT_ENCRYPTED = _(
    "Di sini saya hanya menjawab bila obrolannya terenkripsi. Nyalakan enkripsi di setelan obrolan ini,\n"
    "atau tulis kepada {bot} untuk obrolan biasa."
)


def unreadable(ask: Ask, settings: Settings) -> Reply:
    """Return what ``@kamar`` says in a talk that it can't read: reactions are never encrypted, so they can choose."""
    choices = (Choice(ask.say(SECURE), "aman"), Choice(ask.say(PLAIN), f"biasa {NEW}"))
    return Reply(ask.say(UNREADABLE, portal=settings.portal_url), choices=choices)


async def secure(ask: Ask, registry: Registry) -> Reply:
    """``!aman``: the bot's second account invites the asker to an encrypted talk."""
    if ask.encrypted and ask.direct:
        return Reply(ask.say(SECURE_ALREADY))
    return Reply(ask.say(INVITED_SECURE, bot=registry.settings.encrypted_bot), talk=Talk.ENCRYPTED)


async def plain(ask: Ask, registry: Registry) -> Reply:
    """``!biasa``: ``@kamar`` invites the asker to a talk without encryption; with ``baru`` also from a direct talk."""
    del registry
    if ask.direct and not ask.encrypted and NEW not in ask.text.lower().split():
        return Reply(ask.say(PLAIN_ALREADY))
    return Reply(ask.say(INVITED_PLAIN), talk=Talk.PLAIN)
