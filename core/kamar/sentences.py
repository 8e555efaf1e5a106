"""What people read when something is refused: one sentence for each error code, what happened and what to do.

Placeholders in braces are taken from the error's detail. Programs add a status or a colour, never words of their own.
"""

from __future__ import annotations

from kamar.errors import KamarError
from kamar.words import mark as _
from kamar.words import translate

SENTENCES: dict[str, str] = {
    "code_malformed": _(
        "Kode ini salah ketik. Periksa lagi sepuluh hurufnya, atau minta kode kepada yang mengajak Anda."
    ),
    "code_unknown": _("Kode ini tidak kami kenal. Periksa lagi, atau minta kode kepada yang mengajak Anda."),
    "code_revoked": _("Kode ini sudah tidak berlaku. Minta kode baru kepada yang mengajak Anda."),
    "too_many_tries": _("Terlalu banyak percobaan dari tempat Anda. Tunggu {minutes} menit, lalu coba lagi."),
    "wilayah_unknown": _("Tempat ini tidak kami temukan. Cari lagi dengan nama desa atau kelurahan dan kecamatannya."),
    "node_malformed": _(
        "Alamat simpul {path} salah tulis. Pakai nama pendek berhuruf kecil, misalnya kerja/maju-jaya."
    ),
    "office_unknown": _("Jabatan {office} tidak ada di organisasi ini. Lihat daftar jabatan di organisasi.toml."),
    # mandate
    "appoint_not_allowed": _("Jabatan {office} diangkat dan diberhentikan oleh pengurus di atasnya."),
    "appoint_self": _("Tidak seorang pun dapat mengangkat diri sendiri. Minta pengurus di atas Anda."),
    "office_not_here": _("Jabatan {office} tidak ada di tempat ini. Pilih jabatan lain, atau tempat lain."),
    "seat_taken": _("Jabatan {office} sudah terisi. Berhentikan dulu, atau mulai saat masa yang lama berakhir."),
    "mandate_overlaps": _("Orang ini sudah memegang jabatan itu pada masa yang sama."),
    "mandate_past": _("Masa jabatan tidak dapat dimulai atau berakhir di masa lalu. Pilih hari ini atau sesudahnya."),
    "mandate_order": _("Masa jabatan harus berakhir sesudah dimulai. Periksa kedua tanggalnya."),
    "mandate_long": _("Masa jabatan ini paling lama {months} bulan. Pilih akhir yang lebih dekat."),
    "mandate_unknown": _("Mandat ini tidak ada. Muat ulang daftarnya, lalu coba lagi."),
    "mandate_over": _("Mandat ini sudah berakhir."),
    "decree_long": _("Nomor SK terlalu panjang. Paling banyak {most} huruf."),
    "second_needed": _("Usul Anda sudah dicatat. Sekarang administrator lain yang harus menyetujuinya."),
    "women_count": _("Jumlah perempuan harus dari 0 sampai {people}, yaitu banyaknya pengurus di sana sekarang."),
    "women_not_allowed": _("Jumlah ini diisi oleh pengurus tempat itu, atau yang mengangkat mereka."),
    "lend_not_allowed": _("Hak ini bukan dari jabatan Anda di tempat itu, jadi tidak dapat Anda pinjamkan."),
    "lend_long": _("Hak dipinjamkan paling lama {days} hari. Pilih waktu yang lebih pendek."),
    "lend_past": _("Waktu pinjaman sudah lewat. Pilih hari sesudah hari ini."),
    "lend_self": _("Hak dipinjamkan kepada orang lain, bukan kepada diri sendiri."),
    "loan_unknown": _("Pinjaman hak ini tidak ada, sudah berakhir, atau bukan milik Anda."),
    "offer_stranger": _("Anda dapat bersedia untuk jabatan di tempat tinggal Anda, setelah dijamin tetangga."),
    "offer_needless": _("Jabatan {office} sedang tidak kosong."),
    "offer_twice": _("Kesediaan Anda sudah dicatat. Tunggu keputusannya."),
    "offer_unknown": _("Kesediaan ini tidak ada atau sudah dijawab. Muat ulang daftarnya."),
    "offer_voted": _("Tentang ini sedang dipungut suara. Tunggu hasilnya."),
    "vote_lasting": _("Pemungutan suara berlangsung {least} sampai {most} hari."),
    "vote_candidates": _("Belum ada yang bersedia. Ajak warga menyatakan kesediaan dulu."),
    "vote_unknown": _("Pemungutan suara ini tidak ada. Muat ulang daftarnya."),
    "vote_over": _("Pemungutan suara ini sudah selesai."),
    "vote_stranger": _("Yang memilih adalah warga tempat ini sejak sebelum pemungutan suara dibuka."),
    "vote_twice": _("Anda sudah memilih. Setiap orang satu suara."),
    "scan_missing": _("Pilih dulu berkas pindaian SK."),
    "scan_kind": _("Pindaian SK harus PDF, JPEG, atau PNG. Pindai atau foto ulang, lalu unggah lagi."),
    "scan_large": _("Pindaian SK paling besar {most} MB. Perkecil atau foto ulang, lalu unggah lagi."),
    "member_unknown": _("Orang ini tidak ada di server ini. Periksa nama akunnya."),
    # end of mandate
    "organisation_invalid": _("organisasi.toml belum benar: {problems}"),
    "village_missing": _("Pilih dulu desa atau kelurahan tempat Anda tinggal."),
    "rt_out_of_range": _("Nomor RT dari 001 sampai 999. Kosongkan bila tidak tahu."),
    "rw_out_of_range": _("Nomor RW dari 001 sampai 999. Kosongkan bila tidak tahu."),
    "age_missing": _("Sosial Kamar hanya untuk yang berumur 17 tahun ke atas. Centang bila Anda sudah 17 tahun."),
    "consent_missing": _("Kotak bertanda wajib perlu dicentang. Tanpa itu kamar tidak dapat dibuka untuk Anda."),
    "consent_unknown": _("Ada persetujuan yang tidak kami kenal. Muat ulang halaman ini, lalu coba lagi."),
    "name_short": _("Nama terlalu pendek. Pakai paling sedikit {least} huruf."),
    "name_long": _("Nama terlalu panjang. Pakai paling banyak {most} huruf."),
    "name_characters": _("Nama memuat tanda yang tidak dapat dipakai. Pakai huruf, angka dan spasi saja."),
    "name_reserved": _("Nama ini mirip nama jabatan atau lembaga. Pilih nama lain, misalnya nama panggilan Anda."),
    "password_short": _("Kata sandi terlalu pendek. Pakai paling sedikit {least} huruf, atau pakai yang kami buatkan."),
    "password_long": _("Kata sandi terlalu panjang. Pakai paling banyak {most} huruf."),
    "password_common": _("Kata sandi ini mudah ditebak. Pilih yang lain, atau pakai yang kami buatkan."),
    "signup_unknown": _("Pendaftaran ini tidak kami temukan. Mulai lagi dari tautan undangan Anda."),
    "signup_expired": _("Pendaftaran ini sudah lewat {days} hari. Mulai lagi dari tautan undangan Anda."),
    "signup_step": _("Langkah sebelumnya belum selesai. Lanjutkan dari sini."),
    "signup_finished": _("Pendaftaran ini sudah selesai. Masuk dengan nama akun dan kata sandi Anda."),
    "signup_unfinished": _("Pendaftaran Anda belum selesai. Lanjutkan di {portal}, lalu tulis lagi kepada saya."),
    "login_failed": _("Nama akun atau kata sandi tidak cocok. Periksa lagi; huruf besar dan kecil berbeda."),
    "link_used": _("Tautan ini sudah dipakai atau sudah lewat waktunya. Minta tautan baru."),
    "signup_needed": _("Pendaftaran Anda belum selesai. Lanjutkan dengan kode undangan Anda."),
    "login_needed": _("Masuk dulu untuk membuka halaman ini."),
    "csrf": _("Halaman ini sudah terlalu lama terbuka. Muat ulang, lalu coba lagi."),
    "not_found": _("Halaman ini tidak ada. Kembali ke Komunitas Saya."),
    "not_allowed": _("Halaman ini bukan untuk akun Anda."),
    "chat_starting": _("Obrolan sedang disiapkan. Tunggu sebentar, lalu coba lagi."),
    "chat_refused": _("Obrolan menolak permintaan ini. Coba lagi sebentar; bila tetap gagal, hubungi pengelola."),
    "upload_too_large": _("Berkas ini {size} MB, paling besar {most} MB. Kecilkan dulu atau kirim sebagai tautan."),
    "upload_kind": _("Jenis berkas ini tidak dapat dikirim di sini."),
    "upload_program": _(
        "Program dan aplikasi (.apk, .exe) tidak dapat dikirim di sini: banyak penipuan memakai berkas seperti itu."
    ),
    "picture_too_large": _("Gambar ini terlalu besar, paling banyak {most} juta titik. Kecilkan dulu."),
    "body_malformed": _("Isian tidak dapat dibaca. Muat ulang halaman, lalu coba lagi."),
    # officers
    "day_malformed": _("Tanggal {day} tidak terbaca. Tulis seperti 2026-11-21 atau 21/11/2026."),
    "person_unknown": _(
        "Tidak ada orang dengan nama itu di antara yang boleh Anda lihat. Minta nama akunnya, misalnya kf3qd7mz."
    ),
    "import_empty": _("Berkas ini kosong. Baris pertama berisi judul kolom, baris berikutnya isinya."),
    "import_columns": _("Kolom {missing} tidak ada. Baris pertama harus berisi judul kolom seperti di contoh isian."),
    "import_long": _("Barisnya terlalu banyak, paling banyak {most}. Bagi menjadi beberapa berkas."),
    "import_formula": _("Sel ini berisi rumus. Tulis hasilnya sebagai teks."),
    "import_cell_long": _("Isi sel terlalu panjang, paling banyak {most} huruf."),
    "import_office": _("Jabatan {office} tidak ada di tempat ini. Yang ada: {known}."),
    "import_person_empty": _("Nama orang kosong. Tulis nama akunnya, atau nama lengkap bila belum punya akun."),
    "import_person": _(
        "Akun {person} tidak ada di server ini. Periksa ejaannya; bila belum punya akun, tulis nama lengkapnya dengan "
        "huruf besar di depan."
    ),
    "import_server": _("Akun ini dari server lain. Hanya anggota server {server} yang dapat diangkat di sini."),
    "import_place": _(
        "Tempat {place} tidak ditemukan. Tulis kodenya (kolom berformat teks), atau namanya dengan kecamatan dan "
        "kabupaten atau kotanya, dipisah koma."
    ),
    "import_ambiguous": _("Ada beberapa tempat bernama {place}: {places}. Tambahkan kabupaten atau kotanya."),
    "import_faults": _("Masih ada {count} kesalahan, jadi tidak ada yang ditulis. Betulkan dulu."),
    "import_changed": _("Keadaan berubah sejak diperiksa (baris {line}). Tidak ada yang ditulis; periksa sekali lagi."),
    "import_gone": _("Hasil pemeriksaan ini sudah tidak ada. Pilih berkasnya sekali lagi."),
    "sheet_large": _("Berkas terlalu besar, paling besar {most} MB."),
    "sheet_unreadable": _("Berkas ini tidak terbaca. Simpan sebagai XLSX atau CSV, lalu coba lagi."),
    "sheet_bomb": _("Berkas ini membesar terlalu banyak saat dibuka, jadi ditolak. Simpan ulang sebagai CSV."),
    "sheet_formula": _("Baris {line} berisi rumus. Ganti dengan hasilnya sebagai teks, lalu coba lagi."),
    # end of officers
    # axes
    "code_without_workplace": _("Kode ini belum menyebut tempat kerja. Minta kode kepada rekan di tempat kerja Anda."),
    "code_without_node": _("Kode ini untuk tetangga baru, bukan untuk kamar lain. Minta kode kamar yang Anda tuju."),
    "persona_name": _("Pakai nama lain daripada nama Anda di kampung, supaya keduanya tidak dapat dihubungkan."),
    "persona_many": _("Anda sudah punya {most} akun tempat kerja. Keluar dulu dari salah satunya."),
    "belonging_unknown": _("Kamar itu tidak kami temukan. Cari lagi di daftar Kamar lain."),
    "treaty_name": _("Tulis nama organisasi tamu, 2 sampai {most} huruf."),
    "treaty_past": _("Hari itu sudah lewat. Pilih hari ini atau sesudahnya."),
    "gathering_alone": _("Pilih wilayah pengurus lain, bukan wilayah Anda sendiri."),
    # restructure
    "node_unknown": _("Simpul {path} tidak ada. Periksa kodenya, atau buat dulu di langkah sebelumnya."),
    "node_closed": _("Simpul {path} sudah ditutup. Pakai simpul penggantinya."),
    "node_exists": _("Simpul {path} sudah ada dan dipakai. Pilih kode lain, atau gabungkan keduanya."),
    "node_cycle": _("Simpul {path} tidak dapat dipindah ke dalam dirinya sendiri ({into})."),
    "node_has_children": _("Simpul {path} masih berisi {child}. Pindahkan atau tutup dulu isinya."),
    "plan_malformed": _("Rencana ini belum benar: {count} baris perlu diperbaiki."),
    "plan_long": _("Rencana ini terlalu panjang, paling banyak {most} baris. Bagi menjadi beberapa rencana."),
    "plan_empty": _("Rencana ini kosong. Tulis paling sedikit satu langkah."),
    "plan_twice": _("{path} disebut dua kali. Sebut sekali saja."),
    "plan_word": _(
        "Kata {word} tidak dikenal. Pakai buat, nama, pindah, pecah, gabung, tutup, kode, pengurus, judul atau sk."
    ),
    "plan_quote": _("Tanda kutip belum ditutup."),
    "plan_fields": _("Baris ini kurang atau lebih isinya; perlu {least} bagian setelah kata pertama."),
    "plan_dates": _("Masa jabatan berakhir {end}, sebelum mulai {start}."),
    "plan_date": _("{date} bukan tanggal. Tulis seperti 2026-12-01."),
    "plan_name": _("Tulis nama untuk {path}."),
    "plan_numbered": _("RT dan RW disebut menurut nomornya. Untuk mengganti nomor {path}, pakai pindah."),
    "plan_level": _("{path} ({level}) tidak sejenjang dengan {into}."),
    "plan_people": _("Di {path} masih ada anggota. Gabungkan ke tempat lain, jangan ditutup."),
    "plan_same": _("Langkah ini tidak mengubah apa pun."),
    "plan_clash": _("{path} dan {into} sama-sama punya {parts}. Pindahkan dulu yang bernomor sama."),
    "plan_account": _("Akun {user} tidak ada di server ini."),
    "plan_file": _("Berkas ini bukan teks. Simpan dari Excel sebagai CSV, lalu unggah lagi."),
    "plan_unknown": _("Rencana ini tidak ada."),
    "plan_outdated": _("Susunan sudah berubah sejak rencana ini dibuat ({changed}). Periksa lagi perubahannya."),
    "plan_changed": _("Rencana ini berubah sejak halaman dibuka. Periksa lagi, baru setujui."),
    "plan_own": _("Rencana sendiri perlu disetujui pengurus lain."),
    "plan_not_allowed": _("Rencana ini menyentuh {path}, di luar wilayah kerja Anda."),
    "plan_state": _("Rencana ini sudah {state}; langkah itu tidak dapat dilakukan lagi."),
    "plan_needed": _("Rencana ini sudah dipakai oleh yang lebih baru: {what}. Batalkan itu dulu."),
    # plain_chat
    "message_empty": _("Pesan masih kosong. Tulis dulu, lalu kirim."),
    "message_long": _("Pesan terlalu panjang. Pakai paling banyak {most} huruf, atau kirim dalam beberapa pesan."),
    "photo_missing": _("Pilih dulu fotonya, lalu kirim."),
    "photo_undescribed": _(
        "Tulis keterangan foto: foto tanpa keterangan tidak terbaca oleh yang memakai pembaca layar. "
        "Atau centang kotak di bawahnya, lalu pilih fotonya sekali lagi."
    ),
    "room_encrypted": _("Kamar ini terkunci dari ujung ke ujung. Buka lewat obrolan lengkap."),
    "write_refused": _("Anda sedang tidak dapat menulis di kamar ini. Tanyakan kepada koordinator kamar."),
    # end of plain_chat
    "broken": _("Ada yang rusak di pihak kami, bukan pada Anda. Coba lagi sebentar; pengelola sudah diberi tahu."),
    "password_wrong": _("Kata sandi yang sekarang tidak cocok. Periksa lagi; huruf besar dan kecil berbeda."),
    "recovery_failed": _("Nama akun atau kata pemulihan tidak cocok. Periksa lagi ejaan dan urutannya."),
    # recovery
    "letter_failed": _("Kode ini tidak cocok, sudah dipakai, atau sudah lewat. Periksa lagi, atau minta kode baru."),
    "email_malformed": _("Alamat surel ini tidak lengkap. Contohnya: nama@contoh.id"),
    "phone_malformed": _("Nomor HP ini tidak kami kenali. Contohnya: 0812-3456-7890, atau +60... bila di luar negeri."),
    "contact_taken": _("Alamat ini sudah dipakai akun lain. Pakai alamat lain, atau hapus dulu dari akun itu."),
    "request_over": _("Permintaan ini selesai, dibatalkan, atau lewat waktunya. Mulai lagi dari Lupa kata sandi."),
    "scan_unknown": _("QR ini sudah dipakai atau lewat waktunya. Minta HP baru itu menampilkan QR yang sekarang."),
    "witness_first": _("Yang pertama memindai harus koordinator RT, RW, atau desanya. Ketik !kamar untuk tahu siapa."),
    "witness_nobody": _("Tidak ada warga bernama itu di tempat Anda. Periksa ejaannya di HP baru, lalu pindai lagi."),
    "witness_unsaid": _("Centang hanya bila Anda benar-benar bertemu dan mengenalnya."),
    "witness_self": _("Anda tidak dapat memastikan diri sendiri. Minta orang lain memindai."),
    "witness_twice": _("Anda sudah memastikan sekali. Yang kedua harus tetangga lain dari kamar yang sama."),
    "witness_new": _("Belum ada yang menjamin Anda. Minta tetangga yang sudah dijamin untuk memindai."),
    "witness_stranger": _("Yang kedua memindai harus tetangga dari kamar yang sama."),
    "recovery_nobody": _("Tidak ada anggota bernama itu di server ini. Periksa ejaannya, atau tulis nama akunnya."),
    "vault_key_missing": _("Kunci {key} tidak ada di berkas rahasia vault_key. Pasang berkas itu dari cadangan Anda."),
    "mail_refused": _("Server surat menolak ({status}). Periksa bagian mail di kamar.toml."),
    "mail_unreachable": _("Server surat tidak menjawab ({reason}). Periksa bagian mail di kamar.toml."),
    "idempotency_key": _("Idempotency-Key harus 22 sampai 128 huruf, angka, - atau _, dan acak."),
    "disk_full": _("Penyimpanan server penuh. Tidak ada yang hilang; pengelola perlu mengosongkan ruang."),
    "not_seated": _("Kamar ini hanya untuk warganya. Kamar Anda ada di Komunitas Saya."),
    "no_invitations": _("Ke kamar ini orang masuk lewat pendaftaran. Bagikan kode undangan Anda dari Komunitas Saya."),
    "vouch_self": _("Anda tidak dapat menjamin diri sendiri. Mintalah tetangga yang mengenal Anda."),
    "vouch_newcomer": _("Yang menjamin harus sudah dijamin juga. Minta koordinator atau dua tetangga menjamin Anda."),
    "vouch_stranger": _("Anda hanya dapat menjamin tetangga satu RT; koordinator, warga di tempatnya."),
    "vouch_twice": _("Anda sudah menjamin {name}. Satu orang dihitung satu kali."),
    "vouch_needless": _("{name} sudah dijamin."),
    "vouch_unknown": _("Tidak ada tetangga baru dengan nama itu di RT Anda. Periksa ejaannya, atau tulis !jamin saja."),
    "vouch_nobody": _("Tidak ada tetangga baru yang menunggu jaminan Anda."),
    "move_same": _("Itu sudah tempat tinggal Anda yang sekarang."),
    "invite_stranger": _("Anda hanya dapat mengajak bicara orang yang satu kamar dengan Anda."),
    "gate_closed": _("Pintu kamar sedang tidak dapat diperiksa, jadi tetap tertutup. Coba lagi sebentar."),
    "port_unknown": _("{port} di kamar.toml belum diisi."),
    "open_not_allowed": _("Hanya koordinator tempat itu yang dapat membukanya. Ketik !kamar untuk melihat siapa."),
    # push
    "push_endpoint": _("Peramban ini tidak dapat dipanggil. Coba peramban lain, misalnya Chrome atau Firefox."),
    "push_unreachable": _("Layanan pemberitahuan tidak menjawab. Coba lagi nanti."),
    "settings_invalid": _("kamar.toml perlu dibetulkan: {problems}"),
    "keys_lost": _("Kunci obrolan terenkripsi hilang atau rusak. Perangkat baru dibuat dengan sendirinya."),
    "secret_missing": _("Berkas rahasia {file} tidak ada. Jalankan ./kamar up untuk membuatnya."),
    "secret_open": _("Berkas rahasia {file} dapat dibaca orang lain. Jalankan: chmod 600 {file}"),
    # peace
    "message_nik": _(
        "Pesan tidak dikirim karena memuat NIK. Di kamar ini semua warga dan pengelola server membacanya. "
        "Jangan kirim NIK lewat obrolan; bila diperlukan, isi hanya di portal."
    ),
    "message_card": _(
        "Foto KTP atau KK tidak dikirim: isinya bisa dipakai menipu Anda. "
        "Jangan kirim lewat obrolan; bila diperlukan, serahkan hanya lewat portal."
    ),
    "message_muted": _(
        "Anda sedang dibisukan di kamar ini sampai {until}. Alasan dan cara keberatan: portal, Saya, Tindakan."
    ),
    "message_word": _("Pesan tidak dikirim: kata “{word}” tidak dipakai di kamar ini."),
    "message_flood": _("Terlalu banyak pesan sekaligus. Tunggu {seconds} detik, lalu tulis lagi."),
    "message_slow": _("Kamar ini sedang dilambatkan: satu pesan tiap {slow} detik. Tunggu {seconds} detik lagi."),
    "message_text_only": _(
        "Warga baru hanya menulis dulu. Foto dan berkas bisa dikirim {hours} jam setelah bergabung."
    ),
    "upload_removed": _("Gambar ini pernah dihapus pengurus, jadi tidak dapat dikirim lagi."),
    "upload_virus": _("Berkas ini memuat program berbahaya, jadi tidak dapat dikirim."),
    "upload_unchecked": _("Berkas sedang tidak dapat diperiksa, jadi belum diterima. Coba lagi sebentar."),
    "invitation_blocked": _("Orang ini Anda blokir. Buka blokirnya dulu di portal bila ingin mengobrol."),
    "invitation_unanswered": _("Undangan ini tidak dapat dikirim sekarang."),
    "measure_not_allowed": _("Tindakan ini hanya untuk koordinator kamar ini. Ketik !kamar untuk melihat siapa."),
    "measure_above": _("Tindakan ini diputuskan satu tingkat di atas Anda. Teruskan laporannya ke atas."),
    "measure_long": _("Paling lama {days} hari. Pilih waktu yang lebih pendek, atau teruskan ke tingkat di atas."),
    "measure_short": _("Terlalu pendek. Paling sedikit 5 menit."),
    "measure_self": _("Tindakan ini tidak dapat dikenakan pada diri sendiri."),
    "measure_officer": _("Terhadap pengurus, tindakan diputuskan satu tingkat di atasnya."),
    "measure_target": _("Balas dulu pesan yang dimaksud, lalu tulis perintahnya di sana."),
    "measure_lasting": _("Tulis lamanya dan alasannya, misalnya: {example}"),
    "reason_short": _("Tulis alasannya, paling sedikit {least} huruf. Yang bersangkutan ikut membacanya."),
    "reason_long": _("Terlalu panjang. Paling banyak {most} huruf."),
    "appeal_twice": _("Keberatan atas tindakan ini sudah dikirim."),
    "appeal_late": _("Keberatan hanya dapat dikirim dalam {days} hari."),
    "report_unknown": _("Laporan ini tidak ada, atau bukan untuk Anda."),
    "report_closed": _("Laporan ini sudah selesai."),
    "report_person": _("Nama itu tidak kami temukan di kamar ini. Tulis seperti yang tampil di obrolan."),
    # siaran
    "siaran_not_allowed": _("Pengumuman ini di luar wewenang Anda. Ketik !mandat untuk melihat mandat Anda."),
    "siaran_no_rooms": _("Belum ada ruang pengumuman di wilayah itu. Tulis langsung di kamarnya."),
    "siaran_empty": _("Pengumuman masih kosong. Tulis dulu teksnya."),
    "siaran_long": _("Pengumuman terlalu panjang. Pakai paling banyak {most} huruf."),
    "siaran_picture": _("Ralat hanya mengganti teks. Untuk gambar lain, tarik pengumumannya dan kirim yang baru."),
    "siaran_nobody": _(
        "Belum ada pengurus lain yang dapat menyetujui. Minta pengurus di atas Anda mengirimnya, "
        "atau pilih wilayah yang lebih kecil."
    ),
    "siaran_unknown": _("Pengumuman itu tidak ada, atau bukan untuk Anda. Lihat daftarnya dengan !siaran status."),
    "siaran_author": _("Penulisnya tidak lagi berwenang di wilayah itu, jadi pengumuman ini tidak dikirim."),
    "siaran_decided": _("Pengumuman ini sudah diputuskan."),
    "siaran_recalled": _("Pengumuman ini sudah ditarik."),
    "name_officer": _(
        "Nama ini sama dengan nama pengurus di tempat Anda, jadi orang bisa keliru. "
        "Tambahkan nama panggilan atau nama keluarga."
    ),
    # end of siaran
    "signup_banned": _(
        "Perangkat ini dipakai akun yang sedang dikeluarkan dari kamar. Keberatan dapat dikirim dari akun lama itu; "
        "bila ini keliru, hubungi pengelola."
    ),
}


def sentence(error: KamarError, language: str = "id") -> str:
    """Return the sentence for ``error``; its bare code where none is written (a test forbids that)."""
    text = SENTENCES.get(error.code)
    if text is None:
        return error.code
    return translate(text, language).format_map(_Lenient(error.detail))


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "…"
