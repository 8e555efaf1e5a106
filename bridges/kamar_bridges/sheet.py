"""Reads a table of text out of a CSV or XLSX file that anybody may have made, and writes small ones.

What unfolds to more than it may, holds formulas or refers elsewhere is refused before it is read.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from kamar.errors import KamarError

FILE_MAX = 5 * 1024 * 1024  # bytes
UNFOLDED_MAX = 60 * 1024 * 1024  # bytes of an XLSX when unpacked
FOLD_MAX = 200  # times; honest sheets shrink to a tenth, bombs to a thousandth
FOLD_FREE = 1024 * 1024  # bytes of one part that may shrink as they like
PARTS_MAX = 500
COLUMNS_MAX = 20
ZIP = b"PK\x03\x04"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rows = list[tuple[int, list[str]]]
"""Rows with the number that the spreadsheet shows for them."""


def read_sheet(data: bytes, rows_max: int) -> Rows:
    """Return the rows of the first sheet; at most ``rows_max`` and the head are read.

    Raises:
        KamarError: ``sheet_large``, ``sheet_unreadable``, ``sheet_bomb``, ``sheet_formula`` (``line``),
            ``import_long``.
    """
    if len(data) > FILE_MAX:
        raise KamarError("sheet_large", most=FILE_MAX // 1024 // 1024)
    return _read_xlsx(data, rows_max) if data.startswith(ZIP) else _read_csv(data, rows_max)


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV as spreadsheets here open it: with a mark of its encoding, and semicolons."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def write_xlsx(title: str, rows: Iterable[Sequence[str]]) -> bytes:
    """Return an XLSX with one sheet whose cells are all text, so that codes keep their zeros."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append([_harmless(cell) for cell in row])
    for number, column in enumerate(sheet.iter_cols(), 1):
        sheet.column_dimensions[get_column_letter(number)].width = 28
        for cell in column:
            cell.number_format = "@"
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _read_csv(data: bytes, rows_max: int) -> Rows:
    if b"\0" in data:
        raise KamarError("sheet_unreadable")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    head = text.partition("\n")[0]
    delimiter = max(";,\t", key=head.count)
    rows: Rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            rows.append((reader.line_num, _trimmed([cell.strip() for cell in cells[:COLUMNS_MAX]])))
            _refuse_long(rows, rows_max)
    except csv.Error as error:
        raise KamarError("sheet_unreadable") from error
    return rows


def _read_xlsx(data: bytes, rows_max: int) -> Rows:
    _refuse_bombs(data)
    rows: Rows = []
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says about its own size is not believed
        for number, cells in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX), 1):
            if any(cell.data_type == "f" for cell in cells):
                raise KamarError("sheet_formula", line=number)
            rows.append((number, _trimmed([_text(cell.value) for cell in cells])))
            _refuse_long(rows, rows_max)
        book.close()
    except KamarError:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, TypeError, OSError) as error:
        raise KamarError("sheet_unreadable") from error
    except SyntaxError as error:  # broken XML
        raise KamarError("sheet_unreadable") from error
    return rows


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNFOLDED_MAX:
                raise KamarError("sheet_bomb")
            for part in parts:
                if part.file_size > FOLD_FREE and part.file_size > FOLD_MAX * max(part.compress_size, 1):
                    raise KamarError("sheet_bomb")
                if part.filename.endswith((".xml", ".rels")) and b"<!" in archive.read(part):  # entities unfold too
                    raise KamarError("sheet_bomb")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise KamarError("sheet_unreadable") from error


def _refuse_long(rows: Rows, rows_max: int) -> None:
    if len(rows) > rows_max + 1:
        raise KamarError("import_long", most=rows_max)


def _trimmed(cells: list[str]) -> list[str]:
    """Return a row without the empty cells at its end."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
