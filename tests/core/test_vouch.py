"""Whose word counts for a newcomer, and how many words it takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamar.errors import KamarError
from kamar.ids import MemberId, NodePath
from kamar.vouch import NEEDED, Voucher, Word, is_enough, read_word

VILLAGE = NodePath("32.16.19.2005")
RW = NodePath(f"{VILLAGE}/RW005")
RT, NEXT = NodePath(f"{RW}/RT003"), NodePath(f"{RW}/RT004")
FAR = NodePath("32.16.19.2001/RW005/RT003")
NEWCOMER = MemberId(9)


def voucher(
    home: NodePath = RT, *, vouched: bool = True, admin: bool = False, of: tuple[NodePath, ...] = ()
) -> Voucher:
    return Voucher(MemberId(1), home, vouched, admin, of)


@pytest.mark.parametrize(
    ("who", "rt_open", "answer"),
    [
        (voucher(), True, Word.NEIGHBOUR),
        (voucher(NEXT), True, "vouch_stranger"),
        (voucher(NEXT), False, Word.NEIGHBOUR),
        (voucher(FAR), False, "vouch_stranger"),
        (voucher(vouched=False), True, "vouch_newcomer"),
        (voucher(FAR, of=(RT,)), True, Word.COORDINATOR),
        (voucher(FAR, of=(RW,)), True, Word.COORDINATOR),
        (voucher(FAR, of=(VILLAGE,)), True, Word.COORDINATOR),
        (voucher(FAR, of=(NEXT,)), True, "vouch_stranger"),
        (voucher(NEXT, of=(NEXT,)), True, "vouch_stranger"),
        (voucher(FAR, admin=True), True, Word.COORDINATOR),
    ],
    ids=[
        "same RT",
        "next RT",
        "next RT while this one has no kamar",
        "another village",
        "a newcomer",
        "coordinator of the RT",
        "coordinator of the RW",
        "coordinator of the village",
        "coordinator elsewhere",
        "coordinator next door",
        "administrator",
    ],
)
def test_whose_word_counts(who: Voucher, rt_open: bool, answer: Word | str) -> None:
    try:
        found: Word | str = read_word(who, NEWCOMER, RT, rt_open=rt_open)
    except KamarError as error:
        found = error.code
    assert found == answer


@pytest.mark.parametrize("admin", [True, False])
def test_nobody_vouches_for_himself(admin: bool) -> None:
    with pytest.raises(KamarError, match="vouch_self"):
        read_word(voucher(admin=admin, of=(VILLAGE,)), MemberId(1), RT, rt_open=True)


@pytest.mark.parametrize(
    ("words", "enough"),
    [
        ([], False),
        ([Word.NEIGHBOUR], False),
        ([Word.CODE], False),
        ([Word.CODE, Word.NEIGHBOUR], True),
        ([Word.NEIGHBOUR] * NEEDED, True),
        ([Word.COORDINATOR], True),
    ],
)
def test_one_coordinator_or_two_neighbours_are_enough(words: list[Word], enough: bool) -> None:
    assert is_enough(words) is enough


@given(st.lists(st.sampled_from(Word)))
def test_more_words_never_make_a_neighbour_a_newcomer(words: list[Word]) -> None:
    assert is_enough([*words, Word.NEIGHBOUR]) or not is_enough(words)
