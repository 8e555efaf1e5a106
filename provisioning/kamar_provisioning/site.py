"""Opens a server's directory: settings, organisation, registry."""

from __future__ import annotations

from kamar.organisation import Organisation, load, profile
from kamar.settings import Settings
from kamar.state import State
from kamar_provisioning.settings_file import load as load_settings
from kamar_store.site import Site
from kamar_store.store import connect


def open_site(state: State, settings: Settings | None = None) -> Site:
    """Return the server in ``state``; the caller closes its ``store``.

    Raises:
        KamarError: as :func:`kamar_provisioning.settings_file.load`, or ``organisation_invalid``.
    """
    settings = settings or load_settings(state)
    return Site(settings, state, connect(settings.database.url, state.registry), organisation(state))


def organisation(state: State) -> Organisation:
    """Return the organisation of the server: ``organisasi.toml`` beside ``kamar.toml``, else the party's profile."""
    own = state.root / "organisasi.toml"
    return load(own) if own.exists() else profile()
