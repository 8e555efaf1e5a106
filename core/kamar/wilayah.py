"""Wilayah: a place of Indonesia as a value, from the country down to an RT.

The key of a place is its path, the official code followed by our own parts::

    ID   31   31.71   31.71.06   31.71.06.1001[/D01][/RW005][/RT003]

Names repeat (98 villages are called Sidomulyo), so people always see the whole path in words. RT and RW have
no national codes: an RT is unique within its RW, an RW within its unit or village, and each may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kamar.errors import KamarError
from kamar.ids import NodePath

ROOT = NodePath("ID")
NUMBER_MAX = 999  # RT and RW are written with three digits on every KTP

_GRAMMAR = re.compile(
    r"ID|\d{2}(?:\.\d{2}(?:\.\d{2}(?:\.\d{4}(?P<unit>/D\d{2})?(?P<rw>/RW\d{3})?(?P<rt>/RT\d{3})?)?)?)?",
    re.ASCII,
)


class Level(StrEnum):
    """The levels, largest first. ``KELURAHAN`` is also the desa, ``KOTA`` also the kabupaten."""

    NEGARA = "negara"
    PROVINSI = "provinsi"
    KOTA = "kota"
    KECAMATAN = "kecamatan"
    KELURAHAN = "kelurahan"
    UNIT = "unit"  # dusun, lingkungan, banjar, jorong... between a village and its RW
    RW = "rw"
    RT = "rt"


_OFFICIAL = (Level.PROVINSI, Level.KOTA, Level.KECAMATAN, Level.KELURAHAN)
_OWN = {"D": Level.UNIT, "RW": Level.RW, "RT": Level.RT}

_SHORT_KINDS = {
    "Kelurahan": "Kel.",
    "Kecamatan": "Kec.",
    "Kabupaten": "Kab.",
    "Kabupaten Administrasi": "Kab.",
    "Kota Administrasi": "Kota",
    "Provinsi": "",
}

# Presidential Decree 41/1987 with the provinces made since; the rest of the country is on Asia/Jakarta.
_ZONES = {
    "Asia/Jakarta": "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 61 62",
    "Asia/Makassar": "51 52 53 63 64 65 71 72 73 74 75 76",
    "Asia/Jayapura": "81 82 91 92 93 94 95 96",
}
_ZONE_OF = {province: zone for zone, provinces in _ZONES.items() for province in provinces.split()}


@dataclass(frozen=True, slots=True)
class Wilayah:
    """One place. A value that exists follows the grammar; whether the place exists, the registry knows."""

    path: NodePath

    def __post_init__(self) -> None:
        found = _GRAMMAR.fullmatch(self.path)
        if found is None or found["unit"] == "/D00":
            raise KamarError("wilayah_unknown", path=self.path[:64])
        for part in ("rw", "rt"):
            if found[part] and found[part].endswith("000"):
                raise KamarError(f"{part}_out_of_range", number=0)

    def __str__(self) -> str:
        return self.path

    @property
    def level(self) -> Level:
        """Return the level, told by the last part."""
        if self.path == ROOT:
            return Level.NEGARA
        own = self.path.rpartition("/")[2] if "/" in self.path else ""
        return _OWN[own.rstrip("0123456789")] if own else _OFFICIAL[self.path.count(".")]

    @property
    def parent(self) -> NodePath | None:
        """Return the path one step up; Indonesia has none."""
        if self.path == ROOT:
            return None
        end = max(self.path.rfind("."), self.path.rfind("/"))
        return NodePath(self.path[:end]) if end > 0 else ROOT

    def ancestors(self) -> tuple[Wilayah, ...]:
        """Return every place around this one, nearest first, Indonesia last."""
        found: list[Wilayah] = []
        parent = self.parent
        while parent is not None:
            found.append(Wilayah(parent))
            parent = found[-1].parent
        return tuple(found)

    @property
    def village(self) -> NodePath | None:
        """Return the kelurahan or desa this place is or lies in; None above that level."""
        return NodePath(self.code) if self.code.count(".") == 3 else None

    @property
    def code(self) -> str:
        """Return the official code of the place itself or of its village; "ID" for the country."""
        return self.path.partition("/")[0]

    @property
    def rt_rw(self) -> str:
        """Return "RT 003/RW 005", "RW 005", "RT 003", or "" for a place that is neither."""
        parts = (("RT", self.rt), ("RW", self.rw))
        return "/".join(f"{word} {number:03d}" for word, number in parts if number is not None)

    @property
    def unit(self) -> int | None:
        """Return the number of the dusun, lingkungan... in this path."""
        return self._number("D")

    @property
    def rw(self) -> int | None:
        """Return the number of the RW in this path."""
        return self._number("RW")

    @property
    def rt(self) -> int | None:
        """Return the number of the RT in this path."""
        return self._number("RT")

    def _number(self, prefix: str) -> int | None:
        for part in self.path.split("/")[1:]:
            if part.rstrip("0123456789") == prefix:
                return int(part.removeprefix(prefix))
        return None


def parse(path: str) -> Wilayah:
    """Return the place with this path.

    Raises:
        KamarError: ``wilayah_unknown``, or ``rt_out_of_range``/``rw_out_of_range`` for RT 000 and RW 000.
    """
    return Wilayah(NodePath(path))


def below(path: str) -> tuple[str, str]:
    """Return ``(low, high)``: exactly the strict descendants of ``path`` have ``low <= path < high``.

    Plain text comparison by code point, as SQLite does and PostgreSQL does in collation ``"C"``.
    """
    level = parse(path).level
    if level is Level.NEGARA:
        return "0", ":"  # every other path begins with a digit, and ":" follows "9"
    separator = "." if level in _OFFICIAL[:3] else "/"
    return path + separator, path + chr(ord(separator) + 1)


def unit_path(village: str, number: int) -> NodePath:
    """Return the path of unit ``number`` (1-99: dusun, lingkungan, banjar...) of a village.

    Raises:
        KamarError: ``wilayah_unknown`` when there can be none.
    """
    return parse(f"{village}/D{number:02d}").path


def rw_path(village: str, number: int) -> NodePath:
    """Return the path of RW ``number`` in a village or unit.

    Raises:
        KamarError: ``rw_out_of_range`` or, when an RW can't lie there, ``wilayah_unknown``.
    """
    return parse(f"{village}/RW{_three(number, 'rw')}").path


def rt_path(parent: str, number: int) -> NodePath:
    """Return the path of RT ``number`` in an RW, a unit or a village.

    Raises:
        KamarError: ``rt_out_of_range`` or, when an RT can't lie there, ``wilayah_unknown``.
    """
    return parse(f"{parent}/RT{_three(number, 'rt')}").path


def _three(number: int, part: str) -> str:
    if not 1 <= number <= NUMBER_MAX:
        raise KamarError(f"{part}_out_of_range", number=number)
    return f"{number:03d}"


@dataclass(frozen=True, slots=True)
class RtRw:
    """The RT and RW somebody wrote down; either may be missing, never both."""

    rt: int | None
    rw: int | None

    def __post_init__(self) -> None:
        for part, number in (("rt", self.rt), ("rw", self.rw)):
            if number is not None:
                _three(number, part)

    def path(self, village: str) -> NodePath:
        """Return the path of this RT or RW in a village or unit."""
        parent = NodePath(village) if self.rw is None else rw_path(village, self.rw)
        return parent if self.rt is None else rt_path(parent, self.rt)


_N = r"\W{0,3}(?P<%s>\d{1,6})"
_SPELLINGS = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        rf"rt\s?/\s?rw{_N % 'rt'}\s?[/\s.,-]\s?(?P<rw>\d{{1,6}})",  # RT/RW 003/005, as on a KTP
        rf"rt{_N % 'rt'}\W{{0,3}}rw{_N % 'rw'}",  # RT 3 RW 5, rt 003/rw 005
        rf"rw{_N % 'rw'}\W{{0,3}}rt{_N % 'rt'}",
        rf"rt{_N % 'rt'}\s?[/-]\s?(?P<rw>\d{{1,6}})",  # RT03/05
        r"(?P<rt>\d{1,6})\s?[/-]\s?(?P<rw>\d{1,6})",  # 3/5
        rf"rt{_N % 'rt'}",
        rf"rw{_N % 'rw'}",
    )
)
_BARE = 4  # the spelling without the words RT and RW; in an address it may be a house number


def parse_rt_rw(text: str) -> RtRw | None:
    """Return the RT and RW a person typed ("3/5", "RT 3 RW 5", "rw 5"), None if it says neither.

    Raises:
        KamarError: ``rt_out_of_range`` or ``rw_out_of_range``.
    """
    for spelling in _SPELLINGS:
        if found := spelling.fullmatch(text.strip()):
            return _rt_rw(found)
    return None


def take_rt_rw(address: str) -> tuple[RtRw | None, str]:
    """Return the RT and RW said within an address, and the address without them.

    Nonsense such as RT 0 is dropped.
    """
    for spelling in (*_SPELLINGS[:_BARE], *_SPELLINGS[_BARE + 1 :]):
        if found := re.compile(rf"\b{spelling.pattern}\b", spelling.flags).search(address):
            rest = f"{address[: found.start()]} {address[found.end() :]}"
            try:
                return _rt_rw(found), rest
            except KamarError:
                return None, rest
    return None, address


def _rt_rw(found: re.Match[str]) -> RtRw:
    numbers = found.groupdict()
    rt, rw = numbers.get("rt"), numbers.get("rw")
    return RtRw(None if rt is None else int(rt), None if rw is None else int(rw))


def place_name(place: Wilayah, village: str, unit: str = "") -> str:
    """Return the name a kamar bears: "RT 003/RW 005 Sukaresmi".

    ``village`` is the village's name (of a larger place: that place's own); ``unit`` the dusun in words.
    """
    base = f"{unit}, {village}" if unit else village
    return f"{place.rt_rw} {base}".strip()


def full_name(place: Wilayah, village: str, unit: str = "") -> str:
    """Return the whole path in words, smallest first, from the full name of the village."""
    return ", ".join(part for part in (place.rt_rw, unit, village) if part)


def official_name(places: Iterable[tuple[str, str]]) -> str:
    """Return "Desa Sukaresmi, Kec. Cikarang Selatan, Kab. Bekasi, Jawa Barat".

    ``places`` are (kind, name), smallest first.
    """
    return ", ".join(titled(_SHORT_KINDS.get(kind, kind), name) for kind, name in places)


def titled(kind: str, name: str) -> str:
    """Return "Desa Sukaresmi"; a name that says its kind already ("RT 003") stays as it is."""
    return name if not kind or name.startswith(f"{kind} ") else f"{kind} {name}"


def zone_of(path: str) -> str:
    """Return the IANA time zone of a place; of the whole country, the capital's.

    Raises:
        KamarError: ``wilayah_unknown`` when the province does not exist.
    """
    if path == ROOT:
        return "Asia/Jakarta"
    zone = _ZONE_OF.get(parse(path).path[:2])
    if zone is None:
        raise KamarError("wilayah_unknown", path=path)
    return zone
