"""How members are counted in the tree: to the last one in villages, never fewer than ten below."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kamar.ids import NodePath
from kamar.tree import FEW, FLOOR, SOME, spoken_count, told_counts

VILLAGE = NodePath("32.16.19.2005")


def rt(number: int) -> NodePath:
    return NodePath(f"{VILLAGE}/RW005/RT{number:03d}")


def test_a_village_is_counted_to_the_last_member() -> None:
    assert spoken_count(VILLAGE, 3) == "3"
    assert spoken_count(NodePath("32"), 1_234_567) == "1.234.567"


def test_fewer_than_ten_are_not_counted_below_a_village_or_off_the_territory() -> None:
    assert [spoken_count(rt(1), count) for count in (0, 9, 10)] == [FEW, FEW, "10"]
    assert spoken_count(NodePath("jaringan/ojol"), 9) == FEW


def test_a_single_hidden_place_hides_the_next_smallest_too() -> None:
    assert told_counts({rt(1): 4, rt(2): 12, rt(3): 30}) == {rt(1): FEW, rt(2): SOME, rt(3): "30"}


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12))
def test_the_whole_less_what_is_told_never_gives_one_small_place_away(counts: list[int]) -> None:
    told = told_counts({rt(number): count for number, count in enumerate(counts, 1)})
    small = [rt(number) for number, count in enumerate(counts, 1) if 0 < count < FLOOR]
    hidden = [path for path, words in told.items() if not words.isdigit()]
    assert all(told[path] == FEW for path in small)
    known = [count for number, count in enumerate(counts, 1) if count >= FLOOR]
    assert not small or not known or len(hidden) > 1
