"""The draft of a decree (SK), as text: what it considers, what it decides, whom it names, for which term.

A decree is an Indonesian document whatever language the reader chose, so its words stand here and not in the catalogue.
It names people as they call themselves here; the full name is written in before somebody signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kamar.mandate import Mandate
from kamar.organisation import Office
from kamar.when import MONTHS, zone_of

BLANK = "........................"
MARK = "DRAF"
ORDINALS = ("KESATU", "KEDUA", "KETIGA", "KEEMPAT")


@dataclass(frozen=True, slots=True)
class Names:
    """The words a decree needs from the registry; ``signer`` is the office above, ``BLANK`` where unknown."""

    organisation: str
    holder: str
    place: str
    signer: str = BLANK


@dataclass(frozen=True, slots=True)
class Decree:
    """A draft, ready to be drawn: each section is a label with its paragraphs."""

    title: str
    number: str
    about: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    signed: tuple[str, ...]
    note: str
    mark: str = MARK


def draft(mandate: Mandate, office: Office, names: Names) -> Decree:
    """Return the draft of the decree for a mandate."""
    post = f"{'Pelaksana Tugas ' if mandate.acting else ''}{office.title} {names.place}"
    considering = (
        f"a. bahwa jabatan {post} perlu diisi supaya warga di sana dilayani dan diwakili;",
        f"b. bahwa {names.holder} bersedia dan dipandang mampu menjalankan jabatan itu;",
        "c. bahwa berdasarkan huruf a dan huruf b perlu menetapkan keputusan ini.",
    )
    regarding = (f"1. Anggaran Dasar dan Anggaran Rumah Tangga {names.organisation};", f"2. {BLANK}")
    decided = _numbered(
        [
            f"Mengangkat {names.holder} (nama lengkap: {BLANK}) sebagai {post}.",
            _term(mandate),
            "Pemegang jabatan menjalankan tugas dan wewenangnya menurut Anggaran Dasar dan Anggaran Rumah Tangga.",
            "Keputusan ini berlaku sejak tanggal ditetapkan; bila ada kekeliruan akan diperbaiki sebagaimana mestinya.",
        ]
    )
    return Decree(
        title=f"SURAT KEPUTUSAN {names.organisation}".upper(),
        number=f"Nomor: {mandate.decree or BLANK}",
        about=f"TENTANG PENGANGKATAN {post}".upper(),
        sections=(
            ("Menimbang", considering),
            ("Mengingat", regarding),
            ("MEMUTUSKAN", ()),
            ("Menetapkan", decided),
        ),
        signed=(f"Ditetapkan di {BLANK}", f"pada tanggal {BLANK}", names.signer, "", "", "", f"( {BLANK} )"),
        note=f"{MARK}: belum berlaku sebelum ditandatangani. Mandat nomor {mandate.id}.",
    )


def _term(mandate: Mandate) -> str:
    zone = zone_of(mandate.node)
    begins = spoken_day(mandate.starts_at.astimezone(zone))
    if mandate.ends_at is None:
        return f"Masa jabatan terhitung sejak {begins} sampai ada keputusan lain."
    return f"Masa jabatan terhitung sejak {begins} sampai dengan {spoken_day(mandate.ends_at.astimezone(zone))}."


def spoken_day(moment: datetime) -> str:
    """Return "21 November 2026"."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _numbered(paragraphs: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{ordinal}: {words}" for ordinal, words in zip(ORDINALS, paragraphs, strict=True))
