"""What every program of a server is given: its settings, its directory, its registry, its organisation."""

from __future__ import annotations

from dataclasses import dataclass, field

from kamar.organisation import Organisation, profile
from kamar.settings import Settings
from kamar.state import State
from kamar_store.store import Store


@dataclass(frozen=True, slots=True)
class Site:
    """One running server. A part of ``kamar serve`` is ``async def run(site: Site) -> None``, until cancelled."""

    settings: Settings
    state: State
    store: Store
    organisation: Organisation = field(default_factory=profile)
