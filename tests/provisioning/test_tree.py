"""``kamar tree`` and ``kamar import``, as somebody at the terminal meets them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kamar.ids import NodePath, UserId
from kamar.state import State
from kamar_provisioning import settings_file
from kamar_provisioning.command import main
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.migrate import migrate
from kamar_store.store import Store, connect
from tests.portal.village import SUKARESMI, plant
from tests.servers.branch import apart

KECAMATAN = NodePath("32.16.19")
ACCOUNT = "ketuaa22"


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path)
    settings_file.create(made)
    settings_file.change(made, "server", "name", "kamar.test")
    apart(_fill(made))
    return made


async def _fill(state: State) -> None:
    store = connect("sqlite", state.registry)
    await migrate(store)
    await plant(store)
    async with store.write() as db:
        user = UserId(f"@{ACCOUNT}:kamar.test")
        await members.create(db, user, "Siti", SUKARESMI, None, None, datetime.now(UTC))
    await store.close()


def held(state: State) -> list[tuple[NodePath, str]]:
    async def ask() -> list[tuple[NodePath, str]]:
        store: Store = connect("sqlite", state.registry)
        async with store.read() as db:
            who = await members.by_user(db, f"@{ACCOUNT}:kamar.test")
            assert who is not None
            found = await mandates.held_by(db, who.id, datetime.now(UTC))
        await store.close()
        return [(node, str(office)) for node, office in found]

    return apart(ask())


def table(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "daftar.csv"
    file.write_text("\n".join(["tempat;jabatan;orang", *rows]))
    return file


def test_the_tree_is_drawn_with_officers_and_gaps(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(state.root, f"{KECAMATAN};ketua;{ACCOUNT}")
    assert main(["import", "pengurus", str(file), "--state", str(state.root)]) == 0
    capsys.readouterr()
    assert main(["tree", str(KECAMATAN), "--state", str(state.root)]) == 0
    drawn = capsys.readouterr().out
    assert drawn.splitlines()[:3] == [
        "Kecamatan Cikarang Selatan  1 anggota",
        "│  Ketua Exco: Siti ketuaa22",
        "│  kosong: Sekretaris Exco, Bendahara Exco, Motivator",
    ]
    assert "└─ Desa Sukaresmi  1 anggota" in drawn
    assert "\033[" not in drawn  # no colours where nobody looks


def test_the_tree_as_json_goes_as_deep_as_asked(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tree", "--depth", "3", "--json", "--state", str(state.root)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["children"][0]["children"][0]["children"][0]["path"] == KECAMATAN
    assert found["children"][0]["children"][0]["children"][0]["children"] == []


def test_a_name_that_several_bear_is_answered_with_the_places(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tree", "su", "--state", str(state.root)]) == 0
    assert "Desa Sukaresmi" in capsys.readouterr().out
    assert main(["tree", "i", "--state", str(state.root)]) == 1
    assert "32.16.19.2004" in capsys.readouterr().out


def test_a_dry_run_and_a_faulty_table_write_nothing(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = f"{KECAMATAN};ketua;{ACCOUNT}", f"{KECAMATAN};raja;{ACCOUNT}"
    assert main(["import", "pengurus", str(table(state.root, good)), "--dry-run", "--state", str(state.root)]) == 0
    assert "Belum ada yang ditulis" in capsys.readouterr().out
    file = str(table(state.root, good, bad))
    assert main(["import", "pengurus", file, "--json", "--state", str(state.root)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [(fault["line"], fault["code"]) for fault in report["faults"]] == [(3, "import_office")]
    assert held(state) == []


def test_who_has_no_account_gets_an_invitation(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    file = table(state.root, f"{KECAMATAN};sekretaris;Budi Santoso", f"{KECAMATAN};ketua;{ACCOUNT}")
    assert main(["import", "pengurus", str(file), "--json", "--state", str(state.root)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["written"], report["invitations"][0]["name"]) == (1, "Budi Santoso")
    assert len(report["invitations"][0]["code"]) == 10
    assert held(state) == [(KECAMATAN, "ketua")]


def test_the_template_can_be_imported_back(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    file = state.root / "contoh.xlsx"
    assert main(["import", "pengurus", str(file), "--template", "--state", str(state.root)]) == 0
    assert main(["import", "pengurus", str(file), "--dry-run", "--state", str(state.root)]) == 1
    assert "Akun kf3qd7mz tidak ada" in capsys.readouterr().out
