"""Every refusal that the pages can give, in words, beside its field; what was typed stays, passwords do not."""

from __future__ import annotations

import pytest

from kamar.sentences import SENTENCES
from tests.portal.browser import Browser
from tests.portal.conftest import House
from tests.portal.village import SUKARESMI

Values = dict[str, str | list[str]]
GOOD: dict[str, Values] = {
    "tempat": {"rt": "3", "rw": "5"},
    "setuju": {"umur": "17", "setuju": ["account", "messages"]},
    "akun": {"nama": "Budi", "sandi": "gunung biru tinggi", "buatan": "tidak"},
}
REFUSED: list[tuple[str, Values, str]] = [
    ("tempat", {"rt": "000", "rw": "5"}, "rt_out_of_range"),
    ("tempat", {"rt": "1000", "rw": "5"}, "rt_out_of_range"),
    ("tempat", {"rt": "tiga", "rw": "5"}, "rt_out_of_range"),
    ("tempat", {"rt": "3", "rw": "0"}, "rw_out_of_range"),
    ("tempat", {"rt": "3", "rw": "-5"}, "rw_out_of_range"),
    ("tempat", {"rt": "000/005", "rw": ""}, "rt_out_of_range"),
    ("tempat", {"desa": ""}, "village_missing"),
    ("tempat", {"desa": "32.16"}, "village_missing"),
    ("tempat", {"desa": "99.99.99.9999"}, "wilayah_unknown"),
    ("tempat", {"desa": "'; DROP TABLE node"}, "wilayah_unknown"),
    ("setuju", {"setuju": ["account", "messages"]}, "age_missing"),
    ("setuju", {"umur": "16", "setuju": ["account", "messages"]}, "age_missing"),
    ("setuju", {"umur": "17", "setuju": ["account"]}, "consent_missing"),
    ("setuju", {"umur": "17", "setuju": ["account", "messages", "everything"]}, "consent_unknown"),
    ("akun", {"nama": ""}, "name_short"),
    ("akun", {"nama": "B" * 10_000}, "name_long"),
    ("akun", {"nama": "B" * 41}, "name_long"),
    ("akun", {"nama": "Bu\u202edi"}, "name_characters"),
    ("akun", {"nama": "Bu\x00di"}, "name_characters"),
    ("akun", {"nama": "12345"}, "name_characters"),
    ("akun", {"nama": "Ketua RT"}, "name_reserved"),
    ("akun", {"nama": "K\u0435tua"}, "name_reserved"),  # a Cyrillic letter
    ("akun", {"nama": "Adm1n"}, "name_reserved"),
    ("akun", {"sandi": "pendek"}, "password_short"),
    ("akun", {"sandi": "panjang " * 20}, "password_long"),
    ("akun", {"sandi": "password12345"}, "password_common"),
]


@pytest.mark.parametrize(("screen", "wrong", "code"), REFUSED, ids=[f"{row[2]}-{n}" for n, row in enumerate(REFUSED)])
async def test_a_refusal_says_what_to_do(house: House, browser: Browser, screen: str, wrong: Values, code: str) -> None:
    invitation = await house.code()
    await browser.visit(f"/g/{invitation}")
    await browser.send(f"/g/{invitation}")
    await browser.visit(f"/g/{invitation}/tempat?desa={SUKARESMI}")
    for name, good in GOOD.items():
        action = f"/g/{invitation}/{name}"
        if name == screen:
            values = wrong if screen == "setuju" else {**good, **wrong}
            page = await browser.send(action, values)
            break
        await browser.send(action, good)
    sentence = SENTENCES[code].format(least=2 if code == "name_short" else 10, most=40 if "name" in code else 72)
    assert page.status in (404, 422)
    assert sentence in page.text
    assert 'role="alert"' in page.text
    assert "gunung biru" not in page.text
    if "desa" in wrong:
        await browser.visit(f"{action}?desa={SUKARESMI}")
    elif screen == "tempat":
        assert {"rt": values["rt"], "rw": values["rw"]}.items() <= dict(page.form(action).fields).items()
    if screen == "akun" and "sandi" in wrong:
        assert ("nama", "Budi") in page.form(action).fields
    assert not house.synapse.accounts
    assert (await browser.send(action, GOOD[screen])).status == 200


@pytest.mark.parametrize(
    ("typed", "code", "status"),
    [
        ("halo", "code_malformed", 422),
        ("K2-222-222-22", "code_malformed", 422),
        ("K" * 400, "code_malformed", 422),
        ("unknown", "code_unknown", 404),
        ("revoked", "code_revoked", 410),
    ],
)
@pytest.mark.parametrize("way", ["link", "field"])
async def test_a_code_that_is_no_good_says_why(
    house: House, browser: Browser, typed: str, code: str, status: int, way: str
) -> None:
    if typed == "unknown":
        typed = house.unused_code()
    if typed == "revoked":
        typed = await house.revoked_code()
    if way == "link":
        page = await browser.visit(f"/g/{typed}")
    else:
        await browser.visit("/")
        page = await browser.send("/", {"kode": typed})
    assert page.status == status
    assert SENTENCES[code] in page.text


async def test_a_sign_up_ends_when_its_code_is_taken_back(house: House, browser: Browser) -> None:
    code = await house.code()
    await browser.visit(f"/g/{code}")
    await browser.send(f"/g/{code}")
    await house.revoke(code)
    assert (await browser.visit(f"/g/{code}/tempat")).status == 410


async def test_english_is_spoken_to_those_who_ask_for_it(house: House, browser: Browser) -> None:
    page = await browser.visit(f"/g/{house.unused_code()}", **{"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in page.text
    assert SENTENCES["code_unknown"] not in page.text
