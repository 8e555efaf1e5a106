"""Boards: full or not, women enough or not told, against thresholds that are data."""

from __future__ import annotations

import pytest

from kamar.board import Board, Threshold, report
from kamar.ids import NodePath
from kamar.organisation import OrganisationError, parse, profile

ASKED = {"kota": Threshold(full=0.75, women=0.3)}


def board(number: int, held: int = 3, women: int | None = 1) -> Board:
    return Board(NodePath(f"32.{number:02}"), "kota", 3, held, women)


@pytest.mark.parametrize(
    ("boards", "nodes", "met"),
    [
        ([board(1), board(2), board(3)], 4, True),
        ([board(1), board(2)], 4, False),
        ([board(1), board(2), board(3, held=2)], 4, False),
        ([board(1), board(2), board(3, women=0)], 4, False),
        ([board(1), board(2), board(3, women=None)], 4, False),
        ([board(1), board(2), board(3), board(4, held=1)], 4, True),
        ([], 0, False),
    ],
    ids=["enough", "too few", "a gap", "no woman", "not told", "one may be missing", "nothing"],
)
def test_a_level_is_ready_with_enough_full_boards_and_women_in_each(boards: list[Board], nodes: int, met: bool) -> None:
    (line,) = report(ASKED, {"kota": nodes}, boards)
    assert line.met is met


def test_the_party_asks_every_province_three_quarters_of_kota_and_half_of_kecamatan() -> None:
    asked = {level: threshold.full for level, threshold in profile("partai").thresholds.items()}
    assert asked == {"provinsi": 1.0, "kota": 0.75, "kecamatan": 0.5}
    assert profile("serikat").thresholds == {}


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"rt9": {"full": 1}}, "board.rt9: no such level"),
        ({"kota": {"full": 2}}, "board.kota.full: must be from 0 to 1"),
        ({"kota": {"men": 1}}, "board.kota.men: unknown key"),
        ({"kota": 3}, "board.kota: must be a section"),
    ],
)
def test_a_wrong_threshold_is_named_with_its_path(section: object, problem: str) -> None:
    axes = {"wilayah": {"levels": ["negara", "kota"], "rooms": {}}}
    with pytest.raises(OrganisationError) as refused:
        parse({"organisasi": {"name": "X"}, "axes": axes, "board": section})
    assert problem in refused.value.problems
