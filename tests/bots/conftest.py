"""Registries for the bot's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kamar.state import State
from kamar_bots.serve import Bot
from kamar_store.store import Store
from tests.bots.village import Homestead, bot_of, settle
from tests.servers.registry import SQLITE, registry


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Give an empty registry with one village."""
    async with registry(SQLITE, tmp_path) as made:
        await settle(made)
        yield made


@pytest.fixture
def homestead() -> Homestead:
    """Give a homeserver that only pretends."""
    return Homestead()


@pytest.fixture
def bot(store: Store, homestead: Homestead, tmp_path: Path) -> Bot:
    """Give a bot on both."""
    return bot_of(store, homestead, State(tmp_path))
