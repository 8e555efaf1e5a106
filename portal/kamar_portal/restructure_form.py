"""From what an officer filled in to the text of a plan: a file, a text, or one of the small forms."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from aiohttp import web

from kamar.errors import KamarError
from kamar_portal.form import Form


def text_of(form: Form) -> str:
    """Return the plan that a form asks for.

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
    title = "judul " + shlex.quote(f"{_TITLES[kind]} {form.text('simpul')}")
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
    return f"pecah {form.text('simpul')} -> {form.text('baru')} : {form.text('bagian').replace(',', ' ')}"


def _merge(form: Form) -> str:
    return f"gabung {form.text('simpul')} -> {form.text('ke')}"


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
