"""Documentation that a program can check is checked."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kamar_provisioning.command import SUBCOMMANDS
from kamar_provisioning.jobs import handlers

ROOT = Path(__file__).parents[1]
NAMED_TEST = r"`(tests/[\w/]+\.py)::(test_\w+)`"
KINDS = ("feature", "fix", "upgrade", "doc")


def _text(name: str) -> str:
    return (ROOT / name).read_text()


def _dependencies() -> set[str]:
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    return {re.split(r"[^A-Za-z0-9_-]", name)[0] for name in wanted} - {project["name"]}


def test_every_dependency_is_explained() -> None:
    explained = set(re.findall(r"[a-z0-9-]+", _text("docs/dependencies.md")))
    assert _dependencies() - explained == set()


def test_every_dependency_is_locked_with_hashes() -> None:
    locked = _text("requirements-dev.lock")
    assert {name for name in _dependencies() if f"\n{name}" not in f"\n{locked}"} == set()
    pins = re.findall(r"^[^\s#].*$", locked, re.MULTILINE)
    assert [pin for pin in pins if not pin.endswith("\\")] == []  # the hashes follow


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-bootstrap.lock"])
def test_no_lock_file_names_a_host(name: str) -> None:
    assert re.findall(r"https?://|file:|--index-url|--find-links", _text(name)) == []


def test_a_server_runs_the_versions_that_are_tested() -> None:
    tested = set(re.findall(r"^\S+==\S+", _text("requirements-dev.lock"), re.MULTILINE))
    assert set(re.findall(r"^\S+==\S+", _text("requirements.lock"), re.MULTILINE)) <= tested


def test_every_command_is_in_the_documentation() -> None:
    pages = "".join(page.read_text() for page in [*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"])
    assert [item.name for item in SUBCOMMANDS if f"kamar {item.name}" not in pages] == []


def test_every_row_of_the_outbox_is_in_the_documentation() -> None:
    table = _text("docs/architecture.md").partition("## The outbox")[2].partition("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {kind for row in rows for kind in re.findall(r"`(\w+)`", row)} == set(handlers())


def test_nothing_is_said_twice_on_a_page() -> None:
    """Two rows of one table that begin alike, and two lines that begin alike, are what careless merging leaves."""
    twice = []
    for page in [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("*/README.md")]:
        seen: set[str] = set()
        for line in re.sub(r"(?ms)^```.*?^```$", "", page.read_text()).splitlines():
            if not line.strip():
                seen.clear()  # another paragraph or table may begin alike
            start = line.split("|")[1] if line.startswith("|") else line[:40]
            if start in seen and len(start) > 3 and not set(start) <= set("- "):
                twice.append(f"{page.relative_to(ROOT)}: {line[:80]}")
            seen.add(start)
    assert twice == []


def test_every_test_that_the_documentation_names_is_there() -> None:
    named = {pair for page in (ROOT / "docs").rglob("*.md") for pair in re.findall(NAMED_TEST, page.read_text())}
    assert len(named) > 50
    wrong = [(file, test) for file, test in named if f"def {test}(" not in _text(file)]
    assert wrong == []


def test_every_note_for_the_next_release_has_a_known_kind_and_is_a_sentence() -> None:
    notes = [note for note in (ROOT / "changelog.d").iterdir() if note.name != "README.md"]
    assert [note.name for note in notes if not re.fullmatch(rf"\+[\w-]+\.({'|'.join(KINDS)})\.md", note.name)] == []
    assert [note.name for note in notes if not note.read_text().strip().endswith(".")] == []


def test_no_link_in_the_documentation_is_broken() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "changelog.d").glob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []
