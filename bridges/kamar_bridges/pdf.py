"""Draws a decree as PDF, on A4, with its mark across every page.

The fonts that every PDF reader has know Latin letters only; a letter they lack is drawn as "?".
"""

from __future__ import annotations

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from kamar.mandate_decree import Decree

MARGIN = 25.0  # mm
LABEL = 30.0  # mm, the column of "Menimbang"
LINE = 6.0  # mm
GREY = 215
FONT = "Times"


class _Sheet(FPDF):
    """A page with the mark behind the words and the note below."""

    def __init__(self, decree: Decree) -> None:
        super().__init__(format="A4")
        self._decree = decree
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(_drawable(decree.about))
        self.set_lang("id")

    def header(self) -> None:
        """Draw the mark."""
        self.set_font(FONT, "B", 96)
        self.set_text_color(GREY)
        with self.rotation(45, self.w / 2, self.h / 2):
            wide = self.get_string_width(self._decree.mark)
            self.text((self.w - wide) / 2, self.h / 2, self._decree.mark)
        self.set_text_color(0)

    def footer(self) -> None:
        """Write the note and the number of the page."""
        self.set_y(-15)
        self.set_font(FONT, "I", 9)
        self.cell(0, LINE, _drawable(f"{self._decree.note} Halaman {self.page_no()}."), align=Align.C)


def draw(decree: Decree) -> bytes:
    """Return the PDF."""
    sheet = _Sheet(decree)
    sheet.add_page()
    for style, size, words in (("B", 14, decree.title), ("", 12, decree.number), ("B", 12, decree.about)):
        sheet.set_font(FONT, style, size)
        _line(sheet, words, Align.C)
        sheet.ln(LINE / 2)
    sheet.ln(LINE)
    for label, paragraphs in decree.sections:
        _section(sheet, label, paragraphs)
    sheet.ln(LINE)
    sheet.set_font(FONT, "", 12)
    for words in decree.signed:
        sheet.set_x(sheet.w / 2)
        _line(sheet, words, Align.L, sheet.w / 2 - MARGIN)
    return bytes(sheet.output())


def _section(sheet: FPDF, label: str, paragraphs: tuple[str, ...]) -> None:
    sheet.set_font(FONT, "B", 12)
    if not paragraphs:
        _line(sheet, label, Align.C)
        sheet.ln(LINE / 2)
        return
    sheet.cell(LABEL, LINE, _drawable(label))
    sheet.set_font(FONT, "", 12)
    for words in paragraphs:
        sheet.set_x(MARGIN + LABEL)
        _line(sheet, words, Align.J, sheet.w - 2 * MARGIN - LABEL)
    sheet.ln(LINE / 2)


def _line(sheet: FPDF, words: str, align: Align, width: float = 0) -> None:
    sheet.multi_cell(width, LINE, _drawable(words), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _drawable(words: str) -> str:
    return words.encode("latin-1", "replace").decode("latin-1")
