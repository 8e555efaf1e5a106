"""The one way in: what the pages and the JSON API do when somebody signs up.

Every step may be repeated: a sign-up is known by its token alone, and what is made by chance (passphrase, recovery
words) comes from dice thrown by token and portal key. So a crash, a double tap or a lost answer changes nothing: asking
again gives the same account with the same words. The registry knows the token's hash only and can't throw these dice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aiohttp import web

from kamar.account import new_localpart
from kamar.consent import read_consent
from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath, UserId
from kamar.membership import SeatState
from kamar.node import Axis, axis_of
from kamar.referral import read_code, refuse_unusable
from kamar.signup import Step, home_of_code, new_passphrase, new_recovery, next_step, read_home, read_password
from kamar.wilayah import RtRw, parse, parse_rt_rw
from kamar_bridges.matrix import Session
from kamar_portal import security
from kamar_portal.portal import Portal, portal_of
from kamar_portal.recovery import hash_words
from kamar_store import member as members
from kamar_store import peace_measure, referral, seating, signup, wilayah
from kamar_store.display_name import read_name
from kamar_store.referral import Invitation
from kamar_store.signup import Signup

logger = logging.getLogger(__name__)

SEATING_LOOK = timedelta(milliseconds=300)


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody who has just joined. ``matrix`` is the account's new device, where one was made."""

    user_id: UserId
    member: MemberId
    home: NodePath
    recovery: tuple[str, ...] = field(repr=False)
    matrix: Session | None = None


async def open_code(request: web.Request, text: str) -> Invitation:
    """Return the invitation of a code; wrong ones are counted, and a guesser learns nothing more.

    A code that was good here before stays good: a guesser can't shut out the neighbours behind the same address.

    Raises:
        KamarError: ``code_malformed``, ``code_unknown``, ``code_revoked``, ``too_many_tries``.
    """
    portal = portal_of(request)
    code = read_code(text)
    here = f"{code} {security.client_address(request)}"
    known = await security.is_beyond(request, security.CODE_GOOD, here)
    if not known:
        await _refuse_guessers(request)
    try:
        async with portal.store.read() as db:
            invitation = await referral.find(db, code)
        refuse_unusable(invitation.revoked_at, portal.clock())
    except KamarError:
        await security.note(request, security.CODE)
        await security.note(request, security.CODE_ALARM, "everybody")
        raise
    if not known:
        await security.note(request, security.CODE_GOOD, here)
    return invitation


async def begin(
    request: web.Request,
    token: str,
    code: str,
    user: UserId | None = None,
    answers: Mapping[str, object] | None = None,
) -> Signup:
    """Begin the sign-up of ``token``, or return it as it stands; ``answers`` are kept at once.

    Raises:
        KamarError: ``too_many_tries``, ``signup_expired``.
    """
    portal = portal_of(request)
    lasts = timedelta(days=portal.settings.portal.signup_days)
    async with portal.store.write() as db:
        await security.count_in(db, request, security.SIGNUP)
        await signup.begin(db, token, code, new_localpart(portal.dice), portal.clock(), lasts, user)
        begun = await signup.find(db, token, portal.clock())
        if not answers:
            return begun
        await signup.answer(db, begun, answers)
        return replace(begun, answers={**begun.answers, **answers})


async def read_place(portal: Portal, village: str, rw: str, rt: str) -> NodePath:
    """Return where a newcomer lives; "3/5" in either field is understood as on the KTP.

    Raises:
        KamarError: ``village_missing``, ``wilayah_unknown``, ``rw_out_of_range``, ``rt_out_of_range``.
    """
    both = _both_in_one(rw, rt)
    home = read_home(village.strip()) if both else read_home(village.strip(), rw, rt)
    async with portal.store.read() as db:
        if await wilayah.get(db, parse(home).code) is None:
            raise KamarError("wilayah_unknown")
    return both.path(home) if both else home


async def home_of(portal: Portal, invitation: Invitation) -> NodePath | None:
    """Return the home that a code gives: by the node it carries, or the home of the member whose code it is.

    None where the newcomer is asked; a code given by who left, or a guest, brings nobody in.
    """
    node = invitation.node
    if node is None and invitation.owner is not None:
        async with portal.store.read() as db:
            owner = await members.by_id(db, invitation.owner)
        node = owner.home if owner else None
    return home_of_code(portal.site.organisation, node)


async def answer(portal: Portal, begun: Signup, answers: Mapping[str, object]) -> None:
    """Keep what was said on one screen."""
    async with portal.store.write() as db:
        await signup.answer(db, begun, answers)


async def finish(
    portal: Portal, token: str, begun: Signup, display_name: str, password: str | None, *, api: bool = False
) -> Joined:
    """Make the account, then the member with everything that belongs to one, in one transaction.

    ``password`` none means the generated passphrase; of an account that existed before, the password stays. ``api``:
    no browser is waiting, so the account gets no device.

    Raises:
        KamarError: a field to be mended, ``signup_step``, ``code_revoked``, or Matrix not answering.
    """
    if next_step(begun.answers) is not Step.ACCOUNT:
        raise KamarError("signup_step")
    consents = read_consent(begun.answers["consent"])
    home = NodePath(begun.answers["home"])
    async with portal.store.read() as db:
        name = await read_name(db, portal.site.organisation, display_name, home, portal.clock())
        invitation = await referral.find(db, begun.code)
        refuse_unusable(invitation.revoked_at, portal.clock())
        if invitation.owner is not None and await peace_measure.is_banned(db, invitation.owner, portal.clock()):
            raise KamarError("code_revoked")
    matrix: Session | None = None
    if begun.user_id is None:
        secret = read_password(password, name) if password is not None else passphrase(portal, token)
        if api:
            await portal.module.make_account(begun.localpart, secret, name, begun.id)
        else:
            matrix = await portal.module.register(begun.localpart, secret, name, begun.id)
    else:
        await portal.module.set_display_name(begun.user_id, name)
    user = user_of(portal, begun)
    words = recovery_words(portal, token)
    hashed = await asyncio.to_thread(hash_words, words)
    async with portal.store.write() as db:
        if axis_of(home) is Axis.WILAYAH:
            await wilayah.declare(db, home)
        persona = portal.site.organisation.has_personas(axis_of(home))
        channel = "api" if api else "portal"
        member = await signup.finish(db, begun, user, name, consents, hashed, portal.clock(), channel, persona=persona)
    return Joined(user, member, home, words, matrix)


async def wait_for_seat(portal: Portal, member: MemberId) -> bool:
    """Wait a moment until a member sits in every room meant for him; tell whether it is so."""
    for _ in range(portal.seating_patience // SEATING_LOOK):
        async with portal.store.read() as db:
            seats = await seating.seats_of(db, member)
        if seats and all(state is not SeatState.WANTED for _, state in seats):
            return True
        await asyncio.sleep(SEATING_LOOK.total_seconds())
    return False


def user_of(portal: Portal, begun: Signup) -> UserId:
    """Return the account that a sign-up makes, or that it began with."""
    return begun.user_id or UserId(f"@{begun.localpart}:{portal.settings.server.name}")


def passphrase(portal: Portal, token: str) -> str:
    """Return the password we offer in this sign-up; the same each time."""
    return new_passphrase(portal.seal.dice("passphrase", token))


def recovery_words(portal: Portal, token: str) -> tuple[str, ...]:
    """Return the recovery words of this sign-up; the same each time."""
    return new_recovery(portal.seal.dice("recovery", token))


def _both_in_one(rw: str, rt: str) -> RtRw | None:
    """Return RT and RW when one field holds both."""
    for text, other in ((rt, rw), (rw, rt)):
        if "/" in text and not other.strip():
            return parse_rt_rw(text)
    return None


async def _refuse_guessers(request: web.Request) -> None:
    alarmed = await security.is_beyond(request, security.CODE_ALARM, "everybody")
    most = security.CODE_ALARMED if alarmed else None
    await security.refuse_beyond(request, security.CODE, most=most)
