"""What an open page is told that it does not show yet."""

from __future__ import annotations

import pytest

from kamar_bridges.plain_chat import News
from kamar_portal.plain_chat_stream import unseen

FIRST, SECOND = {"event_id": "$one"}, {"event_id": "$two"}


@pytest.mark.parametrize(
    ("there", "seen", "told", "gap"),
    [
        ([FIRST, SECOND], "$one", [SECOND], False),
        ([FIRST, SECOND], "$two", [], False),
        ([FIRST], "", [FIRST], False),
        ([], "", [], False),
        ([], "$one", [], False),
        ([FIRST, SECOND], "$long-ago", [], True),
    ],
    ids=["one more", "nothing new", "said since an empty page was made", "empty", "all gone", "too much for a stream"],
)
def test_an_open_page_hears_all_that_it_does_not_show(
    there: list[dict[str, str]], seen: str, told: list[dict[str, str]], gap: bool
) -> None:
    news = unseen(News(there, {}, "s1"), seen)
    assert (list(news.events), news.gap) == (told, gap)
