"""Which messages are refused, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.peace_message import (
    Flood,
    RoomRules,
    is_report,
    refuse_flood,
    refuse_muted,
    refuse_private,
    refuse_words,
    rules_from_json,
    rules_to_json,
    unwanted,
)

NIK = "3216191203900001"
SITI = "@siti:kamar.test"


def code_of(rule: Any, *given: Any) -> str | None:
    try:
        rule(*given)
    except KamarError as error:
        return error.code
    return None


def photo(name: str, caption: str | None = None, **more: str) -> dict[str, Any]:
    said = {"body": name} if caption is None else {"body": caption, "filename": name}
    return {"msgtype": "m.image", "url": f"mxc://kamar.test/{NIK}", **said, **more}


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, **more}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (text(f"ini {NIK}"), "message_nik"),
        (text("x", formatted_body=f"<b>{NIK[:6]}</b>{NIK[6:]}"), "message_nik"),
        (text("* x", **{"m.new_content": text(NIK)}), "message_nik"),
        ({"org.matrix.msc3381.poll.start": {"answers": [{"text": NIK}]}}, "message_nik"),
        ({"nik": int(NIK)}, "message_nik"),
        (photo("a.jpg", NIK), "message_nik"),
        (photo("a.jpg"), None),  # the address of a picture is nobody's identity
        (photo("foto_ktp.jpg"), "message_card"),
        (photo("IMG-E-KTP.png"), "message_card"),
        (photo("scanKTP2.jpg"), "message_card"),
        (photo("kk.jpg"), "message_card"),
        (photo("a.jpg", "ini KTP saya"), "message_card"),
        (photo("a.jpg", "kartu keluarga terbaru"), "message_card"),
        (photo("a.jpg", "foto kk"), "message_card"),
        (photo("a.jpg", "KK pak Budi"), "message_card"),
        (photo("a.jpg", **{"id.sosialkamar.flag": "ktp"}), "message_card"),
        (photo("a.jpg", "makasih kk, bagus"), None),  # "kakak"
        (photo("okkk.jpg"), None),
        (photo("got-depan-musala.jpg", "got mampet"), None),
        (text("Kumpulkan fotokopi KTP besok di balai RW"), None),  # one may speak of cards
    ],
)
def test_identities_are_refused(content: dict[str, Any], code: str | None) -> None:
    assert code_of(refuse_private, "m.room.message", content) == code


@pytest.mark.parametrize(
    ("kind", "content", "now", "code"),
    [
        ("m.room.message", text("halo"), 999, "message_muted"),
        ("m.room.message", text("halo"), 1000, None),
        ("m.reaction", {"m.relates_to": {"key": "👍"}}, 999, "message_muted"),
        ("m.reaction", {"m.relates_to": {"key": "🚩"}}, 999, None),
        ("m.room.encrypted", {"ciphertext": "x"}, 999, "message_muted"),
    ],
)
def test_who_is_muted_can_only_report(kind: str, content: dict[str, Any], now: int, code: str | None) -> None:
    assert code_of(refuse_muted, RoomRules(muted={SITI: 1000}), SITI, kind, content, now) == code
    assert code_of(refuse_muted, RoomRules(muted={SITI: 1000}), "@budi:kamar.test", kind, content, now) is None


@pytest.mark.parametrize(
    ("said", "word", "found"),
    [
        ("dasar anjing", "anjing", True),
        ("ANJ1IIING!", "anjing", True),
        ("ánjing", "anjing", True),
        ("anjingan", "anjing", False),
        ("anjingan", "anjing*", True),
        ("kamus besar", "kamu", False),
        ("tog3l malam ini", "togel", True),
        ("saat rapat", "sat", True),  # the price of reading "saaat": officers see it in the examples
        ("selamat pagi", "anjing", False),
        ("apa saja", "*", False),
    ],
)
def test_a_word_is_known_however_it_is_dressed(said: str, word: str, found: bool) -> None:
    assert (unwanted(said, [word]) is not None) is found
    assert (code_of(refuse_words, RoomRules(words=(word,)), text(said)) is not None) is found


@pytest.mark.parametrize(
    ("earlier", "now", "code"),
    [([], 0.0, None), ([1, 2], 3.0, None), ([1, 2, 3], 4.0, "message_flood"), ([1, 2, 3], 11.0, None)],
    ids=["first", "below", "at the limit", "later"],
)
def test_a_flood_ends_by_itself(earlier: list[float], now: float, code: str | None) -> None:
    assert code_of(refuse_flood, RoomRules(flood=Flood(3, 10)), earlier, now) == code


@pytest.mark.parametrize(("key", "flag"), [("🚩", True), ("🚩\ufe0f", True), ("⚑", True), ("👍", False), ("", False)])
def test_a_flag_is_a_report(key: str, flag: bool) -> None:
    assert is_report("m.reaction", {"m.relates_to": {"key": key}}) is flag
    assert not is_report("m.room.message", {"m.relates_to": {"key": key}})


@given(
    st.dictionaries(st.text(), st.integers(0, 2**53)),
    st.integers(0, 3600),
    st.lists(st.text(min_size=1)),
    st.sets(st.text()),
)
def test_rules_survive_being_written_down(
    muted: dict[str, int], slow: int, words: list[str], officers: set[str]
) -> None:
    rules = RoomRules(muted, slow, 5, Flood(4, 9), tuple(words), 24, frozenset(officers), "Asia/Jayapura")
    assert rules_from_json(rules_to_json(rules)) == rules


@pytest.mark.parametrize("raw", [{}, {"flood": 3}, {**rules_to_json(RoomRules()), "muted": [1]}])
def test_what_is_no_rule_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        rules_from_json(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_content_trips_the_rules(content: object) -> None:
    if isinstance(content, dict):
        code_of(refuse_private, "m.room.message", content)
        code_of(refuse_words, RoomRules(words=("x",)), content)
