"""Registries for the bot's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bots.village import settle
from tests.servers.registry import SQLITE, registry

from kamar_store.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Give an empty registry with one village."""
    async with registry(SQLITE, tmp_path) as made:
        await settle(made)
        yield made
