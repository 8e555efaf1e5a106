"""Kind words: greetings, thanks, and ``!batal``."""

from __future__ import annotations

from datetime import timedelta

from kamar.words import mark as _
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import appservice, siaran
from kamar_store import member as members

ASKED_WITHIN = timedelta(days=1)  # an older question is forgotten

HELLO = frozenset("hai hi hello halo hallo haloo hei p ping permisi punten misi pagi siang sore malam selamat".split())
SALAM = frozenset("assalamualaikum assalamu assalam salam samlekum ass".split())
THANKS = frozenset("terima terimakasih makasih makasi trims thanks thank tks thx tq nuhun suwun mauliate sip".split())

HELLO_BACK = _("Halo! Saya Kamar, program yang menjaga kamar tetangga Anda. Ketik !bantuan bila perlu sesuatu.")
SALAM_BACK = _(
    "Waalaikumsalam! Saya Kamar, program yang menjaga kamar tetangga Anda. Ketik !bantuan bila perlu sesuatu."
)
WELCOME = _("Sama-sama! Senang bisa membantu.")
CANCELLED = _("Baik, dibatalkan.")
NOTHING_OPEN = _("Tidak ada yang perlu dibatalkan. Ketik !bantuan untuk melihat apa yang bisa saya bantu.")


def kind_word(ask: Ask, words: list[str]) -> Reply | None:
    """Return the answer to a greeting or to thanks."""
    for known, back in ((SALAM, SALAM_BACK), (THANKS, WELCOME), (HELLO, HELLO_BACK)):
        if words[0] in known:
            return Reply(ask.say(back))
    return None


async def cancel(ask: Ask, registry: Registry) -> Reply:
    """``!batal``: take the bot's last question back."""
    who = await members.by_user(registry.db, ask.user)
    began = ask.direct and who is not None and await siaran.draft_of(registry.db, who.id) is not None
    if who is not None and began:
        await siaran.drop_drafts(registry.db, who.id)
    since = ask.now - ASKED_WITHIN
    for question in await appservice.questions(registry.db, (), (ask.room_id,), since):
        if question.asker == ask.user and await appservice.close_question(registry.db, question.event_id):
            return Reply(ask.say(CANCELLED))
    return Reply(ask.say(CANCELLED if began else NOTHING_OPEN))
