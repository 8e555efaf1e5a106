"""The catalogue: sentences are written in Bahasa Indonesia, other languages are looked up."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

LANGUAGES = ("id", "en")
LOCALE = Path(__file__).parent / "locale"
DOMAIN = "kamar"


def translate(text: str, language: str = "id") -> str:
    """Return ``text`` (Indonesian, as written in the code) in ``language``; itself where no translation exists."""
    return _catalogue(language).gettext(text)


def translate_number(one: str, many: str, number: int, language: str = "id") -> str:
    """Return ``one`` or ``many`` in ``language``, as its grammar wants for ``number``."""
    return _catalogue(language).ngettext(one, many, number)


def mark(text: str) -> str:
    """Mark a sentence for the catalogue where it is defined, to be translated where it is shown."""
    return text


def pick_language(accepted: str, chosen: str = "") -> str:
    """Return ``chosen``, else the first of an ``Accept-Language`` header that we speak, else ``id``."""
    wanted = [chosen, *(part.split(";")[0].strip()[:2].lower() for part in accepted.split(","))]
    return next((language for language in wanted if language in LANGUAGES), "id")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "id":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)
