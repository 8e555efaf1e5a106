"""Reads telephone numbers and e-mail addresses as people type them."""

from __future__ import annotations

import re

import phonenumbers

from kamar.errors import KamarError

REGION = "ID"
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
EMAIL_LONGEST = 254  # characters, RFC 5321


def read_email(typed: str) -> str:
    """Return an address in lower case: nobody has two mailboxes that differ in case only.

    Raises:
        KamarError: ``email_malformed``.
    """
    address = typed.strip().lower()
    if len(address) > EMAIL_LONGEST or EMAIL.fullmatch(address) is None:
        raise KamarError("email_malformed")
    return address


def read_phone(typed: str) -> str:
    """Return a number as E.164 (``+628123456789``); without a country it is one of Indonesia.

    Raises:
        KamarError: ``phone_malformed``.
    """
    try:
        number = phonenumbers.parse(typed, REGION)
    except phonenumbers.NumberParseException as error:
        raise KamarError("phone_malformed") from error
    if not phonenumbers.is_valid_number(number):
        raise KamarError("phone_malformed")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
