"""Letters over SMTP: one connection for each, encrypted unless the server is on this machine."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr

from kamar.errors import KamarError
from kamar.settings import Mail

TIMEOUT = 20.0  # seconds
PASSING = range(400, 500)  # SMTP's own "try again later"


class MailError(KamarError):
    """The mail server refused (``mail_refused``, ``status``) or did not answer (``mail_unreachable``)."""


async def send(settings: Mail, password: str, to: str, subject: str, text: str) -> bool:
    """Hand one letter to the mail server; False when it says there is no such address, for ever.

    Raises:
        MailError: another try may help.
    """
    letter = EmailMessage()
    name, sender = parseaddr(settings.sender)
    letter["From"] = Address(name, addr_spec=sender)
    letter["To"] = Address(addr_spec=to)
    letter["Subject"] = subject
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text)
    return await asyncio.to_thread(_deliver, settings, password, letter)


def _deliver(settings: Mail, password: str, letter: EmailMessage) -> bool:
    try:
        with _connect(settings) as server:
            if settings.user:
                server.login(settings.user, password)
            server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        status = max(code for code, _ in error.recipients.values())
        if status in PASSING:
            raise MailError("mail_refused", status=status) from None  # its text holds the address
        return False
    except smtplib.SMTPResponseException as error:
        raise MailError("mail_refused", status=error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailError("mail_unreachable", reason=type(error).__name__) from None
    return True


def _connect(settings: Mail) -> smtplib.SMTP:
    if settings.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
    if settings.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
