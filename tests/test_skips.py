"""No test is skipped unawares where everything must be there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BODIES = {
    "a skipped test": "import pytest\n\ndef test_it():\n    pytest.skip('no browser here')\n",
    "a marked test": "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test_it(): pass\n",
    "a module": "import pytest\n\npytest.importorskip('nothing_of_that_name')\n\ndef test_it(): pass\n",
    "an expected failure": "import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert False\n",
    "a good test": "def test_it(): pass\n",
}


@pytest.mark.parametrize(
    ("body", "ci", "passes"),
    [
        ("a skipped test", "true", False),
        ("a marked test", "true", False),
        ("a module", "true", False),
        ("an expected failure", "true", True),
        ("a good test", "true", True),
        ("a skipped test", "", True),
    ],
)
def test_a_skip_fails_the_run_in_ci_only(tmp_path: Path, body: str, ci: str, passes: bool) -> None:
    (tmp_path / "test_it.py").write_text(BODIES[body] + "\ndef test_other(): pass\n")
    argv = (sys.executable, "-m", "pytest", "-p", "tests.skips", "-c", os.devnull, f"--rootdir={tmp_path}", tmp_path)
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is passes, done.stdout
