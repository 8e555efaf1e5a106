"""512 everyday Indonesian words for passphrases and recovery words: nine bits each.

Four to eight letters, no two alike but for one letter.
"""

WORDS: tuple[str, ...] = tuple(
    """
    abadi acar adik agung ahad ajaib akhir aksara aktif album alpukat aman ambon amplop anggrek anggur angin
    angka angkasa angklung antre apel arah arang arus asap asli atas atur awal badai bagan bagus bahasa bahu
    bakau baki balok bambu bangau bangsa bangun bantal bantu banyak baris basah batas batik bayam bebas bebek
    beda bekal belah belajar belalang belut benang benar bendera benih bensin bentang berani bersih beruang besok
    biasa bibir bijak biji bilik bina biola biru bisnis bonsai buah buaya bubur budi bukit buku bulan bunga
    bungkus buritan buruh burung butir cabai cabang cahaya cair cakap cakram candi cangkir cantik cari catat
    cawan cemara cendol cengkih cerah cerita cermat cetak cicak cincin cinta cokelat contoh cuaca cucu cukup
    dahan dahulu damai dapur dasar datang daun dayung dekat delima denah depan deras desa detik dialog dinding
    dingin dodol domba duduk dunia duta elang emas embun empat empuk encer energi engsel erat fajar gabus gading
    gajah gambang gambar gandum ganjil garam garpu gedung gelas gema gembira genap genteng gerak gerobak gigi
    giling gitar gotong gudang gula gulai gunting habis hadiah hadir hakim halaman halus harap harimau harum
    hasil hati hemat heran hidung hikmah hilir huruf ikan ilmu imbang impian indah ingat inti irama istana jagung
    jahe jahit jaket jala jalan jarak jaring jauh jawab jembatan jempol jinak jingga jual juang jujur jumpa kabar
    kabel kabut kaca kain kakak kaktus kapten karet karya kasih kasur kayu kayuh kecap kecil kejut kelapa kelinci
    kemah kembang kemiri kenari kendi kental kepala kereta kerja kertas ketan ketupat kicau kijang kilat kincir
    kipas kiri kita kopi koran kotak kuat kucing kuda kulit kunci kunyit kursi kutub laba ladang lampu lancar
    langit langkah laras laut layar lebah lemari lembah lembut lentera lepas lesung lewat libur lidah lilin lima
    limau lincah lintas lipat listrik logam loncat lonceng lontar luas lubang lukis lumba lumbung lurus lusa
    macan madu magang mahir majalah malam mangga manggis manis marga mata mawar medan meja mekar melati melon
    mentari merpati mesin mesra mimpi mirip mobil modal mohon mudah muka mulia murid mutiara nada naik nakhoda
    nampan nanas nelayan nenek nilai nomor nuansa nyala nyaman nyanyi obor ojek olah olahraga ombak ongkos otot
    padat padi pagar paham paku palang palem panah pandai pangan panggung panjang pantun papan pasir patuh pedas
    pekan pelangi pelita peluk pena pencak pendek pengaruh pensil penuh penyu perahu piring puisi pukat pulau
    putar putih rabu ragam rajin rakyat ramah rambut rasa rebung rembulan rendah resmi restu riang rindang rindu
    ringan roda rukun rupa sabun sadar saksi salju sama samping sandal santan sapu saudara sawah sayang sayap
    sayur sebar sedap sejuk semangat semut sendok senin senja senyum sepeda seribu serta setia siap sikap simpan
    singa singkong siput sisir sopan suasana sudut suling sumber sumur sungai surat susu syair syukur tabah
    tabung tahun tajam takjub taman tambah tanda tangguh tani teduh tegak tekun telaga telur tempe tepung terang
    terima terompet tiba tidur tikar tinggi tirai titik tokoh tomat tujuan tulang tulis turun tutur ucap udang
    udara ufuk ukir umbi umpama unggul unik untung upah urut usaha utama utuh waduk wahana waktu wangi warung
    wisata wujud zaitun
    """.split()
)
