"""One after the other: requests about the same person take turns in a process.

Synapse repeats a transaction five times at once when another was faster with its rows; repeats of one sign-up, sent
together, use those up and fail. Taking turns they have nothing to fight about; processes are few enough for five.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from synapse.module_api import make_deferred_yieldable
from twisted.internet.defer import DeferredLock


class Turns:
    """A lock for each key, forgotten when nobody holds or waits for it."""

    def __init__(self) -> None:
        self._busy: WeakValueDictionary[str, DeferredLock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait until everybody with this key who came before is done."""
        lock = self._busy.setdefault(key, DeferredLock())
        await make_deferred_yieldable(lock.acquire())
        try:
            yield
        finally:
            lock.release()
