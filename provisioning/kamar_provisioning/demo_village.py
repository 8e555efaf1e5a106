"""What the demonstration shows: desa Sukaresmi with its people, talks and pictures. Invented, and marked as such.

``VILLAGE`` is a real desa (Kab. Bekasi), its RW, RT and people are not.
"""

from __future__ import annotations

from dataclasses import dataclass

VILLAGE = "32.16.19.2005"
NEIGHBOUR = "32.16.19.2001"
RT3 = f"{VILLAGE}/RW005/RT003"
RT1 = f"{VILLAGE}/RW005/RT001"
RT2 = f"{VILLAGE}/RW005/RT002"
DUSUN = f"{VILLAGE}/D01"
DUSUN_RT1 = f"{DUSUN}/RW002/RT001"
DUSUN_RT4 = f"{DUSUN}/RW002/RT004"
SMALL_RT = f"{VILLAGE}/RW003/RT002"
MARK = "(contoh)"

PEOPLE: dict[str, str] = {
    RT3: "Siti Aminah, Dedi Kurnia, Mpok Leha, Pak Warsito, Rina Wulandari, Agus Salim, Yanti, Ujang Komar, "
    "Bu Darmi, Fajar Nugraha, Euis Rohayati, Asep Sunarya, Wati, Bang Jali",
    RT1: "Eko Prasetyo, Nurhayati, Teh Lilis, Bambang, Sri Lestari, Joko Susilo, Ratna, Kang Maman, Tini",
    RT2: "Hendra, Mbak Yuni, Slamet Riyadi, Kartini, Gunawan, Ida Farida",
    DUSUN_RT1: "Rohman, Entin, Cecep, Mimin, Udin, Neng Sari, Tatang, Iis, Oman, Kokom, Dadang",
    DUSUN_RT4: "Marni, Sutrisno, Parti, Wahyu, Lina, Anton, Dewi Anggraini",
    SMALL_RT: "Hasan, Maya, Yusuf",
    VILLAGE: "Putri, Rizal, Ningsih, Arif, Melati",
    NEIGHBOUR: "Samsul, Kurniasih, Toni, Lastri, Iwan",
}

COORDINATORS = (("Siti Aminah", RT3), ("Eko Prasetyo", VILLAGE))


@dataclass(frozen=True, slots=True)
class Line:
    """One message: who says it (a name of :data:`PEOPLE`), the words, or the picture that goes with them."""

    who: str
    text: str
    picture: str = ""  # a key of demo_pictures.DRAWINGS
    liked_by: tuple[str, ...] = ()


TALKS: dict[tuple[str, str], tuple[Line, ...]] = {
    (RT3, "obrolan"): (
        Line("Siti Aminah", "Selamat datang di kamar RT kita. Di sini tempat kita saling kabar dan saling bantu, ya."),
        Line("Dedi Kurnia", "Siap, Bu Siti. Lampu jalan di gang 2 mati sejak kemarin malam.", liked_by=("Mpok Leha",)),
        Line("Ujang Komar", "Saya ada lampu cadangan, Bang Dedi. Nanti sore kita pasang bareng?"),
        Line("Dedi Kurnia", "Mantap, habis asar saya ke sana bawa tangga."),
        Line("Mpok Leha", "Sabtu ada yang bisa ikut kerja bakti? Got depan musala sudah penuh daun."),
        Line("Pak Warsito", "Saya ikut. Cangkul ada dua.", liked_by=("Mpok Leha", "Siti Aminah", "Yanti")),
        Line("Rina Wulandari", "Begini kondisi gotnya tadi pagi.", picture="got"),
        Line("Fajar Nugraha", "Saya bawa karung sama sekop. Jam berapa kumpulnya?"),
        Line(
            "Siti Aminah",
            "Kumpul jam 07.00 di pos ronda. Kopi dan gorengan dari kas RT.",
            liked_by=("Bang Jali", "Wati"),
        ),
        Line("Euis Rohayati", "Alhamdulillah, jalan gang sudah terang lagi. Terima kasih Bang Dedi, Kang Ujang."),
        Line("Bu Darmi", "Besok posyandu pindah ke rumah saya dulu ya, balai masih dicat."),
        Line("Yanti", "Baik, Bu Darmi. Saya sampaikan ke ibu-ibu yang lain."),
    ),
    (RT1, "obrolan"): (
        Line("Nurhayati", "Ada yang melihat kucing oranye? Namanya Oyen, dari kemarin belum pulang."),
        Line("Bambang", "Tadi pagi ada di atap rumah Teh Lilis, Bu."),
        Line("Teh Lilis", "Betul, lagi tidur di jemuran. Aman.", picture="kucing", liked_by=("Nurhayati", "Ratna")),
        Line("Nurhayati", "Ya ampun, Oyen. Saya jemput sekarang."),
    ),
    (f"{VILLAGE}/RW005", "obrolan"): (
        Line(
            "Eko Prasetyo", "Jadwal ronda bulan depan sudah saya tempel di pos. Yang mau tukar giliran silakan bilang."
        ),
        Line("Slamet Riyadi", "Saya tukar dengan Hendra hari Kamis, sudah sepakat."),
        Line("Hendra", "Betul, saya yang Kamis."),
        Line("Kartini", "Kalau bisa jangan pas malam pengajian, Pak."),
    ),
    (DUSUN_RT1, "obrolan"): (
        Line("Rohman", "Panen jagung minggu ini bagus. Yang mau beli langsung boleh ke rumah.", picture="jagung"),
        Line("Entin", "Sekilo berapa, Kang?"),
        Line("Rohman", "Untuk tetangga Rp6.000 saja."),
    ),
    (VILLAGE, "obrolan"): (
        Line("Putri", "Ada info lowongan di kawasan industri? Adik saya baru lulus SMK."),
        Line("Wahyu", "Pabrik saya buka lamaran operator sampai Jumat. Nanti saya kirim syaratnya."),
        Line("Putri", "Terima kasih banyak, Mas Wahyu.", liked_by=("Wahyu", "Arif")),
        Line("Dewi Anggraini", "Hati-hati lowongan yang minta uang di depan ya. Itu pasti penipuan."),
        Line("Joko Susilo", "Benar. Perusahaan yang benar tidak pernah minta bayaran."),
    ),
    (VILLAGE, "siaran"): (
        Line(
            "Eko Prasetyo", "Sabtu pukul 07.00 kerja bakti serentak di semua RW. Bawa alat dari rumah.", picture="kerja"
        ),
        Line("Eko Prasetyo", "Konsultasi hak pekerja gratis: Minggu pukul 09.00 di balai. Bawa slip gaji bila ada."),
    ),
}
