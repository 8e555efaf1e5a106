"""``!pengurus``: who leads here; ``!cek``: whether somebody is an officer, of what, since when, by which decree."""

from __future__ import annotations

from datetime import datetime

from kamar.display_name import looks_like
from kamar.ids import NodePath, UserId
from kamar.mandate import Mandate, Status, status
from kamar.node import axis_of, chain_of
from kamar.organisation import Organisation
from kamar.when import day_words, zone_of
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Registry, Reply
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.siaran import place_words

MOST = 4  # lines; with the first it is five

LEADS = _("Pengurus di {place}:")
LINE = _("{title}, {place}: {name} ({user})")
NOBODY = _("Belum ada pengurus di sini. Tulis !bersedia bila Anda mau.")
WHOM = _("Siapa? Tulis !cek lalu nama akunnya, misalnya !cek @k7f3q2:{server}, atau namanya.")
PROVED = _("Ya, {name} pengurus resmi.")
SINCE = _("{title}, {place}, sejak {since} ({decree}).")
SINCE_PLAIN = _("{title}, {place}, sejak {since}.")
NO_OFFICER = _("Tidak ada pengurus dengan nama atau akun itu. Jangan beri uang atau data kepadanya atas nama pengurus.")


async def who_leads(ask: Ask, registry: Registry) -> Reply:
    """``!pengurus``: the officers of this room's place and of those around it, nearest first; alone, of the own home.

    Raises:
        KamarError: ``signup_unfinished``.
    """
    who = await asker(ask, registry)
    node = ask.room.node if ask.room is not None else who.home
    chain = chain_of(node)
    found = await mandates.officers(registry.db, chain, ask.now)
    shown = sorted(found, key=lambda item: chain.index(item[0]))[:MOST]
    if not shown:
        return Reply(ask.say(NOBODY))
    lines = [ask.say(LEADS, place=await place_words(registry.db, node))]
    for at, office, holder in shown:
        title, place = title_of(registry.organisation, office), await place_words(registry.db, at)
        lines.append(ask.say(LINE, title=title, place=place, name=holder.display_name, user=holder.user_id))
    return Reply("\n".join(lines))


async def check(ask: Ask, registry: Registry) -> Reply:
    """``!cek @akun`` or a name: prove an officer. A member who is none is answered exactly as somebody unknown.

    Names are looked for among the officers at and around the asker's home only.
    """
    who = await asker(ask, registry)
    typed = " ".join(ask.text.strip().lstrip("! ").partition(" ")[2].split())
    if not typed:
        return Reply(ask.say(WHOM, server=registry.settings.server.name))
    for holder in await _meant(registry, who, typed, ask.now):
        lines = [await _line(ask, registry, each) for each in await _shown(registry, who, holder, ask.now)]
        if lines:
            return Reply("\n".join([ask.say(PROVED, name=holder.display_name), *lines[:MOST]]))
    return Reply(ask.say(NO_OFFICER))


def title_of(organisation: Organisation, office: str) -> str:
    """Return the title of an office; its code where the organisation has it no more."""
    found = organisation.offices.get(office)  # type: ignore[call-overload]  # a code is a text
    return found.title if found is not None else office


async def _meant(registry: Registry, who: Member, typed: str, now: datetime) -> list[Member]:
    if typed.startswith("@") or ":" in typed:
        found = await members.by_user(registry.db, UserId("@" + typed.lstrip("@")))
        return [] if found is None else [found]
    near = await mandates.officers(registry.db, chain_of(who.home), now)
    named = {holder.id: holder for _at, _office, holder in near if looks_like(holder.display_name, typed)}
    return list(named.values())


async def _shown(registry: Registry, who: Member, holder: Member, now: datetime) -> list[Mandate]:
    """Return the mandates that may be told: never one of a workplace, whose people nobody outside knows of."""
    rules = registry.organisation.axes
    return [
        each
        for each in await mandates.of_member(registry.db, holder.id)
        if status(each, now) is Status.IN_FORCE
        and (axis_of(each.node) not in rules or not rules[axis_of(each.node)].persona or who.id == holder.id)
    ]


async def _line(ask: Ask, registry: Registry, each: Mandate) -> str:
    title, place = title_of(registry.organisation, each.office), await place_words(registry.db, each.node)
    since = date_words(each.starts_at, each.node, ask)
    if each.decree:
        return ask.say(SINCE, title=title, place=place, since=since, decree=each.decree)
    return ask.say(SINCE_PLAIN, title=title, place=place, since=since)


def date_words(at: datetime, node: NodePath, ask: Ask) -> str:
    """Return a day as people say it, in the zone of a place: never "today", because a mandate is for long."""
    day = at.astimezone(zone_of(node)).date()
    return day_words(day, day.replace(year=day.year - 1), ask.language) if (day.month, day.day) != (2, 29) else f"{day}"
