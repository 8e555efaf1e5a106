"""The last audit, as it stands among the administrators' numbers."""

from __future__ import annotations

from dataclasses import dataclass

from kamar.reconcile.words import WORDS
from kamar_store import audit as audits
from kamar_store.audit import Audit, Found
from kamar_store.store import Db

SHOWN = 20  # differences; all of them tells `kamar audit`


@dataclass(frozen=True, slots=True)
class LastAudit:
    """The last look at every official room; ``found`` are its first differences, each with its words."""

    audit: Audit
    count: int
    repaired: int
    found: tuple[tuple[Found, str], ...]


async def last(db: Db) -> LastAudit | None:
    """Return the last audit, if there was one."""
    audit = await audits.last(db)
    if audit is None:
        return None
    found = await audits.found_by(db, audit.id)
    repaired = sum(each.repaired_at is not None for each in found)
    return LastAudit(audit, len(found), repaired, tuple((each, WORDS[each.what]) for each in found[:SHOWN]))
