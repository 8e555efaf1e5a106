"""``kamar plan``, ``apply`` and ``rollback``, as somebody types them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kamar.ids import NodePath
from kamar.state import State
from kamar.wilayah import official_name
from kamar_provisioning import settings_file
from kamar_provisioning.command import main
from kamar_provisioning.site import open_site
from kamar_store import restructure, wilayah
from kamar_store.migrate import migrate
from kamar_store.wilayah_import import OfficialNode, insert_official

DESA = "32.16.19.2005"
SPLIT = f"judul Pemekaran\npecah {DESA}/RW005 -> {DESA}/RW012 : RT002\n"
PLACES = (("Desa", "Sukaresmi"), ("Kecamatan", "Cikarang Selatan"), ("Kabupaten", "Bekasi"), ("Provinsi", "Jawa Barat"))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Give a server with one village that was never started."""
    directory = State(tmp_path / "var")
    directory.root.mkdir(mode=0o700)
    settings_file.create(directory)
    asyncio.run(_fill(directory))
    return directory.root


async def _fill(state: State) -> None:
    site = open_site(state)
    await migrate(site.store)
    chain = (DESA, "32.16.19", "32.16", "32")
    places = [
        OfficialNode(NodePath(path), *PLACES[depth], official_name(PLACES[depth:]), "", "SK 1", date(2025, 4, 25))
        for depth, path in enumerate(chain)
    ]
    async with site.store.write() as db:
        await insert_official(db, places)
        for path in (f"{DESA}/RW005/RT001", f"{DESA}/RW005/RT002"):
            await wilayah.declare(db, path)
    await site.store.close()


async def carry_out(state: State, number: int) -> None:
    site = open_site(state)
    more = True
    while more:
        async with site.store.write() as db:
            more = await restructure.advance(db, site.organisation, number, datetime.now(UTC))
    await site.store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pemekaran.txt"
    path.write_text(SPLIT)
    return path


def test_a_plan_is_shown_and_nothing_is_kept(state: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(file), "--state", str(state)]) == 0
    said = capsys.readouterr().out
    assert "  + dibuat: RW 012 Sukaresmi (32.16.19.2005/RW012)" in said
    assert "\x1b[" not in said
    assert main(["plan", "--state", str(state)]) == 0
    assert "Belum ada rencana" in capsys.readouterr().out


def test_what_is_wrong_stands_at_its_line(state: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(f"tutup {DESA}/RW005\nhapus x\n")
    assert main(["plan", str(file), "--state", str(state)]) == 1
    assert "baris 2: Kata hapus tidak dikenal" in capsys.readouterr().err
    file.write_text(f"judul x\ngabung {DESA}/RW005 {DESA}/RW005/RT001\n")
    assert main(["plan", str(file), "--json", "--state", str(state)]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["line"], problem["code"]) == (2, "node_cycle")


def test_a_trial_run_keeps_nothing(state: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(file), "--propose", "--dry-run", "--state", str(state)]) == 0
    capsys.readouterr()
    assert main(["plan", "--json", "--state", str(state)]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_plan_is_proposed_applied_and_rolled_back(
    state: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = ["--state", str(state)]
    assert main(["plan", str(file), "--propose", *here]) == 0
    assert main(["apply", "1", "--no-wait", *here]) == 1  # nobody approved it
    assert "tidak dapat dilakukan" in capsys.readouterr().err
    assert main(["apply", "1", "--alone", "--dry-run", *here]) == 0
    assert main(["apply", "1", "--alone", "--no-wait", *here]) == 0
    asyncio.run(carry_out(State(state), 1))
    assert main(["rollback", "1", "--no-wait", "--json", *here]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "undoing"
    asyncio.run(carry_out(State(state), 1))
    assert main(["plan", *here]) == 0
    assert "sudah dibatalkan" in capsys.readouterr().out
