"""What ``kamar up`` does before anything runs; each step finds its own work done and then costs next to nothing."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from kamar.settings import SQLITE, Settings, parse
from kamar.state import State, write_secret
from kamar_bridges.push_crypto import new_vapid_key
from kamar_provisioning import chat, links, sentences, settings_file, synapse, wilayah
from kamar_provisioning.directory import keep_name
from kamar_provisioning.push import VAPID_KEY
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import Bar, step
from kamar_store import postgresql, vault_key
from kamar_store.migrate import migrate

PORTAL_KEY = "portal_key"  # seals the portal's cookies
PORTAL_KEY_BYTES = 32


def settle(state: State, port: int | None, public_url: str | None) -> Settings:
    """Return the server's settings; made at the first start, changed by what the command line says, and kept.

    Nothing is written when they can't be used.

    Raises:
        KamarError: ``settings_syntax``, ``settings_invalid``, ``name_changed``.
    """
    new = not state.settings.exists()
    text = settings_file.example().read_text() if new else settings_file.read(state)
    if new and public_url and (host := urlsplit(public_url).hostname):
        text = settings_file.with_value(text, "server", "name", host)
    if public_url is not None:
        text = settings_file.with_value(text, "server", "public_url", public_url)
    if port is not None:
        text = settings_file.with_value(text, "ports", "portal", port)
    settings = parse(settings_file.document(text, state.settings))
    keep_name(state, settings)
    settings_file.write(state, text)
    return settings


def keep_ports(state: State, settings: Settings, ports: dict[str, int]) -> Settings:
    """Write chosen ports down and return the settings with them."""
    for name, port in ports.items():
        if getattr(settings.ports, name) != port:
            settings_file.change(state, "ports", name, port)
    return replace(settings, ports=replace(settings.ports, **ports))


def keep_keys(state: State) -> None:
    """Make the keys of the portal that are missing: a new one would shut out every browser that an old one let in."""
    if not state.secret(PORTAL_KEY).exists():
        write_secret(state.secret(PORTAL_KEY), secrets.token_hex(PORTAL_KEY_BYTES))
    if not state.secret(VAPID_KEY).exists():
        write_secret(state.secret(VAPID_KEY), new_vapid_key())


async def prepare(settings: Settings, state: State, now: datetime) -> None:
    """Make everything that the server's processes find at their start; what may be refused comes first."""
    step(sentences.PREPARING_SYNAPSE)
    synapse.render(settings, state)
    keep_keys(state)
    vault_key.ensure(state)
    step(sentences.PREPARING_DATABASE)
    if settings.database.url != SQLITE:
        await postgresql.ensure(settings.database.url)
    site = open_site(state, settings)
    store = site.store
    try:
        await migrate(store)
        await wilayah.import_official(store, Bar(sentences.IMPORTING_WILAYAH))
        await links.ensure_invitation(site, now)
        await links.ensure_admin_link(site, now)
    finally:
        await store.close()
    step(sentences.PREPARING_CHAT)
    chat.build(state, step)
