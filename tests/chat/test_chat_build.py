"""Building the web client: only when needed, whole or not at all, and in words when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kamar.errors import KamarError
from kamar.state import State
from kamar_provisioning import chat

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> State:
    state = State(tmp_path_factory.mktemp("built"))
    chat.build(state)
    return state


def test_the_build_is_whole_and_compressed(built: State) -> None:
    names = {path.name for path in built.chat.iterdir()}
    assert {"index.html", "index.html.gz", "index.html.br", "sw.js", "build.json"} <= names
    assert "config.json" not in names
    page = (built.chat / "index.html").read_text()
    assert '<html lang="id"' in page
    assert "{" not in page


def test_no_font_is_fetched(built: State) -> None:
    [sheet] = built.chat.glob("theme-*.css")
    assert "@font-face{font-family:Inter" not in sheet.read_text().replace(" ", "")


def test_building_again_does_nothing(built: State) -> None:
    said: list[str] = []
    before = built.chat.stat().st_ino
    chat.build(built, said.append)
    assert built.chat.stat().st_ino == before
    assert not said


def test_a_second_server_copies_the_first_ones_build(built: State, tmp_path: Path) -> None:
    said: list[str] = []
    chat.build(State(tmp_path / "other"), said.append)
    assert (tmp_path / "other" / "chat" / "build.json").read_text() == (built.chat / "build.json").read_text()
    assert not said


def test_a_half_copied_build_is_made_again(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.chat.mkdir()
    (state.chat / "index.html").write_text("half")
    chat.build(state)
    assert "half" not in (state.chat / "index.html").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["chat"]


def test_a_failing_build_says_why_and_leaves_the_old_one(
    built: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(tmp_path / "state")
    state.chat.mkdir(parents=True)
    (state.chat / "build.json").write_text(json.dumps({"hash": "old"}))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # nothing kept
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")  # nobody answers there
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(KamarError) as failure:
        chat.build(state)
    assert failure.value.code == "chat_build_failed"
    assert "registri npm" in str(failure.value.detail["what"])
    assert json.loads((state.chat / "build.json").read_text()) == {"hash": "old"}
    assert [path.name for path in state.root.iterdir()] == ["chat"]
