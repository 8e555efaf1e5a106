"""``kamar vault``: proves the log, changes the key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kamar.ids import MemberId, NodePath, UserId
from kamar.state import State
from kamar_provisioning import settings_file
from kamar_provisioning.command import main
from kamar_store import member, vault, vault_key
from kamar_store.migrate import migrate
from kamar_store.store import connect
from kamar_store.vault import ContactKind
from tests.servers.branch import apart

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path)
    settings_file.create(made)
    vault_key.ensure(made)
    apart(_fill(made))
    return made


async def _fill(state: State) -> None:
    store = connect("sqlite", state.registry)
    await migrate(store)
    keys = vault_key.load(state)
    async with store.write() as db:
        who = MemberId(await member.create(db, UserId("@a:b"), "A", NodePath("32"), None, None, NOW))
        await vault.keep(db, keys, who, ContactKind.EMAIL, "a@contoh.id", NOW)
        await vault.read(db, keys, who, ContactKind.EMAIL, actor=who, purpose="own", now=NOW)
    await store.close()


def test_the_key_changes_and_the_log_is_proved(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    before = vault_key.load(state).newest
    assert main(["vault", "--state", str(state.root), "--rotate"]) == 0
    said = capsys.readouterr().out
    assert "1 isian disegel dengan kunci baru" in said
    assert "Catatan akses utuh." in said
    assert vault_key.load(state).newest != before


def test_a_forged_log_is_told_and_fails_the_command(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(state.registry)) as db:
        db.execute("DROP TRIGGER vault_access_no_UPDATE")
        db.execute("UPDATE vault_access SET purpose = 'innocent'")
        db.commit()
    assert main(["vault", "--state", str(state.root)]) == 1
    assert "Catatan akses rusak mulai baris 1" in capsys.readouterr().out
