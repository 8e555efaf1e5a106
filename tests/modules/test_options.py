"""The modules' options, and what modules may import; without a server."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from synapse.module_api.errors import ConfigError

import kamar_modules
from kamar_modules.options import REFUSED
from kamar_modules.registration import RegistrationModule
from kamar_modules.structure import StructureModule

BOT = "@kamar:example.org"
MODULES = [StructureModule, RegistrationModule]
ALLOWED = ("module_api", "api", "types", "http.server")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", MODULES)
def test_the_bot_is_all_a_module_must_be_told(module: Any) -> None:
    assert module.parse_config({"bot": BOT}).bot == BOT


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "bot: must be the full user id"),
        ({}, "bot: must be the full user id"),
        ({"bot": "kamar"}, "bot: must be the full user id"),
        ({"bot": BOT, "bto": BOT}, "bto: unknown; known are bot"),
        ({"bot": BOT, "fail_open": True}, "fail_open: a gate that opens"),
        ([], "bot: must be the full user id"),
        (["bot"], "config must be a mapping"),
    ],
)
def test_a_wrong_option_stops_synapse_with_words_that_explain(
    module: Any, config: Mapping[str, Any] | None, said: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        module.parse_config(config)
    assert said in refused.value.msg


@pytest.mark.parametrize(
    ("module", "option", "value"),
    [
        (StructureModule, "floor", 1),
        (StructureModule, "floor", "10"),
        (RegistrationModule, "wrong_codes", 0),
        (RegistrationModule, "wrong_codes", True),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(module: Any, option: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{option}: must be a whole number"):
        module.parse_config({"bot": BOT, option: value})


@pytest.mark.parametrize("option", ["bot", "floor", "wrong_codes", *REFUSED])
def test_every_option_and_every_refused_one_is_documented(option: str) -> None:
    assert f"`{option}`" in (ROOT / "docs" / "modules.md").read_text()


@pytest.mark.parametrize("file", sorted(Path(kamar_modules.__path__[0]).glob("*.py")), ids=lambda file: file.name)
def test_a_module_imports_only_what_synapse_offers_to_modules(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name and name.startswith("synapse."):
                assert name.removeprefix("synapse.").startswith(ALLOWED), f"{file.name} imports {name}"
