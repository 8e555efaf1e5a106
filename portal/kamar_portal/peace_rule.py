"""Peace, for officers: the rules of one room, with examples of what they refuse."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.organisation import Right
from kamar.peace import rank_over
from kamar.peace_message import Flood, unwanted
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_portal.session import member_of
from kamar_store import mandate as mandates
from kamar_store import peace, peace_rule, seating
from kamar_store.member import Member
from kamar_store.peace_rule import RoomRule
from kamar_store.seating import Room
from kamar_store.store import Db

WORDS_MOST = 50
LEAST_FLOOD = 3  # fewer would hold up people who talk
HARMLESS = ("Selamat pagi, bapak dan ibu", "Rapat RT besok pukul 19.30")


def routes() -> list[web.RouteDef]:
    """Return the addresses of this feature."""
    return [
        web.get(r"/kasus/aturan/{number:\d{1,9}}", show),
        web.post(r"/kasus/aturan/{number:\d{1,9}}", save),
    ]


async def show(request: web.Request) -> web.Response:
    """``GET /kasus/aturan/N``."""
    portal = portal_of(request)
    async with portal.store.read() as db:
        _member, room = await _officer(request, db)
        rule = await peace_rule.rule_of(db, room.id)
        name = await peace.room_words(db, room.id, room.key.node)
    form = {
        "kata": ", ".join(rule.words),
        "banyak": rule.flood.count,
        "detik": rule.flood.seconds,
        "jam": rule.text_only_hours,
    }
    saved = request.query.get("tersimpan", "")
    return render(
        request, "peace/rule.html", number=room.id, room=name, form=form, saved=saved, examples=examples(rule.words)
    )


async def save(request: web.Request) -> web.Response:
    """``POST /kasus/aturan/N``."""
    portal = portal_of(request)
    form = await read_form(request)
    words = tuple(dict.fromkeys(word.strip().lower() for word in form.text("kata").split(",") if word.strip(" *")))
    flood = Flood(_number(form.text("banyak"), 12, LEAST_FLOOD, 200), _number(form.text("detik"), 20, 5, 600))
    rule = RoomRule(words[:WORDS_MOST], flood, _number(form.text("jam"), 0, 0, 24 * 14))
    async with portal.store.write() as db:
        member, room = await _officer(request, db)
        await peace_rule.set_rule(db, room.id, rule, member.id, portal.clock())
    return see_other(f"/kasus/aturan/{room.id}?tersimpan=ya")


def examples(words: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """Return sentences with the word for which each would be refused, none where it would not."""
    texts = [form for word in words[:5] for form in _dressed(word)]
    return [(text, unwanted(text, words)) for text in (*texts, *HARMLESS)]


def _dressed(word: str) -> list[str]:
    stem = word.rstrip("*")
    return [stem, stem[:-1].upper() + stem[-1:].upper() * 3, f"{stem}an"]


async def _officer(request: web.Request, db: Db) -> tuple[Member, Room]:
    """Return who asks and the room, when he is responsible for it.

    Raises:
        KamarError: ``login_needed``, ``measure_not_allowed``.
    """
    member = member_of(request)
    room = await seating.room_by_row(db, int(request.match_info["number"]))
    portal = portal_of(request)
    held = await mandates.where_may(db, portal.site.organisation, member, Right.MODERATE, portal.clock())
    if room is None or rank_over(room.key.node, held, admin=member.admin) is None:
        raise KamarError("measure_not_allowed")
    return member, room


def _number(text: str, default: int, least: int, most: int) -> int:
    return min(max(int(text), least), most) if text.isdecimal() else default
