"""The page of votes: members of the place choose once, see no count before the end, and the result after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from kamar.organisation import OfficeCode
from kamar_store import mandate as mandates
from kamar_store import vacancy, vacancy_vote
from kamar_store.tables import member
from tests.portal.browser import Browser
from tests.portal.officers import RT, Town, town

__all__ = ["town"]
OFFICE = OfficeCode("koordinator")
DAY = timedelta(days=1)


@pytest.fixture
async def vote(town: Town) -> int:
    """Open a vote at the RT with two who stand; return its number."""
    organisation, now = town.house.portal.site.organisation, town.house.clock()
    async with town.house.store.write() as db:
        for who, words in (("warga", "Saya siap"), ("calon", "")):
            await vacancy.offer(db, organisation, town.people[who], RT, OFFICE, words, now)
        return await vacancy_vote.open_vote(db, organisation, None, RT, OFFICE, 3 * DAY, now)


async def choose(browser: Browser, vote: int, offer: int) -> int:
    """Send a ballot as its form does, whether the page shows one or not."""
    await browser.visit("/saya")
    token = browser.page.form("/saya/nama").fields[0][1]
    data = {"formulir": token, "pemilihan": str(vote), "calon": str(offer)}
    return (await browser.client.post("/pemilihan", data=data)).status


async def counts(town: Town, vote: int) -> list[int]:
    async with town.house.store.read() as db:
        return [each.votes for each in await vacancy_vote.candidates(db, vote)]


async def test_a_member_chooses_once_and_reads_the_result_at_the_end(town: Town, vote: int) -> None:
    browsers = [await town.browse(who) for who in ("ketua", "bendahara", "koordinator")]
    assert "1 pemilihan menunggu suara Anda" in (await browsers[0].visit("/jabatan")).text
    for browser, choice in zip(browsers, ("1", "1", "2"), strict=True):
        page = await browser.visit("/pemilihan")
        assert "Siapa menjadi Koordinator Kamar?" in page.text
        assert "Saya siap" in page.text
        page = await browser.send("/pemilihan", {"calon": choice})
        assert "suara Anda sudah dihitung" in page.text
        assert "Anda sudah memilih" in page.text
        assert "1 suara" not in page.text
        assert "2 suara" not in page.text
    assert await choose(browsers[0], vote, 2) == 422
    assert await counts(town, vote) == [2, 1]
    assert "pemilihan menunggu suara Anda" not in (await browsers[0].visit("/jabatan")).text
    town.house.clock.pass_by(3 * DAY)
    async with town.house.store.write() as db:
        await vacancy_vote.close(db, town.house.portal.site.organisation, vote, town.house.clock())
        assert await mandates.held_by(db, town.people["warga"].id, town.house.clock()) == [(RT, OFFICE)]
    page = await (await town.browse("calon")).visit("/pemilihan")
    assert "Hasil: Koordinator Kamar" in page.text
    assert "<b>Warga</b>: 2 suara" in page.text
    assert page.text.count("Terpilih") == 1


async def test_a_neighbour_sees_no_vote_and_has_no_voice_and_a_stranger_no_page(town: Town, vote: int) -> None:
    neighbour = await town.browse("tetangga")
    page = await neighbour.visit("/pemilihan")
    assert (page.status, "Koordinator Kamar" in page.text) == (200, False)
    assert await choose(neighbour, vote, 1) == await choose(neighbour, vote + 50, 1) == 422
    assert await counts(town, vote) == [0, 0]
    assert (await (await town.browse("asing")).visit("/pemilihan")).status == 401


async def test_who_came_later_sees_the_vote_without_a_ballot(town: Town, vote: int) -> None:
    later = await town.browse("ketua")
    async with town.house.store.write() as db:
        joined = town.house.clock() + timedelta(hours=1)
        await db.execute(update(member).where(member.c.id == town.people["ketua"].id).values(joined_at=joined))
    page = await later.visit("/pemilihan")
    assert "Siapa menjadi Koordinator Kamar?" in page.text
    assert 'name="calon"' not in page.text
    assert await choose(later, vote, 1) == 422
    assert await counts(town, vote) == [0, 0]


async def test_nobody_votes_for_one_who_does_not_stand(town: Town, vote: int) -> None:
    browser = await town.browse("ketua")
    assert await choose(browser, vote, 77) == 422
    assert await choose(browser, vote, 1) == 200
    assert await counts(town, vote) == [1, 0]
