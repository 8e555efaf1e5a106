"""Serves the built web client as the portal does, for tests that need no portal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from kamar_portal.chat_policy import chat_headers

HOME = '<!DOCTYPE html><html lang="id"><title>Komunitas Saya</title><h1>Komunitas Saya</h1>'


def chat_app(built: Path, homeserver_url: str, **config: object) -> web.Application:
    """Return a site with the client at ``/chat/`` and a page in the portal's place."""

    async def home(_request: web.Request) -> web.Response:
        return web.Response(text=HOME, content_type="text/html")

    async def config_json(_request: web.Request) -> web.Response:
        settings = {"defaultHomeServer": homeserver_url, "portal": "../", "login": "../obrolan"}
        return web.json_response({**settings, **config})

    async def page(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(built / "index.html")

    async def guard(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/chat/"):
            response.headers.update(chat_headers(request.path.removeprefix("/chat/"), homeserver_url))

    app = web.Application()
    app.router.add_get("/", home)
    app.router.add_get("/obrolan", home)
    app.router.add_get("/chat/config.json", config_json)
    app.router.add_get("/chat/", page)
    app.router.add_static("/chat/", built)
    app.on_response_prepare.append(guard)
    return app


@asynccontextmanager
async def chat_site(
    built: Path, homeserver_url: str, port: int, served: list[int] | None = None, **config: object
) -> AsyncIterator[str]:
    """Serve ``chat_app`` on the loopback address; yield the chat's address. ``served`` gets each answer's bytes."""

    class Count(AbstractAccessLogger):
        def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
            if served is not None and response.status == 200:
                served.append(response.content_length or 0)

    runner = web.AppRunner(chat_app(built, homeserver_url, **config), access_log_class=Count)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://localhost:{port}/chat/"
    finally:
        await runner.cleanup()
