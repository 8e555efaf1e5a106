"""The jobs of getting back in: ``mail``, a letter with a code; ``warn``, a notice to the old devices."""

from __future__ import annotations

from kamar.ids import MemberId, RoomId
from kamar.recovery import LETTER_LASTS
from kamar.state import read_secret
from kamar.words import mark as _
from kamar_bridges import mail as smtp
from kamar_bridges.homeserver import MatrixError
from kamar_provisioning.jobs import Desk
from kamar_provisioning.sending import GONE, txn_id
from kamar_store import member as members
from kamar_store import recovery, vault, vault_key
from kamar_store.outbox import Row
from kamar_store.vault import ContactKind

PASSWORD = "mail_password"  # noqa: S105  # the name of a file
SUBJECT = {"recover": _("Kode masuk lagi"), "verify": _("Kode untuk alamat surel Anda")}
LETTER = {
    "recover": _(
        "Kode Anda: {code}\n\n"
        "Tulis kode ini di halaman yang tadi Anda buka. Berlaku {minutes} menit, sekali pakai.\n"
        "Bukan Anda yang meminta? Abaikan surat ini; tanpa kodenya tidak ada yang berubah.\n"
        "Pengelola tidak pernah menanyakan kode ini.\n"
    ),
    "verify": _(
        "Kode Anda: {code}\n\n"
        "Tulis kode ini di halaman Saya untuk memastikan alamat ini milik Anda. Berlaku {minutes} menit.\n"
        "Bukan Anda yang meminta? Abaikan surat ini.\n"
    ),
}
WARNING = {
    "asked": _(
        "Ada yang meminta masuk lagi sebagai Anda di HP baru, dan seorang koordinator memastikannya.\n"
        "Bukan Anda? Batalkan sekarang: {portal}/saya/kunci\n"
        "Perlu masuk dulu? Tulis !masuk di sini."
    ),
    "officer": _(
        "HP baru untuk akun Anda sudah dipastikan dua orang. Kata sandinya baru bisa diganti 24 jam lagi.\n"
        "Bukan Anda? Batalkan sekarang: {portal}/saya/kunci\n"
        "Perlu masuk dulu? Tulis !masuk di sini."
    ),
    "link": _(
        "Pengelola server membuat tautan agar akun Anda bisa dimasuki dari HP baru.\n"
        "Bukan Anda yang meminta? Batalkan sekarang: {portal}/saya/kunci\n"
        "Perlu masuk dulu? Tulis !masuk di sini."
    ),
    "link_later": _(
        "Pengelola server membuat tautan agar akun Anda bisa dimasuki dari HP baru, 24 jam lagi.\n"
        "Bukan Anda yang meminta? Batalkan sekarang: {portal}/saya/kunci\n"
        "Perlu masuk dulu? Tulis !masuk di sini."
    ),
    "done": _(
        "Kata sandi akun Anda sudah diganti lewat pemulihan.\n"
        "Bukan Anda? Temui koordinator Anda sekarang, dan minta masuk lagi di {portal}/lupa"
    ),
}


async def mail(desk: Desk, row: Row) -> None:
    """Send a letter: ``{member, template, letter}``. Address and code are found only now; no row may hold them.

    Sent again after a crash it carries the same code. A ``member`` of none is a letter to nobody: the row is there so
    that an address that nobody has costs as much as one that somebody has.
    """
    number, template, letter = row.payload["member"], str(row.payload["template"]), str(row.payload["letter"])
    settings = desk.site.settings
    if number is None or not settings.mail.host:
        return
    keys = vault_key.load(desk.site.state)
    async with desk.site.store.write() as db:
        if not await recovery.is_open(db, letter, desk.now()):
            return
        address = await vault.read(
            db, keys, MemberId(number), ContactKind.EMAIL, actor=None, purpose=f"mail-{template}", now=desk.now()
        )
    if address is None:
        return
    code = recovery.code_of(keys, letter)
    text = LETTER[template].format(code=f"{code[:4]} {code[4:]}", minutes=int(LETTER_LASTS.total_seconds() / 60))
    subject = f"{settings.server.organisation}: {SUBJECT[template]}"
    password = read_secret(desk.site.state.secret(PASSWORD)) if settings.mail.user else ""
    await smtp.send(settings.mail, password, address, subject, text)


async def warn(desk: Desk, row: Row) -> None:
    """Tell a member's old devices: ``{member, what}``, in the direct talk with the bot, where there is one.

    Only where nobody but the member and the bot reads along. The portal shows its own notice.
    """
    async with desk.site.store.read() as db:
        member = await members.by_id(db, row.payload["member"])
        talks = [] if member is None else await recovery.talks(db, member.user_id)
    if member is None:
        return
    body = WARNING[str(row.payload["what"])].format(portal=desk.site.settings.portal_url)
    content = {"msgtype": "m.notice", "body": body, "m.mentions": {"user_ids": [member.user_id]}}
    for room in talks:
        if await _is_direct(desk, room, member.user_id):
            await desk.matrix.send(room, "m.room.message", content, txn_id(row))
            return


async def _is_direct(desk: Desk, room: RoomId, user: str) -> bool:
    try:
        joined = await desk.matrix.joined_members(room)
    except MatrixError as error:
        if error.errcode not in GONE:
            raise
        return False
    return set(joined) == {desk.site.settings.bot, user}
