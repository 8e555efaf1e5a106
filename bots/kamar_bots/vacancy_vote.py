"""``!pemilihan`` and ``!pilih``: the people of a kamar choose who takes a vacant office, each alone with the bot."""

from __future__ import annotations

from datetime import timedelta

from kamar.errors import KamarError
from kamar.node import Axis, axis_of
from kamar.peace_time import HOME_ZONE, spoken_time
from kamar.wilayah import zone_of
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.structure import room_in_words
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import cover, vacancy, vacancy_vote, wilayah
from kamar_store import member as members
from kamar_store.vacancy_vote import Vote

DAYS = 3  # unless the officer says otherwise

OPENED = _(
    "Siapa menjadi {office} di {room}? Pilih sampai {until}: tulis !pilih kepada saya, berdua saja.\n"
    "Satu orang satu suara; siapa memilih siapa tidak disimpan."
)
WHERE = _("Tulis !pemilihan di kamar yang memilih, misalnya: !pemilihan koordinator 3")
ALONE = _("Tulis !pilih kepada saya dalam obrolan langsung, supaya tidak ada yang melihat pilihan Anda.")
NOTHING = _("Di tempat Anda sedang tidak ada pemilihan.")
WHOM = _("Siapa menjadi {office} {place}? Pemilihan ditutup {until}.")
COUNTED = _("Terima kasih, suara Anda sudah dihitung. Sesudah {until}, tulis !kamar untuk melihat hasilnya.")


async def open_vote(ask: Ask, registry: Registry) -> Reply:
    """``!pemilihan JABATAN [HARI]``: in a kamar, let its people vote among those who offered themselves.

    Raises:
        KamarError: as :func:`kamar_store.vacancy_vote.open_vote`.
    """
    who = await asker(ask, registry)
    words = ask.text.strip().lstrip("! ").split()[1:]
    if ask.room is None or not words:
        return Reply(ask.say(WHERE))
    office = registry.organisation.office(words[0].lower())
    days = int(words[1]) if len(words) > 1 and words[1].isdecimal() and len(words[1]) < 4 else DAYS
    lasts = timedelta(days=days)
    number = await vacancy_vote.open_vote(
        registry.db, registry.organisation, who, ask.room.node, office.code, lasts, ask.now
    )
    vote = await vacancy_vote.get(registry.db, number)
    room = await room_in_words(registry, ask.room)
    return Reply(ask.say(OPENED, office=office.title, room=room, until=_until(vote)))


async def choose(ask: Ask, registry: Registry) -> Reply:
    """``!pilih``: show who stands, as choices; ``pilih VOTE OFFER`` gives the one voice.

    Raises:
        KamarError: as :func:`kamar_store.vacancy_vote.cast`.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(ALONE))
    numbers = ask.text.strip().lstrip("! ").split()[1:]
    if len(numbers) == 2 and all(part.isdecimal() and len(part) < 10 for part in numbers):
        await vacancy_vote.cast(registry.db, who, int(numbers[0]), int(numbers[1]), ask.now)
        vote = await vacancy_vote.get(registry.db, int(numbers[0]))
        return Reply(ask.say(COUNTED, until=_until(vote)))
    votes = await vacancy_vote.running(registry.db, await vacancy.places_of(registry.db, who), ask.now)
    fresh = [vote for vote in votes if not await vacancy_vote.has_voted(registry.db, who.id, vote.id)]
    if not fresh:
        if votes:
            raise KamarError("vote_twice")
        return Reply(ask.say(NOTHING))
    return await _ballot(ask, registry, fresh[0])


async def _ballot(ask: Ask, registry: Registry, vote: Vote) -> Reply:
    choices = []
    for each in (await vacancy_vote.candidates(registry.db, vote.id))[:9]:  # more have no number
        candidate = await members.by_id(registry.db, each.member)
        if candidate is not None:
            words = f"{candidate.display_name}: {each.words}" if each.words else candidate.display_name
            choices.append(Choice(words, f"pilih {vote.id} {each.id}"))
    place = await wilayah.get(registry.db, vote.node)
    title = registry.organisation.office(vote.office).title
    shown = await cover.instead(registry.db, vote.node) or (place.full_name if place else vote.node)
    return Reply(ask.say(WHOM, office=title, place=shown, until=_until(vote)), choices=tuple(choices))


def _until(vote: Vote) -> str:
    zone = zone_of(vote.node) if axis_of(vote.node) is Axis.WILAYAH else HOME_ZONE
    return spoken_time(vote.closes_at, zone)
