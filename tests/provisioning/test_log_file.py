"""The log of all children."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kamar_provisioning.log_file import KEPT, LogFile

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)


def test_every_line_carries_time_and_name(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "kamar.log", lambda: NOW)
    log.write("synapse", "satu\ndua\n\n")
    assert (tmp_path / "kamar.log").read_text() == (
        "2026-11-21T07:30:00.000Z synapse  satu\n2026-11-21T07:30:00.000Z synapse  dua\n"
    )


def test_a_long_log_is_rotated_and_old_parts_are_dropped(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "kamar.log", lambda: NOW, size_max=100)
    for number in range(50):
        log.write("synapse", f"baris {number} " + "x" * 60)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["kamar.log", *(f"kamar.log.{number}" for number in range(1, KEPT + 1))]
    assert "baris 49" in (tmp_path / "kamar.log").read_text() + (tmp_path / "kamar.log.1").read_text()


def test_a_log_is_continued_after_a_restart(tmp_path: Path) -> None:
    for word in ("satu", "dua"):
        log = LogFile(tmp_path / "kamar.log", lambda: NOW)
        log.write("kamar", word)
        log.close()
    assert len((tmp_path / "kamar.log").read_text().splitlines()) == 2
