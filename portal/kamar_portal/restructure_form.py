"""From what an officer filled in to the text of a plan: a file, a text, or one of the small forms."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from aiohttp import web

from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import parent_of
from kamar_portal.form import Form

UNIT = re.compile(r"\b(RT|RW)[ .]*0*(\d{1,3})\b", re.IGNORECASE)  # as people write it: RT 4, rw.012


def text_of(form: Form, place: str = "") -> str:
    """Return the plan that a form asks for; ``place`` is the name of the place it begins with, for the title.

    Raises:
        KamarError: ``plan_empty``, ``plan_file``: the file is no text.
    """
    file = form.fields.get("berkas")
    if isinstance(file, web.FileField) and file.filename:
        try:
            return file.file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise KamarError("plan_file") from error
    kind = form.text("jenis")
    if kind not in _LINES:
        return _written(form)
    title = "judul " + shlex.quote(f"{_TITLES[kind]} {place or form.text('simpul')}")
    return "\n".join([title, *_decree(form), _LINES[kind](form)])


def _written(form: Form) -> str:
    text = form.raw("teks")
    if not text.strip():
        raise KamarError("plan_empty")
    return text


def _decree(form: Form) -> list[str]:
    return [f"sk {shlex.quote(form.text('sk'))}"] if form.text("sk") else []


def _rename(form: Form) -> str:
    return f"nama {form.text('simpul')} {shlex.quote(form.text('nama'))}"


def _split(form: Form) -> str:
    parts = _units(form.text("bagian").replace(",", " "))
    return f"pecah {form.text('simpul')} -> {_beside(form, 'baru')} : {parts}"


def _merge(form: Form) -> str:
    return f"gabung {form.text('simpul')} -> {_beside(form, 'ke')}"


def _units(typed: str) -> str:
    """Return RT and RW as codes have them: ``RT 4`` becomes ``RT004``."""
    return UNIT.sub(lambda found: f"{found[1].upper()}{int(found[2]):03}", typed)


def _beside(form: Form, name: str) -> str:
    """Return a place by its code; of an RT or RW alone, the one beside the place that the plan begins with."""
    typed = _units(form.text(name))
    if not UNIT.fullmatch(typed):
        return typed
    try:
        above = parent_of(NodePath(form.text("simpul")))
    except KamarError:
        return typed
    return f"{above}/{typed}" if above else typed


def _close(form: Form) -> str:
    return f"tutup {form.text('simpul')}"


def _board(form: Form) -> str:
    """Each line of the field is one officer: office, account, decree, start, end."""
    node = form.text("simpul")
    rows = [line.strip() for line in form.raw("daftar").splitlines() if line.strip()]
    lines = []
    for row in rows:
        fields = [part.strip() for part in row.replace(";", ",").split(",")]
        lines.append(" ".join(["pengurus", node, *(shlex.quote(field) for field in fields if field)]))
    return "\n".join(lines) if lines else f"pengurus {node} kosong"


_LINES: dict[str, Callable[[Form], str]] = {
    "nama": _rename,
    "pecah": _split,
    "gabung": _merge,
    "tutup": _close,
    "pengurus": _board,
}
_TITLES = {"nama": "Ganti nama", "pecah": "Pecah", "gabung": "Gabung", "tutup": "Tutup", "pengurus": "Pengurus baru"}
