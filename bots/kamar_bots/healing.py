"""Heal gaps: Synapse loses what it has not pushed yet when it restarts, so the bot asks what it may have missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kamar_bridges.homeserver import MatrixError
from kamar_bridges.kamar_module import KamarModule, MissedEvent
from kamar_bridges.matrix import Event, Matrix
from kamar_store import appservice, cursor
from kamar_store.site import Site

NAME = "missed"  # of the position in the table of cursors
REGISTRATION = "kamar"  # our id in Synapse's registration of the application service
KEPT = timedelta(days=30)  # Synapse repeats a transaction for hours at most


@dataclass(frozen=True, slots=True)
class Healer:
    """Looks for missed events and brings them to ``store``, the door through which every event comes."""

    site: Site
    matrix: Matrix
    module: KamarModule
    store: Callable[[list[Event]], Awaitable[object]]

    async def heal(self) -> None:
        """Wake Synapse's sender, fetch what is missing, and forget what is too old to come again.

        Raises:
            MatrixError: the homeserver does not answer now.
        """
        await self._wake()
        async with self.site.store.read() as db:
            value = await cursor.get(db, NAME)
        after = None if value is None else int(value)
        while True:
            missed = await self.module.missed(after)
            await self.store([event for item in await self._unseen(missed.events) if (event := await self._get(item))])
            async with self.site.store.write() as db:
                await cursor.put(db, NAME, str(missed.next))
            if missed.next == after or not missed.events:
                break
            after = missed.next
        async with self.site.store.write() as db:
            await appservice.forget_before(db, datetime.now(UTC) - KEPT)

    async def _wake(self) -> None:
        """Let Synapse call us at once: after a failure it waits up to nine minutes."""
        try:
            await self.matrix.ping_appservice(REGISTRATION)
        except MatrixError as error:
            if error.status == 0:
                raise

    async def _unseen(self, events: Sequence[MissedEvent]) -> list[MissedEvent]:
        async with self.site.store.read() as db:
            seen = await appservice.known(db, [event.event_id for event in events])
        return [event for event in events if event.event_id not in seen]

    async def _get(self, event: MissedEvent) -> Event | None:
        """Return the event, none if it is gone or not ours to see any more."""
        try:
            return await self.matrix.get_event(event.room_id, event.event_id)
        except MatrixError as error:
            if error.status in (403, 404):
                return None
            raise
