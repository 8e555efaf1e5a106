"""``[mail]``: off by default; a server that would send codes in clear over a network is refused."""

from __future__ import annotations

from typing import Any

import pytest

from kamar.settings import Settings, SettingsError, parse

GOOD: dict[str, Any] = {"host": "mail.example.org", "sender": "Kamar <kamar@example.org>"}


def test_no_letters_are_sent_unless_a_server_is_named() -> None:
    assert Settings().mail.host == ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"security": "tls", "port": 465}, None),
        ({"security": "none", "host": "127.0.0.1"}, None),
        ({"security": "none"}, "mail.security: none only"),
        ({"security": "ssl"}, "mail.security: must be one of"),
        ({"port": 0}, "mail.port"),
        ({"sender": ""}, "mail.sender"),
        ({"password": "x"}, "mail.password: unknown key"),
    ],
)
def test_mail_settings_are_refused_with_their_path(change: dict[str, Any], problem: str | None) -> None:
    document = {"mail": {**GOOD, **change}}
    if problem is None:
        assert parse(document).mail.host
        return
    with pytest.raises(SettingsError, match=problem):
        parse(document)
