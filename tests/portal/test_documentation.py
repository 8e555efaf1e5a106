"""Every address of the portal is in its documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web

from kamar_portal import (
    admin,
    chat,
    community,
    health,
    join_api,
    login,
    member,
    proxy,
    recovery,
    recovery_admin,
    recovery_letter,
    recovery_meet,
    recovery_own,
    recovery_witness,
    referral,
    signup,
    static,
    wilayah,
)

DOCS = Path(__file__).parents[2] / "docs"
ROUTES: list[web.RouteDef] = [
    *proxy.routes(public=True),
    *(
        route
        for feature in (
            admin,
            chat,
            community,
            health,
            join_api,
            login,
            member,
            recovery,
            recovery_admin,
            recovery_letter,
            recovery_meet,
            recovery_own,
            recovery_witness,
            referral,
            signup,
            static,
            wilayah,
        )
        for route in feature.routes()
    ),
]
UNTOLD = {"/favicon.ico", "/robots.txt", "/chat"}  # asked for by programs only
PAGES = (
    "/ajak",
    "/saya",
    "/kelola",
    "/komunitas",
    "/chat",
    "/static",
    "/_matrix",
    "/_synapse",
)  # one line for all below


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES} - UNTOLD))
def test_every_address_is_documented(path: str) -> None:
    text = (DOCS / "portal.md").read_text() + (DOCS / "signup.md").read_text()
    short = next((page for page in PAGES if path.startswith(page)), path)
    spelled = re.sub(r"\{(\w+)[^}]*\}", lambda found: f"<{'kode' if found[1] == 'code' else found[1]}>", short)
    assert f"`{spelled}" in text
