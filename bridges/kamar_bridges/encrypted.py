"""End-to-end encrypted Matrix as one account with one device: the only file that imports nio.

Only what needs keys is here: reading what arrives, and sending. Joining, leaving and looking around is for
:mod:`kamar_bridges.matrix` with the same token. The position in the stream of events is the caller's, who writes it
down with what he made of the events: asked again from the same position, the same events come, opened again. What
talks to the homeserver raises MatrixError where it is refused or gets no answer.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee
import vodozemac
from aiohttp import ClientError
from nio import (
    AsyncClient,
    AsyncClientConfig,
    EncryptionError,
    ErrorResponse,
    MatrixRoom,
    MegolmEvent,
    SyncResponse,
)
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.events import Event as NioEvent

from kamar.errors import KamarError
from kamar.ids import EventId, RoomId, UserId
from kamar_bridges.homeserver import MatrixError
from kamar_bridges.matrix import Event, Session, parse_event

STORE = "keys.db"
ALGORITHM = {"algorithm": "m.megolm.v1.aes-sha2"}
ENCRYPTED = "m.room.encrypted"
NONE: dict[str, list[str]] = {"types": []}
ROOM = {"timeline": {"limit": 100}, "ephemeral": NONE, "account_data": NONE}
FILTER = {"room": ROOM, "presence": NONE, "account_data": NONE}
BROKEN = (peewee.PeeweeException, sqlite3.Error, vodozemac.PickleException, EncryptionError, ValueError)
AWAY = (ClientError, OSError, TimeoutError)

# nio tells of each undecryptable event, with its sender; we count them ourselves.
logging.getLogger("nio").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Invite:
    """Somebody invites the account; ``direct`` as the inviter says. It may come several times, with the same id."""

    event_id: EventId
    room_id: RoomId
    sender: UserId
    direct: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What arrived up to the position ``next``: events in their order, those that can't be opened as they came."""

    next: str
    events: Sequence[Event]
    invites: Sequence[Invite]


class Encrypted:
    """The device. Close it, and never let two processes hold one: they would use up each other's keys."""

    def __init__(self, url: str, session: Session, directory: Path, key: str) -> None:
        self.session = session
        self._directory = directory
        config = AsyncClientConfig(pickle_key=key, store_name=STORE, max_timeouts=0, max_limit_exceeded=3)
        self._client = AsyncClient(url, session.user_id, session.device_id, str(directory), config)
        self._looked_at: set[RoomId] = set()  # rooms whose people are known, since this start
        self._keys = asyncio.Lock()

    def open(self, *, new: bool) -> None:
        """Read the keys from the disk, or make them where the device is ``new``.

        Raises:
            KamarError: ``keys_lost``; the device is of no use any more.
        """
        file = self._directory / STORE
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        if not new and not file.exists():
            raise KamarError("keys_lost")
        try:
            if file.exists():
                with closing(sqlite3.connect(file)) as database:
                    if database.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                        raise KamarError("keys_lost")
            self._client.restore_login(self.session.user_id, self.session.device_id, self.session.access_token)
        except (peewee.OperationalError, sqlite3.OperationalError):
            raise  # a full disk, a lock: the keys are still good
        except BROKEN as error:
            raise KamarError("keys_lost") from error
        file.chmod(0o600)

    @property
    def identity_key(self) -> str:
        """Return the device's public identity key (curve25519)."""
        assert self._client.olm is not None
        return str(self._client.olm.account.identity_keys["curve25519"])

    async def publish_keys(self) -> None:
        """Upload the device's keys where the homeserver lacks them."""
        async with self._keys:
            if self._client.should_upload_keys:
                await _answer(self._client.keys_upload())

    async def sync(self, since: str, wait: float) -> Batch:
        """Return what arrived after ``since`` ("": the present), waiting up to ``wait`` seconds for something."""
        self._client.access_token = self.session.access_token  # nio 0.26 drops it after some refusals
        self._client.next_batch = ""  # nio would otherwise not open again what it has seen
        answer = await _answer(
            self._client.sync(int(wait * 1000), FILTER, since or None, full_state=None, set_presence="offline")
        )
        assert isinstance(answer, SyncResponse)
        await self._tend()
        return _batch(answer, self.session.user_id)

    def opened(self, raw: Mapping[str, Any]) -> Event | None:
        """Return the event that was encrypted as ``raw``; none while its key is missing."""
        sealed = NioEvent.parse_encrypted_event(dict(raw))
        if not isinstance(sealed, MegolmEvent):
            return None
        sealed.room_id = raw["room_id"]
        try:
            return _event(self._client.decrypt_event(sealed).source, RoomId(raw["room_id"]))
        except (EncryptionError, AttributeError, KeyError, TypeError, ValueError):
            return None

    def knows(self, room: RoomId) -> bool:
        """Tell whether something was sent to a room in this run, and nobody came or left since."""
        return room in self._looked_at

    def forget(self, room: RoomId) -> None:
        """Forget who is in a room: somebody came or left."""
        self._looked_at.discard(room)

    async def send(self, room: RoomId, kind: str, content: Mapping[str, Any], txn_id: str) -> EventId:
        """Send an event encrypted, a reaction plain as every client does; the same ``txn_id`` sends it once only.

        The room must be encrypted. Its people's devices are asked for once in each run, and when they change.
        """
        async with self._keys:
            await self._look_at(room)
            if self._client.should_query_keys:
                await _answer(self._client.keys_query())
            if kind != "m.reaction":
                await self._share(room)
            answer = await _answer(
                self._client.room_send(room, kind, dict(content), txn_id, ignore_unverified_devices=True)
            )
        return EventId(answer.event_id)

    async def close(self) -> None:
        """Close connections and files."""
        await self._client.close()
        if self._client.store is not None:
            self._client.store.database.close()

    async def _look_at(self, room: RoomId) -> None:
        if room in self._looked_at:
            return
        known = self._client.rooms.get(room)
        if known is None or not known.encrypted:
            self._client.rooms[room] = MatrixRoom(room, self.session.user_id, encrypted=True)
        await _answer(self._client.joined_members(room))
        assert self._client.olm is not None
        self._client.olm.users_for_key_query.update(self._client.rooms[room].users)
        self._looked_at.add(room)

    async def _share(self, room: RoomId) -> None:
        """Give the key of what is about to be sent to every device that can be reached.

        nio takes it for given also where the homeserver refused it; what is sent then nobody could read. The next try
        begins with a new key.
        """
        client, olm = self._client, self._client.olm
        assert olm is not None
        if not olm.should_share_group_session(room):
            return
        reached: set[tuple[str, str]] = set()
        try:
            answer = await _answer(client.share_group_session(room, ignore_unverified_devices=True))
            reached = answer.users_shared_with
        finally:
            client.access_token = self.session.access_token  # dropped when the key was refused, see sync
            wanted = {
                (user, device.id)
                for user in client.rooms[room].users
                for device in client.device_store.active_user_devices(user)
                if device.id != self.session.device_id and olm.session_store.get(device.curve25519)
            }
            if not wanted <= reached:
                olm.outbound_group_sessions.pop(room, None)
        if not wanted <= reached:
            raise MatrixError(0, "unreachable", "keys")

    async def _tend(self) -> None:
        """Do what keeps keys fresh: upload new ones, ask for others', mend broken channels."""
        client = self._client
        async with self._keys:
            if client.should_upload_keys:
                await _answer(client.keys_upload())
            if client.should_query_keys:
                await _answer(client.keys_query())
            if client.should_claim_keys:
                await _answer(client.keys_claim(client.get_users_for_key_claiming()))
            for answer in await _patient(client.send_to_device_messages()):
                _check(answer)


def encrypted_file(content: bytes) -> tuple[bytes, dict[str, Any]]:
    """Return a file as it is uploaded, and its keys; ``url`` is added when it has an address."""
    sealed, keys = encrypt_attachment(content)
    return sealed, dict(keys)


def plain_file(sealed: bytes, file: Mapping[str, Any]) -> bytes:
    """Return what an encrypted file holds.

    Raises:
        ValueError: it was changed on its way, or the keys are not its own.
    """
    try:
        return bytes(decrypt_attachment(sealed, file["key"]["k"], file["hashes"]["sha256"], file["iv"]))
    except (EncryptionError, KeyError) as error:
        raise ValueError("not the file of these keys") from error


def _batch(answer: SyncResponse, me: UserId) -> Batch:
    events: list[Event] = []
    for room, info in answer.rooms.join.items():
        for item in (*info.state, *info.timeline.events):
            event = _event(_source(item), RoomId(room))
            if event is not None:
                events.append(event)
    invites = [
        Invite(
            EventId(str(state.source.get("event_id") or f"invite:{room}:{answer.next_batch}")),
            RoomId(room),
            UserId(state.sender),
            state.content.get("is_direct") is True,
        )
        for room, info in answer.rooms.invite.items()
        for state in info.invite_state
        if getattr(state, "state_key", None) == me and getattr(state, "membership", "") == "invite"
    ]
    return Batch(answer.next_batch, events, invites)


def _source(item: Any) -> Any:
    """Return an event as it came; nio takes the content out of memberships."""
    source = getattr(item, "source", None)
    membership = getattr(item, "membership", None)
    return source if source is None or membership is None else {**source, "content": {"membership": membership}}


def _event(raw: Any, room: RoomId) -> Event | None:
    """Return an event, none for what can't be read: whoever sent it must not hold up all others."""
    try:
        event = parse_event({**raw, "room_id": room})
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None
    return event if isinstance(event.content, dict) else None


async def _answer(call: Any) -> Any:
    return _check(await _patient(call))


async def _patient(call: Any) -> Any:
    try:
        return await call
    except AWAY as error:
        raise MatrixError(0, "unreachable", type(error).__name__) from error
    except peewee.DatabaseError as error:
        if type(error) is peewee.DatabaseError:  # malformed; a full disk or a lock is one of its children, and passes
            raise KamarError("keys_lost") from error
        raise


def _check(answer: Any) -> Any:
    """Return an answer that is none of nio's errors."""
    if isinstance(answer, ErrorResponse):
        status = getattr(answer.transport_response, "status", 0)
        raise MatrixError(int(status or 0), str(answer.status_code or "M_UNKNOWN"), "", 0.0)
    return answer
