"""What a newcomer answers."""

from __future__ import annotations

import random
from contextlib import nullcontext

import pytest

from kamar.consent import PURPOSES, read_consent
from kamar.errors import KamarError
from kamar.signup import (
    Step,
    new_passphrase,
    new_recovery,
    next_step,
    plain_recovery,
    read_age,
    read_home,
    read_password,
)
from kamar.wordlist import WORDS

VILLAGE = "32.16.19.2005"
REQUIRED = [purpose.key for purpose in PURPOSES if purpose.required]


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        ({}, Step.PLACE),
        ({"home": VILLAGE}, Step.CONSENT),
        ({"home": VILLAGE, "consent": REQUIRED}, Step.ACCOUNT),
    ],
)
def test_a_broken_off_signup_goes_on_where_it_stopped(answers: dict[str, object], step: Step) -> None:
    assert next_step(answers) is step


@pytest.mark.parametrize(
    ("rw", "rt", "home"),
    [
        ("", "", VILLAGE),
        ("5", "", f"{VILLAGE}/RW005"),
        ("005", "3", f"{VILLAGE}/RW005/RT003"),
        ("", "12", f"{VILLAGE}/RT012"),
        ("999", "999", f"{VILLAGE}/RW999/RT999"),
    ],
)
def test_a_home_is_read_as_people_write_it(rw: str, rt: str, home: str) -> None:
    assert read_home(VILLAGE, rw, rt) == home


@pytest.mark.parametrize(
    ("village", "rw", "rt", "code"),
    [
        ("", "", "", "village_missing"),
        ("32.16.19", "", "", "village_missing"),
        (f"{VILLAGE}/RW005", "", "", "village_missing"),
        ("Sukaresmi", "", "", "wilayah_unknown"),
        (VILLAGE, "000", "1", "rw_out_of_range"),
        (VILLAGE, "5", "000", "rt_out_of_range"),
        (VILLAGE, "5", "1000", "rt_out_of_range"),
        (VILLAGE, "-1", "", "rw_out_of_range"),
        (VILLAGE, "٣", "", "rw_out_of_range"),
    ],
)
def test_a_home_that_cannot_be_is_refused(village: str, rw: str, rt: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        read_home(village, rw, rt)
    assert refused.value.code == code


@pytest.mark.parametrize(("answer", "accepted"), [("17", True), ("", False), ("16", False), ("on", False)])
def test_only_who_says_to_be_seventeen_goes_on(answer: str, accepted: bool) -> None:
    with nullcontext() if accepted else pytest.raises(KamarError, match="age_missing"):
        read_age(answer)


def test_each_purpose_gets_an_answer_with_the_hash_of_its_words() -> None:
    answers = read_consent([*REQUIRED, "analysis"])
    given = {answer.purpose.key: answer.given for answer in answers}
    assert given == {"account": True, "messages": True, "analysis": True, "contact": False}
    assert len({answer.purpose.text_hash for answer in answers}) == len(PURPOSES)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_required_purpose_cannot_be_left_out(missing: str) -> None:
    with pytest.raises(KamarError, match="consent_missing"):
        read_consent([key for key in REQUIRED if key != missing])


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("pendek", "password_short"),
        ("x1y2z3w4v5" * 8, "password_long"),
        ("aaaaaaaaaaaa", "password_common"),
        ("Indonesia123", "password_common"),
        ("0123456789", "password_common"),
        ("siti aminah", "password_common"),
    ],
)
def test_a_weak_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(KamarError) as refused:
        read_password(password, "Siti Aminah")
    assert refused.value.code == code


def test_what_we_make_up_is_accepted_and_made_of_words() -> None:
    dice = random.Random(1)
    assert read_password(new_passphrase(dice), "Siti")
    assert set(new_recovery(dice)) <= set(WORDS)


def test_recovery_words_count_however_they_are_typed() -> None:
    words = new_recovery(random.Random(2))
    assert plain_recovery(" ".join(words)) == plain_recovery("\n".join(f"{word.upper()}," for word in words))


def test_the_words_carry_nine_bits_each() -> None:
    assert len(set(WORDS)) == 512
    assert all(4 <= len(word) <= 8 for word in WORDS)
