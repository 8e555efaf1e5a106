"""Reads and writes ``kamar.toml``, keeping the comments and the order its owner gave it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from kamar.errors import KamarError
from kamar.settings import Settings, parse
from kamar.state import State

EXAMPLE = "kamar.toml.example"

Value = str | int | bool | tuple[str, ...]


def load(state: State) -> Settings:
    """Return the settings of the server in ``state``.

    Raises:
        KamarError: ``no_server`` without a file, ``settings_syntax`` when it is not TOML, ``settings_invalid``.
    """
    return parse(document(read(state), state.settings))


def read(state: State) -> str:
    """Return the text of the settings file.

    Raises:
        KamarError: ``no_server`` without a file, ``not_readable``.
    """
    try:
        return state.settings.read_text()
    except FileNotFoundError as error:
        raise KamarError("no_server", state=str(state.root)) from error
    except PermissionError as error:
        raise KamarError("not_readable", file=str(state.settings)) from error


def document(text: str, file: Path) -> dict[str, Any]:
    """Return the parsed TOML of ``file``.

    Raises:
        KamarError: ``settings_syntax``, with the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KamarError("settings_syntax", file=str(file), what=str(error)) from error


def create(state: State) -> None:
    """Write the documented sample as the settings of a new server; an existing file is left alone."""
    if not state.settings.exists():
        write(state, example().read_text())


def example() -> Path:
    """Return the documented sample, in a wheel or in the repository."""
    inside = Path(__file__).parent / EXAMPLE
    return inside if inside.exists() else Path(__file__).parents[2] / EXAMPLE


def change(state: State, section: str, key: str, value: Value) -> None:
    """Set one key of the settings file; everything else in it stays as it is."""
    write(state, with_value(read(state), section, key, value))


def write(state: State, text: str) -> None:
    """Write the settings file whole and at once; what is written already is left alone."""
    if state.settings.exists() and state.settings.read_text() == text:
        return
    draft = state.settings.with_name(state.settings.name + ".new")
    draft.touch(mode=0o600)  # it may come to hold a database password
    draft.write_text(text)
    draft.replace(state.settings)


def with_value(text: str, section: str, key: str, value: Value) -> str:
    """Return the TOML ``text`` with ``section.key`` set: in place, else at the section's head, else at the end.

    It knows the plain layout ``[section]`` and ``key = value``, one per line, which our sample has.
    """
    line = f"{key} = {_toml(value)}"
    lines = text.splitlines()
    head = next((number for number, each in enumerate(lines) if re.match(rf"\s*\[{section}\]\s*(#|$)", each)), None)
    if head is None:
        return "\n".join([*lines, "", f"[{section}]", line, ""]).lstrip("\n")
    for number in range(head + 1, len(lines)):
        if re.match(r"\s*\[", lines[number]):
            break
        if re.match(rf"\s*{key}\s*=", lines[number]):
            lines[number] = line
            return "\n".join([*lines, ""])
    lines.insert(head + 1, line)
    return "\n".join([*lines, ""])


def _toml(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"' + "".join(f"\\u{ord(sign):04x}" if ord(sign) < 32 or ord(sign) == 127 else sign for sign in escaped) + '"'
    )
