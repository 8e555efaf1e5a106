"""Scans of decrees: kept sealed in the vault, proved by the log of mandates, opened for few, each time noted.

Whoever may appoint there brings one in; the holder and who has the right ``appoint`` there or above open it. A new one
takes the place of the old; the log of mandates keeps the SHA-256 of both.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.errors import KamarError
from kamar.ids import MemberId
from kamar.mandate import Mandate, MandateId, Status, status
from kamar.mandate_scan import ScanKind, check_scan
from kamar.organisation import Organisation, Right
from kamar.policy import held_may
from kamar_store import mandate as mandates
from kamar_store import mandate_log, vault_access
from kamar_store.mandate_find import outranked
from kamar_store.mandate_log import Action
from kamar_store.member import Member
from kamar_store.store import Store
from kamar_store.tables import mandate, mandate_scan
from kamar_store.vault_key import NONCE, Keys

KEY = 32  # bytes
PURPOSE = "decree_scan"  # in the vault's log
BATCH = 200  # keys sealed anew in one transaction


@dataclass(frozen=True, slots=True)
class Scan:
    """That a scan is kept, not what is on it."""

    kind: ScanKind
    size: int
    sha256: str
    at: datetime


COLUMNS = (mandate_scan.c.kind, mandate_scan.c.size, mandate_scan.c.sha256, mandate_scan.c.at)


async def keep(
    db: AsyncConnection,
    organisation: Organisation,
    keys: Keys,
    actor: Member | None,
    number: MandateId,
    data: bytes,
    now: datetime,
) -> Scan:
    """Keep the scan of a mandate's decree, brought by ``actor`` (none: who operates the server).

    Raises:
        KamarError: ``mandate_unknown``, ``appoint_not_allowed`` (also the holder, of his own), ``scan_missing``,
            ``scan_large``, ``scan_kind``.
    """
    await mandate_log.alone(db)
    found = await mandates.get(db, number)
    await check_keeper(db, organisation, actor, found, now)
    made = Scan(check_scan(data), len(data), hashlib.sha256(data).hexdigest(), now)
    file_key, nonce = os.urandom(KEY), os.urandom(NONCE)
    key_id, sealed_key = keys.seal(file_key.hex(), _bound(number))
    values = {
        "kind": made.kind.value,
        "size": made.size,
        "sha256": made.sha256,
        "key_id": key_id,
        "file_key": sealed_key,
        "sealed": nonce + AESGCM(file_key).encrypt(nonce, data, _bound(number).encode()),
        "at": now,
    }
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(mandate_scan).values(mandate=number, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["mandate"], set_=values))
    payload = {"mandate": number, "sha256": made.sha256, "size": made.size}
    await mandate_log.note(db, mandates.number_of(actor), Action.SCANNED, payload, now)
    return made


async def check_keeper(
    db: AsyncConnection, organisation: Organisation, actor: Member | None, found: Mandate, now: datetime
) -> None:
    """Refuse whoever may not bring a scan: as appointing there, and nobody the own.

    Raises:
        KamarError: ``appoint_not_allowed``.
    """
    office = organisation.office(found.office)
    by = await mandates.authority(db, organisation, actor, office, found.node, now)
    own = actor is not None and actor.id == found.member
    if own or await outranked(db, organisation, found, by.node, now):
        raise KamarError("appoint_not_allowed", office=office.title)


async def may_open(db: AsyncConnection, organisation: Organisation, who: Member, found: Mandate, now: datetime) -> bool:
    """Tell whether somebody may see a scan: its holder, and who has the right ``appoint`` at the node or above."""
    if who.id == found.member:
        return status(found, now) is not Status.PROPOSED
    return held_may(organisation, await mandates.held(db, who, now), Right.APPOINT, found.node)


async def of(db: AsyncConnection, numbers: Collection[MandateId]) -> dict[MandateId, Scan]:
    """Return which of the mandates have a scan. Opens nothing."""
    chosen = select(mandate_scan.c.mandate, *COLUMNS).where(mandate_scan.c.mandate.in_(list(numbers)))
    found = await db.execute(chosen)
    return {MandateId(number): Scan(ScanKind(kind), size, proof, at) for number, kind, size, proof, at in found}


async def read(
    db: AsyncConnection, organisation: Organisation, keys: Keys, who: Member, number: MandateId, now: datetime
) -> tuple[Scan, bytes]:
    """Return a scan with its file; the only way to one, and it writes the vault's log in the same transaction.

    ``db`` must be a connection to write with.

    Raises:
        KamarError: ``not_found``: there is none, or not for this one, alike.
    """
    try:
        found = await mandates.get(db, number)
    except KamarError as error:
        raise KamarError("not_found") from error
    kept = (await of(db, [number])).get(number)
    if kept is None or not await may_open(db, organisation, who, found, now):
        raise KamarError("not_found")
    await vault_access.note(db, who.id, PURPOSE, found.member, now)
    columns = (mandate_scan.c.key_id, mandate_scan.c.file_key, mandate_scan.c.sealed)
    key_id, file_key, sealed = (await db.execute(select(*columns).where(mandate_scan.c.mandate == number))).one()
    cipher = AESGCM(bytes.fromhex(keys.open(key_id, file_key, _bound(number))))
    return kept, cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _bound(number).encode())


async def rotate(store: Store, keys: Keys, now: datetime) -> int:
    """Seal every file's key with the newest key of the vault; return how many. Broken off, simply call it again."""
    moved = 0
    while batch := await _rotate_batch(store, keys, now):
        moved += batch
    return moved


async def _rotate_batch(store: Store, keys: Keys, now: datetime) -> int:
    async with store.write() as db:
        rows = await db.execute(
            select(mandate_scan.c.mandate, mandate_scan.c.key_id, mandate_scan.c.file_key, mandate.c.member)
            .join(mandate, mandate.c.id == mandate_scan.c.mandate)
            .where(mandate_scan.c.key_id != keys.newest)
            .order_by(mandate_scan.c.mandate)
            .limit(BATCH)
        )
        found = rows.all()
        for number, old, file_key, holder in found:
            await vault_access.note(db, None, "rotate", MemberId(holder), now)
            key_id, sealed = keys.seal(keys.open(old, file_key, _bound(number)), _bound(number))
            same = (mandate_scan.c.mandate == number, mandate_scan.c.file_key == file_key)  # not replaced meanwhile
            moving = update(mandate_scan).where(*same)
            await db.execute(moving.values(key_id=key_id, file_key=sealed))
    return len(found)


def _bound(number: int) -> str:
    return f"mandate_scan\0{number}"
