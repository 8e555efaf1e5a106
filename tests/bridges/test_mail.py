"""Letters, against a real mail server."""

from __future__ import annotations

import traceback

import pytest

from kamar.settings import Mail
from kamar_bridges import mail
from kamar_bridges.mail import MailError
from tests.servers.mailbox import mailbox
from tests.servers.ports import free_ports

TO = "dewi@contoh.id"


def settings(port: int, *, user: str = "", security: str = "none") -> Mail:
    """Return the settings of a mail server on this machine."""
    return Mail("127.0.0.1", port, security, user, "Sosial Kamar <kamar@contoh.id>")


async def test_a_letter_arrives_whole() -> None:
    with mailbox() as box:
        assert await mail.send(settings(box.port), "", TO, "Kode masuk lagi", "Kode Anda: 1234 5678\n")
    [letter] = box.letters
    assert (letter["To"], letter["From"]) == (TO, "Sosial Kamar <kamar@contoh.id>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().strip() == "Kode Anda: 1234 5678"
    assert box.code() == "1234 5678"


@pytest.mark.parametrize(("password", "arrives"), [("surat-rahasia", True), ("salah", False)])
async def test_a_server_that_wants_a_password_gets_it(password: str, arrives: bool) -> None:
    with mailbox(login=True) as box:
        if arrives:
            assert await mail.send(settings(box.port, user="kamar"), password, TO, "x", "y")
        else:
            with pytest.raises(MailError, match="mail_refused"):
                await mail.send(settings(box.port, user="kamar"), password, TO, "x", "y")
    assert (len(box.letters), box.logins[0]) == (int(arrives), ("kamar", password))


async def test_an_address_that_is_no_more_is_not_tried_again() -> None:
    with mailbox() as box:
        box.answer = "550 no such mailbox"
        assert not await mail.send(settings(box.port), "", TO, "x", "y")


async def test_what_may_pass_is_tried_again_and_the_error_does_not_name_the_address() -> None:
    with mailbox() as box:
        box.answer = "451 later"
        with pytest.raises(MailError, match="mail_refused status=451") as refused:
            await mail.send(settings(box.port), "", TO, "x", "y")
    assert TO not in "".join(traceback.format_exception(refused.value))


async def test_a_server_that_is_down_or_speaks_no_tls_is_an_error_and_nothing_is_sent() -> None:
    with pytest.raises(MailError, match="mail_unreachable"):
        await mail.send(settings(free_ports(1)[0]), "", TO, "x", "y")
    with mailbox() as box:
        with pytest.raises(MailError):
            await mail.send(settings(box.port, security="starttls"), "", TO, "x", "y")
        assert box.letters == []
