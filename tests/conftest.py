"""For all tests: the homeservers they share, and no skipping unawares."""

from __future__ import annotations

from tests.servers.fixtures import homeserver, kamar, module, pool, worker_pool  # noqa: F401 - fixtures of all tests
from tests.skips import (  # noqa: F401 - hooks of pytest
    pytest_collectreport,
    pytest_runtest_logreport,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
