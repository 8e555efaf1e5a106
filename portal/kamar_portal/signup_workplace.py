"""The second screen of a sign-up where people's home is their workplace: a colleague's code, or a new workplace."""

from __future__ import annotations

from aiohttp import web

from kamar.errors import KamarError
from kamar.node import is_hidden
from kamar_portal import join
from kamar_portal.errors import beside_field, known, status_of
from kamar_portal.form import read_form
from kamar_portal.page import render, see_other
from kamar_portal.portal import portal_of
from kamar_store import workplace
from kamar_store.referral import Invitation
from kamar_store.signup import Signup


def page(
    request: web.Request, invitation: Invitation, typed: str = "", error: KamarError | None = None
) -> web.Response:
    """Return the screen."""
    return render(
        request,
        "signup/workplace.html",
        status=status_of(known(error)) if error else 200,
        code=invitation.code,
        typed=typed[:20],
        errors=beside_field(request, error) if error else {},
    )


async def take(request: web.Request, invitation: Invitation, begun: Signup) -> web.Response:
    """Keep the workplace of a colleague's code, or one that begins with this newcomer."""
    portal = portal_of(request)
    form = await read_form(request)
    if form.text("baru") == "ya":
        path = workplace.new_path(portal.site.organisation, portal.dice)
        await join.answer(portal, begun, {"home": path, "founder": True})
        return see_other(f"/g/{invitation.code}/setuju")
    try:
        entry = await join.open_code(request, form.text("kode"))
        home = await join.home_of(portal, entry)
        if home is None or not is_hidden(home):
            raise KamarError("code_without_workplace")
    except KamarError as error:
        return page(request, invitation, form.text("kode"), error)
    await join.answer(portal, begun, {"home": home, "entry": entry.code})
    return see_other(f"/g/{invitation.code}/setuju")
