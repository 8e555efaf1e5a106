"""The portal as a part of ``kamar serve``: the application, its addresses, its guards."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from kamar_bridges.homeserver import Homeserver
from kamar_portal import (
    admin,
    belonging,
    chat,
    community,
    errors,
    health,
    join_api,
    login,
    mandate_scan,
    member,
    move,
    officers,
    officers_appoint,
    officers_gathering,
    officers_import,
    officers_lend,
    officers_node,
    officers_public,
    officers_treaty,
    officers_vacancy,
    page_cache,
    peace,
    peace_case,
    peace_rule,
    persona,
    plain_chat,
    plain_chat_photo,
    plain_chat_room,
    plain_chat_stream,
    proxy,
    push,
    pwa,
    recovery,
    recovery_admin,
    recovery_letter,
    recovery_meet,
    recovery_own,
    recovery_witness,
    referral,
    restructure,
    security,
    session,
    siaran,
    signup,
    static,
    vacancy_vote,
    vouch,
    wave,
    wilayah,
)
from kamar_portal.portal import PORTAL, Portal, build
from kamar_store.site import Site

logger = logging.getLogger(__name__)

BODY_MAX = 64 * 1024  # bytes of a form or of JSON; what is handed on to Synapse is streamed and not counted
BACKLOG = 1024
STOP_SECONDS = 3.0  # telephones waiting for messages would hold us for half a minute


async def run(site: Site) -> None:
    """Serve the portal until cancelled."""
    settings = site.settings
    async with Homeserver(settings.synapse_url) as homeserver:
        runner = web.AppRunner(
            application(build(site, homeserver)),
            access_log=None,
            shutdown_timeout=STOP_SECONDS,
            handler_cancellation=True,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.server.bind, settings.ports.portal, backlog=BACKLOG).start()
            logger.info("the portal listens on port %d", settings.ports.portal)
            await asyncio.Event().wait()
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await runner.cleanup()


def application(portal: Portal) -> web.Application:
    """Return the portal's application; tests run the same."""
    middlewares = [page_cache.keep_pages, session.keep_form, errors.tell_errors, guard_pages]
    app = web.Application(middlewares=middlewares, client_max_size=BODY_MAX)
    app[PORTAL] = portal
    app[page_cache.SHELF] = page_cache.Shelf()
    for routes in (
        proxy.routes(public=not portal.settings.local_only),
        health.routes(),
        static.routes(),
        chat.routes(),
        wilayah.routes(),
        join_api.routes(),
        signup.routes(),
        login.routes(),
        recovery.routes(),
        recovery_letter.routes(),
        recovery_meet.routes(),
        recovery_witness.routes(),
        recovery_own.routes(),
        recovery_admin.routes(),
        community.routes(),
        persona.routes(),
        belonging.routes(),
        referral.routes(),
        member.routes(),
        vouch.routes(),
        move.routes(),
        admin.routes(),
        wave.routes(),
        push.routes(),
        pwa.routes(),
        peace.routes(),
        peace_case.routes(),
        peace_rule.routes(),
        restructure.routes(),
        admin.routes(),
        admin.routes(),
        siaran.routes(),
        plain_chat.routes(),
        plain_chat_photo.routes(),
        plain_chat_stream.routes(),
        officers.routes(),
        officers_node.routes(),
        officers_appoint.routes(),
        officers_lend.routes(),
        officers_gathering.routes(),
        officers_treaty.routes(),
        officers_vacancy.routes(),
        officers_import.routes(),
        officers_public.routes(),
        mandate_scan.routes(),
        vacancy_vote.routes(),
    ):
        app.add_routes(routes)
    app.on_response_prepare.append(security.add_headers)
    app.cleanup_ctx.append(proxy.upstream)
    app.cleanup_ctx.append(plain_chat_room.remember)
    return app


@web.middleware
async def guard_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who asks and guard the forms of our pages; files, JSON and Matrix know no cookies."""
    if not security.is_page(request):
        return await handler(request)

    async def guarded(request: web.Request) -> web.StreamResponse:
        return await security.guard_forms(
            mandate_scan.roomy(officers_import.roomy(plain_chat_photo.roomy(request))), handler
        )

    return await session.know_visitor(request, guarded)
