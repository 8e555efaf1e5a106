"""A real mail server for tests: takes letters over SMTP on the loopback, and keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import free_ports


@dataclass
class Mailbox:
    """What came in. ``answer`` is what the server says to a recipient."""

    port: int
    answer: str = "250 OK"
    letters: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter."""
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def code(self) -> str:
        """Return the code of the last letter."""
        found = re.search(r"\d{4} \d{4}", self.letters[-1].get_content())
        assert found
        return found[0]


@contextmanager
def mailbox(*, login: bool = False) -> Iterator[Mailbox]:
    """Run a mail server; with ``login`` it wants a user and the password ``surat-rahasia``."""
    made = Mailbox(*free_ports(1))

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        made.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"surat-rahasia", handled=False)

    asked = {"authenticator": check, "auth_required": True, "auth_require_tls": False} if login else {}
    controller = Controller(made, hostname="127.0.0.1", port=made.port, **asked)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()
