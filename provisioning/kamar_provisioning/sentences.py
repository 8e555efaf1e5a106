"""What the terminal says, in Indonesian: one table from error code to sentence, and the other lines in one place."""

from __future__ import annotations

from collections import defaultdict

from kamar import sentences as core_sentences
from kamar.errors import KamarError

ERRORS = {
    "already_running": "Server di {state} sudah berjalan. Lihat: ./kamar status    Hentikan: ./kamar down",
    "bench_unknown": "Tidak ada tolok ukur bernama {name}. Yang ada: {known}.",
    "chat_build_failed": "Klien obrolan tidak bisa dibangun: {what}",
    "database_cannot_create": (
        "Pengguna PostgreSQL {user} tidak boleh membuat basis data {database}. "
        "Buat sendiri sebagai postgres: {statement}"
    ),
    "database_extension": (
        "PostgreSQL memerlukan ekstensi {extension}. Jalankan sebagai postgres di basis data ini: {command};"
    ),
    "database_newer": "Basis data ini dibuat oleh versi yang lebih baru. Perbarui Sosial Kamar dulu. ({reason})",
    "database_locale": (
        "Basis data {database} memakai locale {locale}; Synapse memerlukan C. "
        "Hapus basis data itu bila kosong, lalu buat ulang sebagai postgres: {statement}"
    ),
    "database_refused": "PostgreSQL menolak masuk sebagai {user}. Periksa nama dan sandi di database.url (kamar.toml).",
    "database_unreachable": "PostgreSQL di {host}:{port} tidak menjawab. Apakah sudah berjalan? ({what})",
    "disk_low": "Ruang penyimpanan di {state} tinggal {free_mb} MB; perlu sedikitnya {need_mb} MB.",
    "matrix_refused": "Synapse menolak: {errcode} {error}",
    "matrix_unreachable": "Synapse belum menjawab.",
    "name_changed": (
        "Nama server ini {was} dan tidak bisa diganti menjadi {now}: nama itu ada di setiap nama pengguna. "
        'Kembalikan server.name = "{was}" di kamar.toml, atau buat server baru dengan --state DIREKTORI_LAIN.'
    ),
    "no_free_port": "Tidak ada port yang bebas di komputer ini.",
    "no_server": "Belum ada server di {state}. Buat dengan: ./kamar up",
    "not_healthy": "Server tidak sehat:\n{problems}\nCatatan lengkap: {log}",
    "not_readable": "Berkas {file} tidak boleh dibaca oleh pengguna ini.",
    "not_repository": "Perintah ini hanya ada di dalam repositori Sosial Kamar.",
    "not_running": "Server di {state} tidak berjalan. Jalankan dengan: ./kamar up",
    "not_stopped": "Server (proses {pid}) belum berhenti setelah {seconds} detik. Paksa dengan: kill -9 {pid}",
    "port_forbidden": "Port {port} hanya boleh dipakai root. Pilih port di atas 1023, misalnya: ./kamar up --port 8081",
    "port_taken": (
        "Port {port} ({name}) sudah dipakai program lain. Pilih yang lain di bagian [ports] dalam kamar.toml; "
        "0 berarti dipilihkan. Untuk portal juga bisa: ./kamar up --port {other}"
    ),
    "release_failed": "Rilis tidak bisa dibuat: {what}",
    "run_by_systemd": (
        "Server di {state} dijalankan oleh systemd: systemctl start kamar.target (atau stop). "
        "Untuk kembali ke ./kamar up: hentikan dulu, lalu hapus {file}."
    ),
    "seat_refused": "Synapse menolak memberi tempat: {errcode}",
    "settings_syntax": "{file} bukan TOML yang benar: {what}",
    "state_not_writable": "Direktori {state} tidak bisa ditulis oleh {user}. Pilih yang lain dengan --state DIREKTORI.",
    "state_of_another_user": "Server di {state} milik pengguna {owner}; Anda {user}. Jalankan sebagai {owner}.",
    "unknown_part": "Tidak ada bagian bernama {name}. Yang ada: {known}.",
}

UNKNOWN = "Tidak berhasil: {code}"

CHECKS_FAILED = "Pemeriksaan gagal: {names}"
UNKNOWN_WORDS = "tidak dikenal"
PREPARING_DATABASE = "Menyiapkan basis data"
PREPARING_SYNAPSE = "Menyiapkan Synapse"
PREPARING_CHAT = "Menyiapkan klien obrolan"
IMPORTING_WILAYAH = "Mengimpor wilayah Indonesia"
STARTING = "Menjalankan server"
FILLING_DEMO = "Mengisi desa contoh"
STOPPED = "Server berhenti. Tidak ada yang hilang; lanjutkan dengan: ./kamar up"
STOP_HINT = "Hentikan dengan Ctrl-C."
STOP_HINT_DETACHED = "Berjalan di latar. Lihat: ./kamar status    Hentikan: ./kamar down"
READY = "Sosial Kamar siap."
LOCAL_ONLY = "hanya di komputer ini"
LOCAL_ONLY_WHY = "Supaya telepon bisa masuk, jalankan dengan alamat https: ./kamar up --public-url https://ALAMAT"
PORTAL = "Portal"
CHAT = "Obrolan"
HOMESERVER = "Server Matrix"
ADMIN = "Administrator pertama (sekali pakai)"
INVITATION = "Undangan"
NO_ADMIN_LINK = "sudah dipakai"
PROCESS = "proses {pid}, dimulai ulang {restarts} kali"
REGISTRY = "basis data"
NOTHING_FOUND = "Tidak ada yang cocok."
SILENT = "tidak menjawab"
MODULES_MISSING = "modul tidak dimuat: {names}"
PEACE_UNREADABLE = "aturan kamar tidak terbaca: pesan dari yang dibisukan ikut lewat"
CLAMD_SILENT = "clamd tidak menjawab: semua unggahan ditolak"
GATE_UNTRIED = "belum pernah dicoba; jalankan ./kamar up"
GATE_OPEN = "kamar resmi terbuka untuk siapa saja: modul `structure` tidak menjaga pintu ini"
HEALTHY = "sehat"
UNHEALTHY = "TIDAK SEHAT"
SETTINGS_RIGHT = "Pengaturan ini benar."
NOT_RUNNING = "tidak berjalan"
# officers (import)
TEMPLATE_WRITTEN = "Contoh isian ditulis ke {file}. Isi, simpan, lalu: ./kamar import pengurus {file} --dry-run"
IMPORT_REFUSED = "{faults} kesalahan di {rows} baris. Tidak ada yang ditulis. Betulkan, lalu jalankan lagi."
IMPORT_WOULD = "Semua baris benar: {ready} mandat akan ditulis, {invites} orang akan diundang. Belum ada yang ditulis."
IMPORT_DONE = "{written} mandat ditulis."
IMPORT_INVITED = "Belum punya akun; sampaikan kode undangan ini, lalu angkat setelah mereka bergabung:"
# end of officers


def explain(error: KamarError) -> str:
    """Return the sentence for an error: ours, else the one everybody uses, else its code rather than nothing."""
    sentence = ERRORS.get(error.code)
    if sentence is not None:
        return sentence.format_map(defaultdict(lambda: "…", error.detail))
    if error.code in core_sentences.SENTENCES:
        return core_sentences.sentence(error)
    return UNKNOWN.format(code=error)
