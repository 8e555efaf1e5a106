"""Web push as its documents say: the example of RFC 8291, appendix A, byte for byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from kamar_bridges.push_crypto import CURVE, decode, encode, encrypt, is_key, new_vapid_key, read_vapid, sealed
from tests.servers.push_service import FakeBrowser

TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_document_comes_out_byte_for_byte() -> None:
    key = ec.derive_private_key(int.from_bytes(decode(SENDER), "big"), CURVE)
    assert encode(sealed(TEXT, decode(BROWSER), decode(AUTH), key, decode(SALT))) == MESSAGE


@given(st.binary(max_size=100).filter(lambda text: not text.endswith(b" ")))
def test_the_browser_reads_what_was_written_and_every_message_is_as_long_as_the_next(text: bytes) -> None:
    browser = FakeBrowser("")
    body = encrypt(text, browser.p256dh, browser.auth)
    assert browser.open(body).rstrip(b" ") == text
    assert len(body) == len(encrypt(b"", browser.p256dh, browser.auth))


def test_nobody_else_reads_it() -> None:
    browser = FakeBrowser("")
    with pytest.raises(InvalidTag):
        FakeBrowser("", browser.key).open(encrypt(b"x", browser.p256dh, browser.auth))


def test_a_token_is_good_for_one_push_service_and_for_half_a_day() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    vapid = read_vapid(new_vapid_key(), "https://kamar.example")
    token = vapid.authorization("https://push.example.com/send/secret", now).split("t=")[1].split(",")[0]
    claims = json.loads(decode(token.split(".")[1]))
    assert claims == {
        "aud": "https://push.example.com",
        "exp": int((now + timedelta(hours=12)).timestamp()),
        "sub": "https://kamar.example",
    }


def test_a_key_read_back_is_the_same_key() -> None:
    text = new_vapid_key()
    assert read_vapid(text, "").public == read_vapid(text, "").public
    assert is_key(decode(read_vapid(text, "").public))


@pytest.mark.parametrize("key", [b"", b"\x04" + b"\x01" * 64, b"\x04" * 64, b"\x00"])
def test_what_is_no_point_of_the_curve_is_no_key(key: bytes) -> None:
    assert not is_key(key)
