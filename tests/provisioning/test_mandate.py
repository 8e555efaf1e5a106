"""The commands about mandates, on a server's directory as ``kamar up`` leaves it (without Synapse)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from kamar.ids import NodePath, UserId
from kamar.state import State
from kamar_provisioning.command import main
from kamar_provisioning.site import open_site
from kamar_store import member as members
from kamar_store import vault_key
from kamar_store.migrate import migrate
from kamar_store.tables import node

TODAY = datetime.now(UTC)
Run = Callable[..., tuple[int, Any]]
KAMAR_TOML = Path(__file__).parents[2] / "kamar.toml.example"


@pytest.fixture
def kamar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give ``kamar`` on a fresh registry with a few people and places; it returns exit code and parsed output."""
    (tmp_path / "kamar.toml").write_text(KAMAR_TOML.read_text())
    asyncio.run(_fill(tmp_path))

    def run(*words: str, as_json: bool = True) -> tuple[int, Any]:
        code = main([*words, "--state", str(tmp_path), *(["--json"] if as_json else [])])
        printed = capsys.readouterr().out
        return code, json.loads(printed) if as_json and printed else printed

    return run


async def _fill(directory: Path) -> None:
    site = open_site(State(directory))
    await migrate(site.store)
    async with site.store.write() as db:
        for name in ("siti", "budi", "wati"):
            user = UserId(f"@{name}:{site.settings.server.name}")
            await members.create(db, user, name.title(), NodePath("32.16.19.2005"), None, None, TODAY, vouched=True)
        for path, level in (("32", "provinsi"), ("32.16", "kota"), ("32.16.19", "kecamatan")):
            await db.execute(
                insert(node).values(
                    path=path,
                    parent=path.rpartition(".")[0] or "ID",
                    axis="wilayah",
                    level=level,
                    kind="",
                    name=path,
                    full_name=f"Tempat {path}",
                    decree="",
                    valid_from=TODAY.date(),
                )
            )
    await site.store.close()


def test_an_office_is_given_listed_and_taken_with_a_trial_first(kamar: Run) -> None:
    code, tried = kamar("appoint", "siti", "ketua", "32.16", "--decree", "012/SK/2026", "--dry-run")
    assert (code, tried["status"]) == (0, "in_force")
    assert kamar("mandate", "list", "32.16") == (0, [])
    code, made = kamar("appoint", "siti", "ketua", "32.16", "--decree", "012/SK/2026")
    assert (code, made["account"].split(":")[0], made["decree"]) == (0, "@siti", "012/SK/2026")
    assert [each["id"] for each in kamar("mandate", "list", "32.16")[1]] == [made["id"]]
    assert kamar("dismiss", str(made["id"]), "--dry-run")[1]["status"] == "revoked"
    assert kamar("mandate", "list", "32.16")[1][0]["status"] == "in_force"
    assert kamar("dismiss", str(made["id"]), "--reason", "pindah")[1]["status"] == "revoked"
    assert [each["office"] for each in kamar("mandate", "vacant", "32.16")[1]] == [
        "ketua",
        "sekretaris",
        "bendahara",
        "bidang",
    ]


def test_what_is_refused_is_one_sentence_and_exit_code_one(
    kamar: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kamar("appoint", "siti", "ketua", "32.16")
    for words, sentence in (
        (("budi", "ketua", "32.16"), "sudah terisi"),
        (("tidakada", "ketua", "32.17"), "Orang ini tidak ada"),
        (("budi", "raja", "32.16"), "Jabatan raja tidak ada"),
        (("budi", "ketua", "32.16", "--from", "2020-01-01"), "masa lalu"),
    ):
        assert main(["appoint", *words, "--state", str(tmp_path)]) == 1
        assert sentence in capsys.readouterr().err


def test_a_claim_freezes_both_and_a_decision_ends_the_dispute(kamar: Run) -> None:
    first = kamar("appoint", "siti", "ketua", "32.16")[1]["id"]
    second = kamar("appoint", "budi", "ketua", "32.16", "--claim")[1]
    assert second["status"] == "frozen"
    assert {each["status"] for each in kamar("mandate", "list", "32.16")[1]} == {"frozen"}
    assert kamar("mandate", "decide", str(first))[1]["status"] == "in_force"
    assert kamar("mandate", "list", "32.16")[1][0]["status"] == "revoked"


def test_the_log_is_proved_and_exported(kamar: Run) -> None:
    kamar("appoint", "siti", "ketua", "32.16")
    kamar("mandate", "lend", "siti", "budi", "32.16.19", "announce", "--days", "30")
    rows = kamar("mandate", "export")[1]
    assert [row["action"] for row in rows] == ["appointed", "lent"]
    code, proof = kamar("mandate", "verify")
    assert (code, proof["broken"], proof["hash"]) == (0, None, rows[-1]["hash"])
    assert "siti" not in json.dumps(rows).lower()
    assert "utuh" in kamar("mandate", "verify", as_json=False)[1]


def test_the_draft_of_a_decree_is_a_pdf(kamar: Run, tmp_path: Path) -> None:
    made = kamar("appoint", "siti", "ketua", "32.16", "--decree", "012/SK/2026")[1]
    file = tmp_path / "sk.pdf"
    assert kamar("mandate", "sk", str(made["id"]), str(file))[0] == 0
    assert file.read_bytes().startswith(b"%PDF-")


def test_preflight_is_ready_when_boards_are_full_and_their_women_counted(kamar: Run) -> None:
    for place in ("32", "32.16", "32.16.19"):
        for name, office in (("siti", "ketua"), ("budi", "sekretaris"), ("wati", "bendahara")):
            assert kamar("appoint", name, office, place)[0] == 0
    code, lines = kamar("preflight", "pengurus")
    assert (code, [line["full_share"] for line in lines]) == (1, [1.0, 1.0, 1.0])
    for place in ("32", "32.16", "32.16.19"):
        assert kamar("mandate", "women", place, "2")[0] == 0
    code, lines = kamar("preflight", "pengurus")
    assert (code, [line["met"] for line in lines]) == (0, [True, True, True])
    ended = kamar("mandate", "list", "32.16.19")[1][0]["id"]
    kamar("dismiss", str(ended))
    assert kamar("preflight", "pengurus")[0] == 1
    assert "✗ kecamatan: 0 dari 1 lengkap" in kamar("preflight", "pengurus", as_json=False)[1]


def test_a_day_begins_where_the_office_is(kamar: Run) -> None:
    tomorrow = (TODAY + timedelta(days=2)).date().isoformat()
    planned = kamar("appoint", "siti", "ketua", "32.16", "--from", tomorrow)[1]
    assert planned["status"] == "planned"
    assert planned["starts_at"].endswith("T17:00:00+00:00")  # midnight in Bekasi


def test_the_scan_of_a_decree_is_kept_sealed_and_a_trial_keeps_nothing(
    kamar: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault_key.ensure(State(tmp_path))
    number = str(kamar("appoint", "siti", "ketua", "32.16")[1]["id"])
    scan, page = tmp_path / "sk.pdf", tmp_path / "sk.html"
    scan.write_bytes(b"%PDF-1.7 kanari")
    page.write_bytes(b"<html>")
    proof = hashlib.sha256(scan.read_bytes()).hexdigest()
    assert kamar("mandate", "scan", number, str(scan), "--dry-run")[1]["sha256"] == proof
    assert proof not in str(kamar("mandate", "export")[1])
    for wrong, sentence in ((page, "PDF, JPEG, atau PNG"), (tmp_path / "none", "Pilih dulu berkas")):
        assert main(["mandate", "scan", number, str(wrong), "--state", str(tmp_path)]) == 1
        assert sentence in capsys.readouterr().err
    assert kamar("mandate", "scan", number, str(scan))[1]["kind"] == "application/pdf"
    assert proof in str(kamar("mandate", "export")[1])
    assert kamar("mandate", "verify")[0] == 0
    assert all(b"kanari" not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file != scan)
