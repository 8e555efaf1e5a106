"""What each kind of drift is called, for administrators."""

from __future__ import annotations

from collections.abc import Mapping

from kamar.reconcile.drift import What
from kamar.words import mark as _

WORDS: Mapping[What, str] = {
    What.GONE: _("kamar terhapus"),
    What.POWER: _("wewenang diubah"),
    What.STRANGER: _("orang tanpa tempat duduk di kamar ini"),
    What.MISSING: _("anggota dikeluarkan tanpa tindakan resmi"),
    What.BAN: _("anggota diblokir tanpa tindakan resmi"),
    What.NAME: _("nama kamar diubah"),
    What.TOPIC: _("keterangan kamar diubah"),
    What.NODE: _("tanda wilayah diubah"),
    What.BADGE: _("daftar pengurus dipalsukan"),
    What.ENTRY: _("aturan masuk diubah"),
    What.HISTORY: _("aturan riwayat diubah"),
    What.PARENT: _("kamar lepas dari ruangnya"),
    What.CHILD: _("daftar kamar di ruang diubah"),
    What.CROWDED: _("terlalu banyak pengurus dalam satu kamar; angkat lebih sedikit"),
    What.PAPER: _("pengurus meninggalkan kamarnya; tidak berwenang di sana sampai kembali"),
}
