"""A skipped test is a hole: where everything must be there (``CI=true``), skipping unawares fails the run."""

from __future__ import annotations

import os

import pytest

ALLOWED: tuple[str, ...] = ()
"""Beginnings of the reasons for which a test may be skipped even in CI."""

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember every test that was skipped without a good reason."""
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember every module that was skipped without a good reason."""
    _note(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for them, in CI."""
    if _skipped and _in_ci():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name them."""
    if _skipped and _in_ci():
        terminalreporter.section("skipped in CI: the run fails", red=True)
        for line in _skipped:
            terminalreporter.line(line)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not (ALLOWED and reason.removeprefix("Skipped: ").startswith(ALLOWED)):
        _skipped.append(f"{report.nodeid}: {reason}")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"
