"""What people are told about offices: first what happened, then what to do."""

from __future__ import annotations

from kamar.words import mark as _

APPOINTED = _("Anda diangkat: {office}, {place}. Hak dan kamar pengurus mengikuti dengan sendirinya.")
DISMISSED = _("Jabatan Anda berakhir: {office}, {place}. Terima kasih. Anda tetap warga di kamar Anda.")
DISPUTED = _(
    "Ada dua pengangkatan untuk satu jabatan: {office}, {place}. Keduanya dibekukan sampai tingkat di atas memutuskan."
)
TO_DECIDE = _("Ada dua pengangkatan untuk satu jabatan: {office}, {place}. Putuskan yang mana yang berlaku.")
DISPUTE_DECIDED = _("Jabatan {office}, {place}, diberikan kepada yang lain. Anda tetap warga di kamar Anda.")
ENDS_MONTH = _("Masa jabatan {office}, {place}, berakhir sebulan lagi. Siapkan penggantinya.")
ENDS_WEEK = _("Masa jabatan {office}, {place}, berakhir seminggu lagi. Siapkan serah terima.")
OFFERED = _("Ada yang bersedia menjadi {office}, {place}. Terima atau tolak.")
DECLINED = _("Terima kasih sudah bersedia menjadi {office}, {place}. Kali ini dipilih yang lain.")
VOTE_UNDECIDED = _("Pemungutan suara {office}, {place}, tidak menghasilkan pemenang. Tingkat di atas yang memutuskan.")
PROPOSAL_LAPSED = _(
    "Usul pengangkatan {office}, {place}, gugur: 30 hari tanpa persetujuan administrator kedua. "
    "Usulkan lagi bila masih perlu."
)
ENDING_LAPSED = _(
    "Usul mengakhiri jabatan {office}, {place}, gugur: 30 hari tanpa persetujuan administrator kedua. "
    "Usulkan lagi bila masih perlu."
)
