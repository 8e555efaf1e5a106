"""The bot's page knows every command, every route and every row of the outbox that the bot writes."""

from __future__ import annotations

import re
from pathlib import Path

from kamar_bots import commands, endpoint
from kamar_bots.help import LINES
from kamar_provisioning.jobs import handlers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bots.md").read_text()
SOURCE = "".join(path.read_text() for path in (ROOT / "bots" / "kamar_bots").glob("*.py"))


def test_every_command_has_its_row_and_its_other_words_exist() -> None:
    rows = dict(re.findall(r"^\| `!(\w+)` \| (.*?) \|", PAGE, re.MULTILINE))
    assert list(rows) == list(commands.TAUGHT.values())
    assert set(re.findall(r"`!(\w+)`", " ".join(rows.values()))) <= set(commands.WORDS)


def test_help_teaches_known_commands() -> None:
    assert {command for command, _what in LINES} <= set(commands.TAUGHT.values())


def test_every_row_that_the_bot_writes_is_described_and_can_be_carried_out() -> None:
    written = set(re.findall(r'Effect\(\s*"(\w+)"', SOURCE))
    assert written == set(re.findall(r"^\| `(\w+)` \| `\{", PAGE, re.MULTILINE))
    assert written <= set(handlers())


def test_every_route_is_described() -> None:
    async def push(txn: str, events: object) -> None: ...

    routes = endpoint.application("x", push).router.routes()
    described = {f"{route.method} {route.resource.canonical}" for route in routes if route.resource}
    assert {name for name in described if not name.startswith("HEAD") and f"`{name}`" not in PAGE} == set()
