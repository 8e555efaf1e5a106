"""Consent: one box for each purpose, none ticked beforehand, the words kept with their hash (UU 27/2022 art. 20-24)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from kamar.errors import KamarError
from kamar.words import mark as _

VERSION = "2026-11"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: ``text`` is what the newcomer reads, in Indonesian; the law's proof is its hash."""

    key: str
    text: str
    required: bool

    @property
    def text_hash(self) -> str:
        """Return the SHA-256 of the text shown, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


PURPOSES = (
    Purpose(
        "account",
        _("Nama tampilan, kampung, RT dan RW saya disimpan di server ini supaya saya masuk ke kamar tetangga saya."),
        required=True,
    ),
    Purpose(
        "messages",
        _("Pesan di kamar disimpan di server ini dan dapat dibaca anggota kamar itu serta pengelola server."),
        required=True,
    ),
    Purpose(
        "analysis",
        _("Keikutsertaan saya boleh dihitung dalam angka gabungan kampung saya (tidak pernah per orang)."),
        required=False,
    ),
    Purpose("contact", _("Koordinator kampung saya boleh menyapa saya lewat pesan langsung."), required=False),
)

OFFICER_PUBLIC = Purpose(  # asked of officers only, in the portal
    "officer_public",
    _("Nama tampilan saya boleh terlihat oleh siapa saja di halaman publik, selama saya pengurus."),
    required=False,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a newcomer said to one purpose."""

    purpose: Purpose
    given: bool


def read_consent(ticked: Collection[str]) -> tuple[Answer, ...]:
    """Return one answer for each purpose.

    Raises:
        KamarError: ``consent_missing`` (``purpose``) when a required one is not ticked, ``consent_unknown``.
    """
    unknown = set(ticked) - {purpose.key for purpose in PURPOSES}
    if unknown:
        raise KamarError("consent_unknown", purpose=sorted(unknown)[0])
    for purpose in PURPOSES:
        if purpose.required and purpose.key not in ticked:
            raise KamarError("consent_missing", purpose=purpose.key)
    return tuple(Answer(purpose, purpose.key in ticked) for purpose in PURPOSES)
