"""The draft of a decree as PDF: everything it has to say is on the page, and it says that it is a draft."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime

import pytest

from kamar.ids import MemberId, NodePath
from kamar.mandate import Mandate, MandateId
from kamar.mandate_decree import Names, draft
from kamar.organisation import OfficeCode, profile
from kamar_bridges.pdf import draw

MANDATE = Mandate(
    MandateId(17),
    MemberId(1),
    NodePath("32.16.19"),
    OfficeCode("ketua"),
    "012/SK/2026",
    datetime(2026, 11, 20, 17, tzinfo=UTC),
    datetime(2031, 11, 20, 17, tzinfo=UTC),
    acting=False,
    revoked_at=None,
    frozen_at=None,
    appointed_by=None,
)
NAMES = Names("Sosial Kamar", "Siti Aminah", "Kecamatan Cikarang Selatan", "Ketua Exco Kab. Bekasi")


def words_of(pdf: bytes) -> str:
    """Return the text drawn on the pages; the streams are deflated, the words stand in brackets."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    drawn = b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    parts = re.findall(rb"\(((?:[^()\\]|\\.)*)\)|(-?[\d.]+) Td|\bET\b", drawn)
    return re.sub(r"\s+", " ", b" ".join(part[0] for part in parts).decode("latin-1"))


def test_the_draft_has_number_reasons_decision_name_term_and_mark() -> None:
    pdf = draw(draft(MANDATE, profile().office("ketua"), NAMES))
    assert pdf.startswith(b"%PDF-")
    text = words_of(pdf)
    for words in ("012/SK/2026", "Menimbang", "MEMUTUSKAN", "Siti", "Aminah", "21 November 2026", "DRAF", "Bekasi"):
        assert words.replace(" ", "") in text.replace(" ", ""), words


@pytest.mark.parametrize("name", ["Nyi Roro ꦱꦶꦠꦶ", "D'Arcy (Bu) \\ Å", "x" * 300])
def test_no_name_breaks_the_drawing(name: str) -> None:
    names = Names("Sosial Kamar", name, "Kecamatan Cikarang Selatan")
    assert draw(draft(MANDATE, profile().office("ketua"), names)).endswith(b"%%EOF\n")
