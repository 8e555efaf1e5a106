"""From words to a command: the table of words people use, and a forgiving reader for them."""

from __future__ import annotations

import difflib
import re
import unicodedata

from kamar.words import mark as _
from kamar_bots import (
    belonging,
    courtesy,
    encrypted,
    fold,
    help,
    mandate,
    move,
    officers,
    opening,
    peace,
    referral,
    session,
    siaran,
    structure,
    vacancy,
    vouch,
)
from kamar_bots.talk import Ask, Choice, Command, Registry, Reply
from kamar_bots.vacancy_vote import choose, open_vote

# The first word of each row is the one we teach; the others are what people type instead.
COMMANDS: tuple[tuple[Command, str], ...] = (
    (help.explain, "bantuan tolong bantu help menu perintah info mulai start"),
    (structure.where, "kamar dimana mana lokasi koordinator where"),
    (referral.invite, "ajak undang ajakan undangan kode tautan qr link invite"),
    (opening.open_kamar, "buka bukakan open"),
    (vouch.vouch_for, "jamin jaminkan kenal vouch"),
    (move.relocate, "pindah pindahan move"),
    (fold.stay, "tetap biarkan"),
    (fold.merge, "gabung gabungkan"),
    (open_vote, "pemilihan pungut"),
    (choose, "pilih vote coblos"),
    (session.login, "masuk login portal"),
    (encrypted.secure, "aman amankan rahasia terenkripsi"),
    (encrypted.plain, "biasa polos"),
    (peace.report, "lapor laporkan aduan adukan report"),
    (peace.block, "blokir blok blockir"),
    (peace.mute, "bisukan bisu mute"),
    (peace.slow, "lambat lambatkan pelan slow"),
    (peace.hide, "hapus hapuskan delete"),
    (officers.who_leads, "pengurus pimpinan"),
    (officers.check, "cek periksa"),
    (vacancy.willing, "bersedia sedia"),
    (mandate.own, "mandat"),
    (mandate.appoint, "tunjuk angkat"),
    (mandate.dismiss, "berhentikan copot"),
    (siaran.announce, "siaran siarkan umumkan pengumuman"),
    (belonging.join, "ikut gabungkamar ikutkamar"),
    (belonging.let_in, "izinkan izin"),
    (belonging.leave, "lepas"),
    (courtesy.cancel, "batal batalkan cancel kembali"),
)
WORDS: dict[str, Command] = {word: command for command, words in COMMANDS for word in words.split()}
TAUGHT: dict[Command, str] = {command: words.split()[0] for command, words in COMMANDS}
ALIKE = 0.7  # how much of a word must be right for a guess (difflib's ratio)
NEARLY = 0.05  # how much worse the second guess may be than the first
GUESSES = 2
FILLERS = frozenset({"dong", "ya", "kak", "min", "tolonglah", "saya", "aku", "mau", "di", "ke", "apa", "ini", "kita"})

MAYBE = _("Maksud Anda !{command}?")
MAYBE_MANY = _("Maksud Anda yang mana?")
UNKNOWN = _("Saya belum kenal perintah itu. Ketik !bantuan untuk melihat apa yang bisa saya bantu.")
NOT_UNDERSTOOD = _(
    "Maaf, saya belum paham. Ketik !bantuan untuk melihat apa yang bisa saya bantu.\n"
    "Saya program, bukan orang: pesan di sini tidak diteruskan kepada siapa pun."
)
CANCEL = _("Batal")


async def answer(ask: Ask, registry: Registry) -> Reply | None:
    """Return the answer to what somebody said, none where no answer is expected (talk, or "!!!")."""
    commanded = ask.text.lstrip().startswith("!")
    if not (commanded or ask.direct or ask.called):
        return None  # people talking to each other
    words = _words(ask.text)
    if ask.direct and not commanded and words[:1] != ["batal"]:
        taken = await siaran.take(ask, registry)
        if taken is not None or ask.picture is not None:
            return taken
    if not words:
        return await help.explain(ask, registry) if ask.direct or ask.called else None
    command = _command(words, commanded=commanded)
    if command is not None:
        return await command(ask, registry)
    if not commanded:
        return courtesy.kind_word(ask, words) or Reply(ask.say(NOT_UNDERSTOOD))
    return _guess(ask, words[0])


def _words(text: str) -> list[str]:
    """Return the plain words of a message: lower case, without accents, marks and the bot's name."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return re.findall(r"[a-z0-9]+", re.sub(r"@kamar(?:-aman)?(?::\S+)?", " ", plain))


def _command(words: list[str], *, commanded: bool) -> Command | None:
    """Return the command that the words begin with ("!di mana" and "!dimana" alike).

    Without "!" the whole message must be the command ("kamar", "mau ajak dong"), not only contain its word.
    """
    if len(words) > 1 and words[0] + words[1] in WORDS:
        return WORDS[words[0] + words[1]]
    if commanded:
        return WORDS.get(words[0])
    meant = [word for word in words if word not in FILLERS]
    return WORDS.get(meant[0]) if len(meant) == 1 else None


def _guess(ask: Ask, word: str) -> Reply:
    """Return what the writer may have meant, as something to choose."""
    commands = _close(word)
    if not commands:
        return Reply(ask.say(UNKNOWN))
    choices = (*(Choice(f"!{command}", command) for command in commands), Choice(ask.say(CANCEL), "batal"))
    text = ask.say(MAYBE, command=commands[0]) if len(commands) == 1 else ask.say(MAYBE_MANY)
    return Reply(text, choices=choices)


def _close(word: str) -> list[str]:
    """Return the commands whose words are like ``word``, the best first; a much worse one is none."""
    likeness = {known: difflib.SequenceMatcher(a=known, b=word).ratio() for known in WORDS}
    best = max(likeness.values())
    ranked = sorted(likeness, key=likeness.__getitem__, reverse=True)
    near = [known for known in ranked if likeness[known] >= max(ALIKE, best - NEARLY)]
    return list(dict.fromkeys(TAUGHT[WORDS[known]] for known in near))[:GUESSES]
