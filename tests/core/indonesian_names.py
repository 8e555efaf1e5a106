"""Five hundred names as people in Indonesia bear them, put together from common given and family names."""

from __future__ import annotations

GIVEN = """
Abdul Ade Adi Aditya Agus Agung Ahmad Aisyah Ajeng Akbar Ali Amelia Amin Amir Ana Anak Andi Andri Anggi Ani
Anisa Annisa
Anton Ari Arif Arum Asep Asih Atik Ayu Bagus Bambang Bayu Benny Berta Betty Boru Budi Bunga Cahya Cahyo Catur
Cecep Citra
Cut Dadang Damar Dani Darma Daud Dede Deden Desi Dewa Dewi Dian Didik Dimas Dina Doni Dwi Eka Eko Elisabet
Ema Endang Eni
Erna Erni Ernawati Erwin Euis Evi Fajar Fatimah Febri Ferdi Fitri Galih Ganda Gede Gilang Gita Gusti Hadi Halimah Hana
Hari Hasan Hendra Herman Heru Hesti Ida Ika Ikhsan Ilham Imam Indah Indra Intan Irma Irwan Iwan Jaka Jamal Joko Jono
Kadek Kartika Kasih Ketut Kiki Komang Kornelius Kurnia Laila Lastri Lestari Lia Lilis Linda Lukman Luh Made
Mahmud Maria
Markus Martha Maya Mega Melati Mimin Mira Mochamad Muhammad Mulyadi Murni Nanang Nani Nengah Neneng Nia Nina
Ningsih Novi
Nugroho Nuni Nur Nurul Nyoman Oki Okta Otto Paijo Panji Paulus Permata Petrus Pol Pradita Prima Puji Purnama
Purwanto Puspa
Putra Putri Putu Rahma Rahmat Raka Ramadhan Rama Rangga Rani Ratih Ratna Ratu Reni Resi Resta Retno Rian Rika
Rina Rini
Rio Rizal Rizki Robert Rohani Roni Rosa Rudi Rukmini Rusdi Sabar Salim Samsul Santi Sari Sartika Satria Sekar
Sigit Sinta
Siti Slamet Sri Sugeng Suharti Sukma Sumarni Supri Surya Susi Sutrisno Syarif Taufik Tati Tini Tim Titik Toni Tri Tuti
Tutik Udin Umar Untung Utami Vera Vina Wahyu Wati Wawan Wayan Widi Widodo Winda Wulan Yanti Yanto Yasmin Yati
Yoga Yohanes
Yono Yudi Yuli Yuni Yusuf Zaenal Zahra Zainab Zul
""".split()
FAMILY = """
Siregar Nasution Simanjuntak Hutapea Sihombing Lubis Harahap Sitompul Tarigan Ginting Sembiring Pardede
Manurung Wijaya
Santoso Saputra Kusuma Pratama Hidayat Setiawan Suryadi Gunawan Sudarma Purnomo Haryanto Susanto Rahardjo
Lesmana Permana
Nugraha Kamarudin Kamaruddin Adminah Ketuanto Presida Polii Kotambunan Pusparani Resmiati Resmini Botutihe
Lurahman Camelia
Kpuatu Tnisa Wagiman Rumengan Tumbelaka Lumintang Matulessy Pattimura Tuhumury Daeng Mappasessu Tenri Wanggai
Kogoya Wenda
""".split()
WHOLE = """
Rt. Atut, I Ketut Sudarma, I Gusti Ngurah Rai, Ni Luh Putu Ayu, Anak Agung Gde, Cut Nyak Dien, Hj. Siti Aminah,
H. Abdullah, R. A. Kartini, Rr. Dewi, Tb. Hasanuddin, Muh. Rizal, M. Yusuf, Moch. Ali, Abd. Rahman, Nur'aini,
Ma'ruf, Sa'adah, Mpok Leha, Bang Jampang, Mak Erot, Uda Rizal, Mas Bayu, Mbak Rani, Pak Eko, Pk Budi, Bu Tuti,
Bapak Herman, Ibu Sumarni, Budi 77, Rahmat 1990, Dewi 🌻, Ayu ❤️, Eko Bengkel, Susi Warung Nasi,
Tukang Kayu Jaya, Desi Kota, Putra Desa, Anak Rantau, Wakil Rakyat Kecil, Pol Amin, Tim Cahyo, Kotaro
"""


def names() -> list[str]:
    """Return the names, each once."""
    pairs = [f"{given} {FAMILY[(number * 7) % len(FAMILY)]}" for number, given in enumerate(GIVEN)]
    return list(dict.fromkeys([*(name.strip() for name in WHOLE.split(",")), *GIVEN, *pairs]))
