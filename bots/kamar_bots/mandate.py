"""Offices in the direct talk: ``!mandat`` shows the own, ``!tunjuk`` gives one, ``!berhentikan`` takes one."""

from __future__ import annotations

from dataclasses import dataclass

from kamar.display_name import looks_like
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.mandate import Appointment, Mandate, MandateId, Status, complete, may_appoint, status
from kamar.node import chain_of, check, is_within
from kamar.organisation import Office, OfficeCode, Right
from kamar.words import mark as _
from kamar_bots.membership import asker
from kamar_bots.officers import date_words, title_of
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.member import Member
from kamar_store.siaran import place_words

CHOICES = 8  # and a way back
SHOWN = 3

DIRECTLY = _("Urusan jabatan hanya di obrolan langsung. Tulis langsung kepada {bot}.")
NONE = _("Anda tidak memegang jabatan sekarang. Tulis !bersedia untuk melihat jabatan yang kosong.")
HOLDS = _("{title}, {place}, sampai {until}.")
HOLDS_OPEN = _("{title}, {place}, tanpa batas waktu.")
LENT = _("Pinjaman: {right}, {place}.")
MAY = _("Anda boleh: {rights}.")
RIGHTS = {
    Right.APPOINT: _("mengangkat pengurus"),
    Right.VERIFY: _("memastikan anggota"),
    Right.ANNOUNCE: _("mengirim pengumuman"),
    Right.MODERATE: _("menjaga kamar"),
    Right.COUNT: _("melihat jumlah"),
    Right.EXPORT: _("mengambil data"),
    Right.RESTRUCTURE: _("menata wilayah"),
}
HOW = _("Tulis: !tunjuk @akun koordinator. Bila perlu tambah kode wilayah dan nomor SK di belakangnya.")
WHERE = _("{name} menjadi {title} di mana?")
SURE = _("Angkat {name} sebagai {title}, {place}?")
TERM = _("Mulai sekarang sampai {until}. SK: {decree}.")
OPEN_TERM = _("Mulai sekarang, tanpa batas waktu. SK: {decree}.")
NO_DECREE = _("tanpa nomor")
YES = _("Ya, angkat")
NO = _("Batal")
DONE = _("{name} sekarang {title}, {place}. Ia sudah diberi tahu; kamarnya menyusul dalam semenit.")
PROPOSED = _("Usul sudah dicatat. Administrator lain menulis perintah yang sama untuk menyetujuinya.")
WHICH = _("Jabatan mana yang diakhiri?")
SURE_END = _("Akhiri jabatan {title}, {place}, dari {name}?")
YES_END = _("Ya, akhiri")
ENDED = _("Jabatan {title}, {place}, dari {name} sudah berakhir.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, as far as it is understood."""

    whom: Member
    office: Office
    node: NodePath | None
    decree: str


async def own(ask: Ask, registry: Registry) -> Reply:
    """``!mandat``: what one holds, until when, and what one may do."""
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(DIRECTLY, bot=registry.settings.bot))
    mine = [item for item in await mandates.of_member(registry.db, who.id) if status(item, ask.now) is Status.IN_FORCE]
    held = await mandates.held(registry.db, who, ask.now)
    if not mine and not held.lent:
        return Reply(ask.say(NONE))
    lines = [await _holds(ask, registry, item) for item in mine[:SHOWN]]
    for node, right in held.lent[: SHOWN - len(lines)]:
        lines.append(ask.say(LENT, right=ask.say(RIGHTS[right]), place=await place_words(registry.db, node)))
    rights = [ask.say(RIGHTS[right]) for right in Right if await _anywhere(registry, who, right, ask)]
    if rights:
        lines.append(ask.say(MAY, rights=", ".join(rights)))
    return Reply("\n".join(lines))


async def appoint(ask: Ask, registry: Registry) -> Reply:
    """``!tunjuk @akun JABATAN [KODE] [SK nomor] [ya]``.

    Raises:
        KamarError: ``member_unknown``, ``office_unknown``, and as :func:`kamar_store.mandate.appoint_by`.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(DIRECTLY, bot=registry.settings.bot))
    rest = " ".join(ask.text.strip().lstrip("! ").partition(" ")[2].split())
    if not rest:
        return Reply(ask.say(HOW))
    agreed = rest.endswith(" ya")
    wish = await _wish(ask, registry, who, rest.removesuffix(" ya"))
    if wish.node is None:
        return await _where(ask, registry, who, wish)
    at = await place_words(registry.db, wish.node)
    wanted = Appointment(wish.whom.id, wish.office.code, wish.node, wish.decree, ask.now)
    said = {"name": wish.whom.display_name, "title": wish.office.title, "place": at}
    if not agreed:
        await mandates.authority(registry.db, registry.organisation, who, wish.office, wish.node, ask.now)
        ends = complete(registry.organisation, wanted, ask.now).ends_at
        decree = wish.decree or ask.say(NO_DECREE)
        term = ask.say(OPEN_TERM, decree=decree)
        if ends is not None:
            term = ask.say(TERM, until=date_words(ends, wish.node, ask), decree=decree)
        yes = Choice(ask.say(YES), f"{_command(wish, wish.node)} ya")
        return Reply(f"{ask.say(SURE, **said)}\n{term}", choices=(yes, Choice(ask.say(NO), "batal")))
    number = await mandates.appoint_by(registry.db, registry.organisation, who, wanted, ask.now)
    found = await mandates.get(registry.db, number)
    return Reply(ask.say(PROPOSED) if found.proposed else ask.say(DONE, **said))


async def dismiss(ask: Ask, registry: Registry) -> Reply:
    """``!berhentikan @akun`` or a number, ``[ya] [alasan]``.

    Raises:
        KamarError: ``mandate_unknown``, and as :func:`kamar_store.mandate.dismiss_by`.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        return Reply(ask.say(DIRECTLY, bot=registry.settings.bot))
    rest = " ".join(ask.text.strip().lstrip("! ").partition(" ")[2].split())
    first, _space, more = rest.partition(" ")
    if not (first.isascii() and first.isdecimal() and len(first) < 10):
        return await _which(ask, registry, who, rest)
    found = await mandates.get(registry.db, MandateId(int(first)))
    if not await _may_end(ask, registry, who, found):
        raise KamarError("mandate_unknown")
    word, _space, reason = more.partition(" ")
    said = await _said(registry, found)
    if word != "ya":
        yes = Choice(ask.say(YES_END), f"berhentikan {first} ya {more}".strip())
        return Reply(ask.say(SURE_END, **said), choices=(yes, Choice(ask.say(NO), "batal")))
    over = await mandates.dismiss_by(registry.db, registry.organisation, who, found.id, reason, ask.now)
    return Reply(ask.say(ENDED, **said) if over else ask.say(PROPOSED))


async def _wish(ask: Ask, registry: Registry, who: Member, rest: str) -> Wish:
    """Read who, what, where and by which decree; the office's word divides them."""
    words = rest.split()
    offices = registry.organisation.offices
    place = next((number for number, word in enumerate(words) if number and word.lower() in offices), None)
    if place is None:
        raise KamarError("office_unknown", office=words[-1])
    office = offices[OfficeCode(words[place].lower())]
    whom = await _member(ask, registry, who, " ".join(words[:place]))
    after = words[place + 1 :]
    node = None
    if after and after[0].upper() != "SK":
        node, after = check(after[0]), after[1:]
    decree = " ".join(after[1:] if after and after[0].upper() == "SK" else after)
    return Wish(whom, office, node, decree)


async def _member(ask: Ask, registry: Registry, who: Member, named: str) -> Member:
    """Return whom a name or an account means: of names only those who live where the asker may appoint.

    Raises:
        KamarError: ``member_unknown``.
    """
    if named.startswith("@"):
        found = await members.by_user(registry.db, UserId(named))
        if found is not None:
            return found
        raise KamarError("member_unknown")
    areas = await mandates.where_may(registry.db, registry.organisation, who, Right.APPOINT, ask.now)
    same = await members.named(registry.db, named)
    near = [each for each in same if any(is_within(each.home, area) for area in areas)]
    if len(near) != 1:
        raise KamarError("member_unknown")
    return near[0]


async def _where(ask: Ask, registry: Registry, who: Member, wish: Wish) -> Reply:
    """Let the asker choose among the places around the member's home where the office stands and is his to give.

    Raises:
        KamarError: ``appoint_not_allowed``.
    """
    held = await mandates.held_by(registry.db, who.id, ask.now)
    places = [
        node
        for node in chain_of(wish.whom.home)
        if wish.office in registry.organisation.offices_at(node)
        and may_appoint(registry.organisation, held, wish.office, node) is not None
    ]
    if not places:
        raise KamarError("appoint_not_allowed", office=wish.office.title)
    choices = [Choice(await place_words(registry.db, node), _command(wish, node)) for node in places[:CHOICES]]
    text = ask.say(WHERE, name=wish.whom.display_name, title=wish.office.title)
    return Reply(text, choices=(*choices, Choice(ask.say(NO), "batal")))


async def _which(ask: Ask, registry: Registry, who: Member, named: str) -> Reply:
    """Let the asker choose among what somebody holds and he may end.

    Raises:
        KamarError: ``mandate_unknown``.
    """
    holders: list[MemberId] = []
    if named.startswith("@"):
        found = await members.by_user(registry.db, UserId(named))
        holders = [found.id] if found else []
    elif named:
        holders = [each.id for each in await members.named(registry.db, named) if looks_like(each.display_name, named)]
    choices = []
    for number in holders:
        for each in await mandates.of_member(registry.db, number):
            if await _may_end(ask, registry, who, each):
                said = await _said(registry, each)
                label = f"{said['name']}: {said['title']}, {said['place']}"
                choices.append(Choice(label, f"berhentikan {each.id}"))
    if not choices:
        raise KamarError("mandate_unknown")
    return Reply(ask.say(WHICH), choices=(*choices[:CHOICES], Choice(ask.say(NO), "batal")))


async def _may_end(ask: Ask, registry: Registry, who: Member, found: Mandate) -> bool:
    if status(found, ask.now) in (Status.ENDED, Status.REVOKED):
        return False
    if found.member == who.id:
        return True
    try:
        office = registry.organisation.office(found.office)
        await mandates.authority(registry.db, registry.organisation, who, office, found.node, ask.now)
    except KamarError:
        return False
    return True


async def _said(registry: Registry, found: Mandate) -> dict[str, str]:
    holder = await members.by_id(registry.db, found.member)
    return {
        "name": holder.display_name if holder else "-",
        "title": title_of(registry.organisation, found.office),
        "place": await place_words(registry.db, found.node),
    }


async def _holds(ask: Ask, registry: Registry, item: Mandate) -> str:
    title, place = title_of(registry.organisation, item.office), await place_words(registry.db, item.node)
    if item.ends_at is None:
        return ask.say(HOLDS_OPEN, title=title, place=place)
    return ask.say(HOLDS, title=title, place=place, until=date_words(item.ends_at, item.node, ask))


async def _anywhere(registry: Registry, who: Member, right: Right, ask: Ask) -> bool:
    return bool(await mandates.where_may(registry.db, registry.organisation, who, right, ask.now))


def _command(wish: Wish, node: NodePath) -> str:
    decree = f" SK {wish.decree}" if wish.decree else ""
    return f"tunjuk {wish.whom.user_id} {wish.office.code} {node}{decree}"
