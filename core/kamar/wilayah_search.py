"""What people type when they look for their village, as words that can be compared.

"Jl. Margonda Raya 100 RT 3/5, Kel. Kemiri Muka, Kec. Beji, Depok 16423" says an RT and RW, a postcode, the words of
a place, and much that says nothing about it. :func:`read` takes them apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from kamar.wilayah import RtRw, take_rt_rw

TEXT_MAX = 300  # characters; longer than any address
WORDS_MAX = 12  # the last ones count: an address ends with the place

# Words for the kind of a place: they tell two places of one name apart, but never find one.
KINDS = frozenset({
    "desa", "kelurahan", "kecamatan", "kabupaten", "kota", "provinsi", "distrik", "gampong", "nagari", "kampung",
    "dusun", "administrasi", "adat", "indonesia", "rt", "rw",
})  # fmt: skip
# Words of an address before the place; some are also parts of names ("Jalan Gajah").
_STREET = frozenset({
    "jl", "jln", "jalan", "gg", "gang", "no", "nomor", "blok", "blk", "perumahan", "perum", "perumnas", "komp",
    "komplek", "kompleks", "lantai", "lt", "kav", "kavling", "ruko", "apartemen", "tower", "gedung", "depan",
})  # fmt: skip
_SPELLED = {
    "ds": "desa", "kel": "kelurahan", "klrhn": "kelurahan", "kec": "kecamatan", "kcmtn": "kecamatan",
    "kab": "kabupaten", "kodya": "kota", "kotamadya": "kota", "prov": "provinsi", "propinsi": "provinsi",
    "kp": "kampung", "kmp": "kampung", "dsn": "dusun", "adm": "administrasi", "tj": "tanjung", "tjg": "tanjung",
    "brt": "barat", "tmr": "timur", "utr": "utara", "tgh": "tengah", "sel": "selatan", "tim": "timur",
    "kep": "kepulauan", "jkt": "jakarta", "dki": "dki jakarta",
    "jaksel": "jakarta selatan", "jakpus": "jakarta pusat", "jakbar": "jakarta barat", "jaktim": "jakarta timur",
    "jakut": "jakarta utara", "jabar": "jawa barat", "jateng": "jawa tengah", "jatim": "jawa timur",
    "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan",
    "kalbar": "kalimantan barat", "kalteng": "kalimantan tengah", "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur", "kaltara": "kalimantan utara", "sulut": "sulawesi utara",
    "sulteng": "sulawesi tengah", "sulsel": "sulawesi selatan", "sultra": "sulawesi tenggara",
    "sulbar": "sulawesi barat", "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur",
    "malut": "maluku utara", "babel": "bangka belitung", "kepri": "kepulauan riau", "diy": "yogyakarta",
    "jogja": "yogyakarta", "jogjakarta": "yogyakarta", "tangsel": "tangerang selatan", "bks": "bekasi",
    "bdg": "bandung", "tgr": "tangerang", "sby": "surabaya", "smg": "semarang",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`´\"")
_CODE = re.compile(r"(\d\d)\.?(\d\d)\.?(?:(\d\d)\.?(?:(\d{4}))?)?", re.ASCII)
_POSTCODE = re.compile(r"(?<!\d)[1-9]\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed: ``words`` find places, ``kinds`` only tell them apart; each once, in the order typed.

    ``joined`` are neighbours run together, with the words they stand for: "kampungbaru" for "baru". ``code`` is an
    official code, and then there is nothing else.
    """

    words: tuple[str, ...]
    kinds: tuple[str, ...]
    joined: tuple[tuple[str, str], ...]
    postcode: str
    rt_rw: RtRw | None
    code: str = ""


def read(text: str) -> Query:
    """Take apart what somebody typed or pasted."""
    if code := _CODE.fullmatch(text.strip()):
        return Query((), (), (), "", None, ".".join(part for part in code.groups() if part))
    rt_rw, rest = take_rt_rw(plain(text[:TEXT_MAX]))
    postcode = _POSTCODE.search(rest)
    words = list(dict.fromkeys(words_of(rest)))
    finding = [word for word in words if word not in KINDS | _STREET and not word[0].isdigit()]
    if not finding and postcode is None:
        finding = words
    finding = finding[-WORDS_MAX:]
    kinds = tuple(word for word in words if word in KINDS and word not in finding)
    pairs = [(one + two, word) for one, two in pairwise(words) for word in (one, two) if word in finding]
    return Query(tuple(finding), kinds, tuple(pairs), postcode[0] if postcode else "", rt_rw)


def plain(text: str) -> str:
    """Return ``text`` in small letters without accents; apostrophes vanish ("Ma'rang" is typed "marang")."""
    flat = text.casefold()
    if not flat.isascii():
        flat = "".join(char for char in unicodedata.normalize("NFKD", flat) if not unicodedata.combining(char))
    return flat.translate(_APOSTROPHES)


@lru_cache(maxsize=10_000)  # every search meets the same kecamatan, kabupaten and provinsi
def words_of(name: str) -> tuple[str, ...]:
    """Return the comparable words of a name, abbreviations written out."""
    return tuple(word for raw in _WORD.findall(plain(name)) for word in _SPELLED.get(raw, raw).split())


def keys_of(name: str) -> frozenset[str]:
    """Return what a place is filed under: each word, and two or three words run together ("tanjungpriok")."""
    words = words_of(name)
    return frozenset(words) | ({"".join(words)} if 1 < len(words) < 4 else frozenset())
