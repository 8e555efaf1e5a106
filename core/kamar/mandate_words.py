"""What people are told about offices: first what happened, then what to do."""

from __future__ import annotations

from kamar.words import mark as _

APPOINTED = _("Anda diangkat: {office}, {place}. Hak dan kamar pengurus mengikuti dengan sendirinya.")
DISMISSED = _("Jabatan Anda berakhir: {office}, {place}. Terima kasih. Anda tetap warga di kamar Anda.")
