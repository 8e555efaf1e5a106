"""What people type when they look for their village, as words that can be compared.

"Jl. Margonda Raya 100 RT 3/5, Kel. Kemiri Muka, Kec. Beji, Depok 16423" says five things: an RT and RW, a postcode,
the words of a place, and much that says nothing about it. :func:`read` takes them apart.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from kamar.wilayah import RtRw, take_rt_rw

TEXT_MAX = 200  # characters; longer than any address
WORDS_MAX = 12  # the last ones count: an address ends with the place

# Words that name a kind of place or a part of an address, never the place itself.
_KINDS = frozenset(
    """
    desa ds kelurahan kel klrhn kecamatan kec kcmtn kabupaten kab kota kotamadya kodya provinsi propinsi prov distrik
    gampong nagari kampung kp dusun dsn rt rw indonesia administrasi adm
    """.split()
)
_STREET = frozenset(
    """
    jl jln jalan gg gang no nomor nomer blok blk perumahan perum komplek kompleks komp perumnas lantai lt kav kavling
    ruko apartemen tower gedung samping depan dekat belakang sebelah
    """.split()
)
_SPELLED = {
    "jkt": "jakarta", "jaksel": "jakarta selatan", "jakpus": "jakarta pusat", "jakbar": "jakarta barat",
    "jaktim": "jakarta timur", "jakut": "jakarta utara", "jabar": "jawa barat", "jateng": "jawa tengah",
    "jatim": "jawa timur", "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan",
    "kalbar": "kalimantan barat", "kalteng": "kalimantan tengah", "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur", "kaltara": "kalimantan utara", "sulut": "sulawesi utara",
    "sulteng": "sulawesi tengah", "sulsel": "sulawesi selatan", "sultra": "sulawesi tenggara",
    "sulbar": "sulawesi barat", "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur",
    "diy": "yogyakarta", "jogja": "yogyakarta", "jogjakarta": "yogyakarta", "babel": "bangka belitung",
    "kepri": "kepulauan riau", "malut": "maluku utara", "dki": "jakarta", "sel": "selatan", "tim": "timur",
    "bks": "bekasi", "bdg": "bandung", "tgr": "tangerang", "tangsel": "tangerang selatan", "sby": "surabaya",
    "tj": "tanjung", "tjg": "tanjung", "kep": "kepulauan", "dpk": "depok", "bgr": "bogor", "smg": "semarang",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_POSTCODE = re.compile(r"(?<!\d)[1-9]\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed. ``words`` in their order; ``address`` when the text speaks of a street, RT or RW."""

    words: tuple[str, ...]
    postcode: str
    rt_rw: RtRw | None
    address: bool


def read(text: str) -> Query:
    """Take apart what somebody typed or pasted."""
    rt_rw, rest = take_rt_rw(plain(text[:TEXT_MAX]))
    found = _POSTCODE.search(rest)
    every = _WORD.findall(rest)
    words = [word for raw in every for word in _SPELLED.get(raw, raw).split() if _tells(word)]
    return Query(
        words=tuple(dict.fromkeys(words or every))[-WORDS_MAX:],
        postcode=found[0] if found else "",
        rt_rw=rt_rw,
        address=rt_rw is not None or not _STREET.isdisjoint(every),
    )


def _tells(word: str) -> bool:
    return word not in _KINDS and word not in _STREET and not word[0].isdigit()


def plain(text: str) -> str:
    """Return ``text`` in small letters without accents; apostrophes vanish ("Ma'rang" is typed "marang")."""
    flat = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in flat if not unicodedata.combining(char) and char not in "'’`\"")


def words_of(name: str) -> tuple[str, ...]:
    """Return the comparable words of one place's name."""
    return tuple(_WORD.findall(plain(name)))


def keys_of(name: str) -> frozenset[str]:
    """Return what a place is filed under: each word, and two or three words run together ("tanjungpriok")."""
    words = words_of(name)
    return frozenset(words) | ({"".join(words)} if 1 < len(words) < 4 else frozenset())
