"""What people are told about reports, measures and appeals: first what happened, then why, then what to do."""

from __future__ import annotations

from kamar.peace import MeasureKind, Step
from kamar.words import mark as _

TAKEN: dict[MeasureKind, str] = {
    MeasureKind.MUTE: _("Anda tidak dapat menulis di {room} sampai {until}."),
    MeasureKind.REMOVE: _(
        "Anda dikeluarkan dari {room} sampai {until}. Sesudah itu Anda masuk lagi dengan sendirinya."
    ),
    MeasureKind.BAN: _("Anda dikeluarkan dari semua kamar di server ini sampai {until}."),
    MeasureKind.HIDE: _("Satu pesan Anda di {room} dihapus."),
}
WHY = _("Alasan: {reason}")
HOW_TO_APPEAL = _("Tidak setuju? Kirim keberatan; satu tingkat di atasnya memeriksa ulang: {link}")
SLOWED = _("Kamar ini dilambatkan sampai {until}: satu pesan tiap {seconds} detik. Alasan: {reason}")
REPORTED = _("Ada laporan baru dari {room}. Periksa di sini: {link}")
APPEALED = _("Ada keberatan atas tindakan di {room}. Periksa di sini: {link}")
LIFTED = _("Keberatan Anda diterima: tindakan di {room} dicabut.\nJawaban: {answer}")
KEPT = _("Keberatan Anda sudah diperiksa: tindakan di {room} tetap berlaku sampai {until}.\nJawaban: {answer}")
ENDED = _("Tindakan di {room} sudah berakhir. Selamat datang kembali.")
CHECKED = _("Laporan Anda dari {room} sudah diperiksa. Terima kasih sudah menjaga kamar.")

NAMES: dict[MeasureKind, str] = {
    MeasureKind.MUTE: _("Dibisukan"),
    MeasureKind.SLOW: _("Kamar dilambatkan"),
    MeasureKind.HIDE: _("Pesan dihapus"),
    MeasureKind.REMOVE: _("Dikeluarkan dari kamar"),
    MeasureKind.BAN: _("Dikeluarkan dari server"),
}

LOG: dict[Step, str] = {
    Step.TAKEN: _("diputuskan pengurus"),
    Step.TOLD: _("diberitahukan kepada yang bersangkutan"),
    Step.APPEALED: _("keberatan dikirim"),
    Step.LIFTED: _("keberatan diterima, tindakan dicabut"),
    Step.KEPT: _("keberatan ditolak, tindakan tetap"),
    Step.ENDED: _("berakhir"),
}
UNTIL = _("sampai {until}")
