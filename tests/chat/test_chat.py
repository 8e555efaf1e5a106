"""The web client without a browser: its rules, its words, its colours."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from kamar_portal.chat_policy import chat_headers
from kamar_provisioning.chat import _program

HERE = Path(__file__).parent
CHAT = HERE.parents[1] / "portal" / "chat"
READABLE = 4.5  # WCAG AA for text
PAIRS = [
    ("text-color", "background-color-primary"),
    ("text-color", "background-color-secondary--darker-5"),
    ("text-color", "bubble"),
    ("text-color", "bubble-own"),
    ("background-color-secondary--darker-55", "background-color-primary"),
    ("background-color-secondary--darker-55", "background-color-secondary--darker-5"),
    ("background-color-secondary--darker-35", "bubble"),
    ("background-color-secondary--darker-35", "bubble-own"),
    ("accent-color", "background-color-primary"),
    ("on-accent", "accent-color"),
    ("error-color", "background-color-primary"),
    ("link-color", "bubble"),
    ("link-color", "bubble-own"),
    *((f"usercolor{number}", "background-color-primary") for number in range(1, 9)),
]


def test_the_rules_in_javascript_hold() -> None:
    tests = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    done = subprocess.run([_program("node"), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_sentence_keeps_its_values() -> None:
    words: dict[str, str] = json.loads((CHAT / "words.json").read_text())
    holes = re.compile(r"\{\d\}")
    wrong = [key for key, sentence in words.items() if not set(holes.findall(sentence)) <= set(holes.findall(key))]
    assert not wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_in_the_sun(scheme: str, text: str, ground: str) -> None:
    colours = json.loads((CHAT / "colours.json").read_text())
    shades = {**colours["light"], **colours[scheme]}
    assert _contrast(shades[text], shades[ground]) >= READABLE


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in (CHAT / "package-lock.json").read_text()


def test_the_page_runs_our_scripts_only() -> None:
    policy = chat_headers("", "https://kamar.example:8443")["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "connect-src 'self' blob: https://kamar.example:8443" in policy
    assert "{" not in policy


@pytest.mark.parametrize(("file", "kept"), [("", False), ("config.json", False), ("sw.js", False), ("app-X.js", True)])
def test_only_what_changes_its_name_is_kept_for_ever(file: str, *, kept: bool) -> None:
    assert ("immutable" in chat_headers(file, "http://localhost:1")["Cache-Control"]) is kept


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
