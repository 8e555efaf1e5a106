"""What is said about announcements, to those who write, approve and carry them."""

from __future__ import annotations

from kamar.words import mark as _

GOING = _("Pengumuman {number}: {done} dari {rooms} ruang.")
DONE = _("Pengumuman {number} sudah sampai di {done} ruang.")
RECALLING = _("Pengumuman {number} sedang ditarik: {done} dari {rooms} ruang.")
RECALLED = _("Pengumuman {number} sudah ditarik dari {done} ruang.")
GONE_ROOMS = _("{gone} ruang sudah tidak ada.")
NIGHT = _("Sisanya menunggu pagi: pukul 22.00 sampai 05.00 tidak ada pengumuman.")
NEXT = _("Bagikan: !siaran bagikan {number}. Ralat: !siaran ralat {number}. Tarik: !siaran tarik {number}.")
APPROVE = _("Pengumuman {number} menunggu persetujuan Anda: {rooms} ruang, dari {by}.")
YES = _("Setuju, kirim")
NO = _("Jangan kirim")
KIT_TEXT = _("{text}\n\n{by}\nGabung di kamar tetangga Anda: {link}")
KIT_HERE = _("Untuk grup WhatsApp: teruskan teks dan gambar di bawah ini.")
