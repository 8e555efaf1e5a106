"""What is settled before a server starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kamar.errors import KamarError
from kamar.state import State, read_secret
from kamar_provisioning import directory
from kamar_provisioning.directory import open_directory
from kamar_provisioning.prepare import keep_keys, keep_ports, settle
from kamar_provisioning.settings_file import change, load


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def test_what_the_command_line_says_is_kept(state: State) -> None:
    settle(state, 8081, "https://kamar.contoh.id")
    settings = settle(state, None, None)
    assert (settings.ports.portal, settings.server.public_url) == (8081, "https://kamar.contoh.id")


def test_a_new_server_takes_its_name_from_its_public_address(state: State) -> None:
    assert settle(state, None, "https://kamar.contoh.id").server.name == "kamar.contoh.id"


def test_the_name_stays_when_the_address_comes_later(state: State) -> None:
    settle(state, None, None)
    assert settle(state, None, "https://kamar.contoh.id").server.name == "localhost"


def test_a_changed_name_is_refused(state: State) -> None:
    settle(state, None, None)
    change(state, "server", "name", "lain.id")
    with pytest.raises(KamarError) as refused:
        settle(state, None, None)
    assert (refused.value.code, refused.value.detail) == ("name_changed", {"was": "localhost", "now": "lain.id"})


def test_an_address_that_cannot_work_is_refused_and_not_kept(state: State) -> None:
    with pytest.raises(KamarError, match="settings_invalid"):
        settle(state, None, "http://kamar.contoh.id")
    assert settle(state, None, None).server.public_url == ""


def test_chosen_ports_are_kept(state: State) -> None:
    settings = settle(state, None, None)
    keep_ports(state, settings, {"portal": 8090, "synapse": 20001})
    assert (load(state).ports.portal, load(state).ports.synapse) == (8090, 20001)


def test_a_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    open_directory(State(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KamarError, match="state_not_writable"):
        open_directory(State(tmp_path / "file" / "var"))


def test_the_server_of_another_user_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.settings.write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 12345)
    with pytest.raises(KamarError, match="state_of_another_user"):
        open_directory(state)


def test_a_nearly_full_disk_is_refused_before_anything_is_begun(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "FREE_MB", 10**9)
    with pytest.raises(KamarError, match="disk_low"):
        open_directory(state)


def test_keys_are_made_once_and_kept(state: State) -> None:
    keep_keys(state)
    made = [read_secret(state.secret(name)) for name in ("portal_key", "vapid_key")]
    keep_keys(state)
    assert [read_secret(state.secret(name)) for name in ("portal_key", "vapid_key")] == made
    assert [len(bytes.fromhex(key)) for key in made] == [32, 32]
