"""``!siaran``: write an announcement in the direct talk, look at it, send it, follow it, correct it, take it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import check
from kamar.siaran import ZONES, awake, needs_second, people_words, rounded
from kamar.siaran_words import DONE, GOING, KIT_HERE, RECALLED, RECALLING
from kamar.words import mark as _
from kamar_bots import referral
from kamar_bots.membership import asker
from kamar_bots.talk import Ask, Choice, Registry, Reply
from kamar_store import outbox
from kamar_store import siaran as store
from kamar_store.member import Member
from kamar_store.siaran import Siaran

CHOICES = 9  # more have no number

DIRECTLY = _("Pengumuman ditulis di portal: {link}\nAtau di obrolan langsung: tulis !siaran kepada {bot}.")
WHERE = _("Pengumuman untuk wilayah mana?")
WRITE = _("Tulis pengumuman untuk {place} sekarang, atau kirim gambar dengan keterangannya. Batal: tulis batal.")
WRITE_TEXT = _("Gambarnya sudah saya simpan. Tulis keterangannya sekarang.")
WRITE_AGAIN = _("Tulis teks barunya sekarang. Batal: tulis batal.")
PREVIEW = _("Pengumuman untuk {place}: {rooms} ruang, {people}. Begini jadinya:")
WITH_PICTURE = _("(dengan gambar)")
SECOND = _("Lebih dari {limit} ruang: seorang pengurus lain menyetujui dulu.")
SLEEP = _("Sekarang malam. Tanpa tanda mendesak, pengumuman menunggu pukul 05.00 setempat.")
SEND = _("Kirim")
URGENT = _("Kirim sekarang, mendesak")
REWRITE = _("Tulis ulang")
CANCEL = _("Batal")
SENT = _("Dikirim. Kemajuannya saya tulis di sini.")
ASKED = _("Menunggu persetujuan pengurus lain. Ia sudah saya tanya; begitu setuju, pengumuman dikirim.")
AGREED = _("Terima kasih. Pengumuman {number} dikirim.")
REFUSED = _("Baik, pengumuman {number} tidak dikirim.")
DROPPED = _("Baik, pengumuman itu tidak jadi.")
SURE = _("Tarik pengumuman {number} dari semua ruang? Isinya hilang di sana.")
YES = _("Ya, tarik")
NOTHING = _("Belum ada pengumuman. Tulis !siaran untuk membuat.")
PORTAL = _("Selengkapnya: {link}")


async def announce(ask: Ask, registry: Registry) -> Reply:
    """``!siaran``: begin; with a word behind it, what the word says.

    Raises:
        KamarError: see :mod:`kamar_store.siaran`.
    """
    who = await asker(ask, registry)
    if not ask.direct:
        link = f"{registry.settings.portal_url}/pengurus/siaran"
        return Reply(ask.say(DIRECTLY, link=link, bot=registry.settings.bot))
    rest = ask.text.strip().lstrip("! ").partition(" ")[2].strip()
    word, _space, value = rest.partition(" ")
    action = ACTIONS.get(word.lower())
    if action is not None:
        return await action(ask, registry, who, value.strip())
    return await _begin(ask, registry, who, None, rest)


async def take(ask: Ask, registry: Registry) -> Reply | None:
    """Take what is said in the direct talk as the text or the picture of the announcement that its writer began."""
    who = await store_member(ask, registry)
    draft = await store.draft_of(registry.db, who.id) if who else None
    if who is None or draft is None or (draft.text and ask.picture is None):
        return None
    await store.write(registry.db, draft, ask.text, ask.picture)
    return await _preview(ask, registry, who)


async def store_member(ask: Ask, registry: Registry) -> Member | None:
    """Return the member who writes; nobody else announces."""
    try:
        return await asker(ask, registry)
    except KamarError:
        return None


async def _begin(ask: Ask, registry: Registry, who: Member, node: NodePath | None, text: str) -> Reply:
    nodes = await store.nodes_of(registry.db, registry.organisation, who, ask.now)
    if not nodes:
        raise KamarError("siaran_not_allowed")
    if node is None and len(nodes) > 1:
        choices = [
            Choice(await store.place_words(registry.db, each), f"siaran di {each} {text}".strip())
            for each in nodes[:CHOICES]
        ]
        return Reply(ask.say(WHERE), choices=tuple(choices))
    at = node or nodes[0]
    by = await store.signature(registry.db, registry.organisation, who, at, ask.now)
    room = None if ask.encrypted else ask.room_id
    await store.begin(registry.db, registry.organisation, who, at, by, ask.now, room)
    if text:
        draft = await store.draft_of(registry.db, who.id)
        assert draft is not None
        await store.write(registry.db, draft, text)
        return await _preview(ask, registry, who)
    return Reply(ask.say(WRITE, place=await store.place_words(registry.db, at)))


async def _at(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran di KODE [teks]``: for one place, also a smaller one than the own."""
    path, _space, text = value.partition(" ")
    return await _begin(ask, registry, who, check(path), text.strip())


async def _preview(ask: Ask, registry: Registry, who: Member) -> Reply:
    """Show what will stand in the rooms, how far it goes, and what to choose."""
    draft = await store.draft_of(registry.db, who.id)
    item = await store.get(registry.db, draft.siaran) if draft else None
    if draft is None or item is None:
        raise KamarError("siaran_unknown")
    if not draft.text:
        return Reply(ask.say(WRITE_TEXT))
    reach = await store.reach(registry.db, item.node)
    limit = registry.settings.siaran.approve_rooms
    people = ask.say(people_words(reach.people), people=rounded(reach.people))
    place = await store.place_words(registry.db, item.node)
    lines = [ask.say(PREVIEW, place=place, rooms=reach.rooms, people=people), "", draft.text, ""]
    if item.picture is not None:
        lines.append(ask.say(WITH_PICTURE))
    if needs_second(reach.rooms, limit):
        lines.append(ask.say(SECOND, limit=limit))
    choices = [Choice(ask.say(SEND), "siaran kirim")]
    if item.revision == 0 and len(awake(ask.now)) < len(ZONES):
        lines.append(ask.say(SLEEP))
        choices.append(Choice(ask.say(URGENT), "siaran mendesak"))
    choices += [Choice(ask.say(REWRITE), "siaran ulang"), Choice(ask.say(CANCEL), "siaran batal")]
    return Reply("\n".join(lines).rstrip(), choices=tuple(choices))


async def _send(ask: Ask, registry: Registry, who: Member, _value: str) -> Reply:
    return await _submit(ask, registry, who, urgent=False)


async def _urgent(ask: Ask, registry: Registry, who: Member, _value: str) -> Reply:
    return await _submit(ask, registry, who, urgent=True)


async def _submit(ask: Ask, registry: Registry, who: Member, *, urgent: bool) -> Reply:
    draft = await store.draft_of(registry.db, who.id)
    if draft is None:
        raise KamarError("siaran_unknown")
    limit = registry.settings.siaran.approve_rooms
    started = await store.submit(registry.db, registry.organisation, draft, who, ask.now, limit, urgent=urgent)
    return Reply(ask.say(SENT if started else ASKED))


async def _again(ask: Ask, registry: Registry, who: Member, _value: str) -> Reply:
    draft = await store.draft_of(registry.db, who.id)
    if draft is None:
        raise KamarError("siaran_unknown")
    await store.clear(registry.db, draft)
    return Reply(ask.say(WRITE_AGAIN))


async def _drop(ask: Ask, registry: Registry, who: Member, _value: str) -> Reply:
    await store.drop_drafts(registry.db, who.id)
    return Reply(ask.say(DROPPED))


async def _correct(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran ralat N [teks]``."""
    number, text = _numbered(value)
    await store.correct(registry.db, registry.organisation, number, who, ask.now)
    if not text:
        return Reply(ask.say(WRITE_AGAIN))
    draft = await store.draft_of(registry.db, who.id)
    assert draft is not None
    await store.write(registry.db, draft, text)
    return await _preview(ask, registry, who)


async def _recall(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran tarik N [ya]``."""
    number, sure = _numbered(value)
    if sure != "ya":
        await store.changeable(registry.db, registry.organisation, number, who, ask.now)
        yes = Choice(ask.say(YES), f"siaran tarik {number} ya")
        return Reply(ask.say(SURE, number=number), choices=(yes, Choice(ask.say(CANCEL), "batal")))
    item = await store.recall(registry.db, registry.organisation, number, who, ask.now)
    return Reply(ask.say(RECALLING, number=number, done=0, rooms=item.rooms))


async def _agree(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran setuju N``: as the second officer."""
    item = await store.decide(registry.db, registry.organisation, _numbered(value)[0], who, ask.now, agreed=True)
    return Reply(ask.say(AGREED, number=item.id))


async def _refuse(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran tolak N``."""
    item = await store.decide(registry.db, registry.organisation, _numbered(value)[0], who, ask.now, agreed=False)
    return Reply(ask.say(REFUSED, number=item.id))


async def _status(ask: Ask, registry: Registry, who: Member, _value: str) -> Reply:
    """``!siaran status``: the last ones, one line each."""
    items = await store.visible(registry.db, registry.organisation, who, ask.now)
    if not items:
        return Reply(ask.say(NOTHING))
    lines = [await _line(ask, registry, item) for item in items[:4]]
    link = f"{registry.settings.portal_url}/pengurus/siaran"
    return Reply("\n".join([*lines, ask.say(PORTAL, link=link)]))


async def _line(ask: Ask, registry: Registry, item: Siaran) -> str:
    if item.revision == 0:
        return f"{item.id}: {ask.say(ASKED)}"
    known = await store.progress(registry.db, item)
    if item.recalled_at is not None:
        head = RECALLED if known.left == 0 else RECALLING
    else:
        head = DONE if known.left == 0 else GOING
    return ask.say(head, number=item.id, done=known.done, rooms=known.rooms)


async def _share(ask: Ask, registry: Registry, who: Member, value: str) -> Reply:
    """``!siaran bagikan N``: a text and a picture to forward."""
    number, _rest = _numbered(value)
    items = {item.id: item for item in await store.visible(registry.db, registry.organisation, who, ask.now)}
    if number not in items or items[number].recalled_at is not None or items[number].revision == 0:
        raise KamarError("siaran_unknown")
    if ask.encrypted:  # where @kamar is not, who brings the picture
        return Reply(ask.say(PORTAL, link=f"{registry.settings.portal_url}/pengurus/siaran/{number}"))
    link = referral.link_of(await referral.own_code(who, ask, registry), registry)
    payload = {"room_id": ask.room_id, "siaran": number, "link": link}
    key = f"siaran_kit:{number}:{who.id}:{ask.now.isoformat()}"
    await outbox.put(registry.db, "siaran_kit", key, payload, ask.now, lane=f"room:{ask.room_id}")
    return Reply(ask.say(KIT_HERE))


def _numbered(value: str) -> tuple[int, str]:
    """Return the number of an announcement and what is said behind it.

    Raises:
        KamarError: ``siaran_unknown``.
    """
    number, _space, rest = value.partition(" ")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise KamarError("siaran_unknown")
    return int(number), rest.strip()


Action = Callable[[Ask, Registry, Member, str], Awaitable[Reply]]
ACTIONS: Mapping[str, Action] = {
    "di": _at,
    "kirim": _send,
    "mendesak": _urgent,
    "ulang": _again,
    "batal": _drop,
    "ralat": _correct,
    "tarik": _recall,
    "setuju": _agree,
    "tolak": _refuse,
    "status": _status,
    "bagikan": _share,
}
