"""The colours of the style sheet: every pair that is used is readable (WCAG AA), by day and by night."""

from __future__ import annotations

import re

import pytest

from kamar_portal.page import STATIC

TEXT = 4.5  # contrast of text
SIGN = 3.0  # of edges and icons that carry meaning
DAY, NIGHT = "day", "night"
PAIRS = [
    ("ink", "paper", TEXT),
    ("ink", "card", TEXT),
    ("ink", "tint", TEXT),
    ("soft", "paper", TEXT),
    ("soft", "card", TEXT),
    ("soft", "tint", TEXT),
    ("accent", "paper", TEXT),
    ("accent", "card", TEXT),
    ("accent", "tint", SIGN),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("on-tint", "tint", TEXT),
    ("on-warm", "warm", TEXT),
    ("bad", "paper", TEXT),
    ("bad", "card", TEXT),
    ("bad", "bad-tint", TEXT),
    ("edge", "card", SIGN),
    ("edge", "paper", SIGN),
    *((("on-picture", picture, TEXT)) for picture in ("rt", "rw", "siaran", "perintis")),
]


@pytest.fixture(scope="module")
def tokens() -> dict[str, dict[str, str]]:
    day, night = re.findall(r":root \{(.*?)\}", (STATIC / "kamar.css").read_text(), re.DOTALL)[:2]
    read = {DAY: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", day))}
    return read | {NIGHT: read[DAY] | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night))}


@pytest.mark.parametrize("theme", [DAY, NIGHT])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=[f"{front} on {back}" for front, back, _ in PAIRS])
def test_a_pair_of_colours_is_readable(
    tokens: dict[str, dict[str, str]], theme: str, front: str, back: str, least: float
) -> None:
    light, dark = sorted((_luminance(tokens[theme][front]), _luminance(tokens[theme][back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_the_portal_and_the_chat_share_their_colours(tokens: dict[str, dict[str, str]]) -> None:
    chat = (STATIC.parents[1] / "chat" / "colours.json").read_text()
    for theme in (DAY, NIGHT):
        assert f'"accent-color": "{tokens[theme]["accent"]}"' in chat
        assert f'"text-color": "{tokens[theme]["ink"]}"' in chat


def _luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
