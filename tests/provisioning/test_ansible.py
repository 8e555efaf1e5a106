"""The roles' variables: named, explained and checked, so that a misspelt one stops the play."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "ansible/roles").iterdir())


def _yaml(role: str, file: str) -> Any:
    return yaml.safe_load((ROOT / "ansible/roles" / role / file).read_text())


def _options(role: str) -> dict[str, dict[str, Any]]:
    options: dict[str, dict[str, Any]] = _yaml(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_begins_with_the_role_and_is_known_to_its_check(role: str) -> None:
    options, defaults = _options(role), _yaml(role, "defaults/main.yml")
    required = {name for name, option in options.items() if option.get("required")}
    assert set(options) == set(defaults) | required
    assert [name for name in options if not name.startswith(f"{role}_")] == []
    assert all(option["description"] for option in options.values())


@pytest.mark.parametrize("role", ROLES)
def test_the_check_and_the_role_have_the_same_defaults(role: str) -> None:
    defaults = _yaml(role, "defaults/main.yml")
    named = {name: option["default"] for name, option in _options(role).items() if "default" in option}
    plain = {name: value for name, value in defaults.items() if name in named and "{{" not in str(value)}
    assert plain == {name: named[name] for name in plain}


@pytest.mark.parametrize("role", ROLES)
def test_every_default_is_explained_above_it(role: str) -> None:
    lines = (ROOT / "ansible/roles" / role / "defaults/main.yml").read_text().splitlines()
    first = [number for number, line in enumerate(lines) if re.match(rf"{role}_\w+:", line)]
    explained = [number for number in first if lines[number - 1].startswith(("#", f"{role}_"))]
    assert first
    assert explained == first


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_in_the_documentation(role: str) -> None:
    page = (ROOT / "docs/hosting.md").read_text()
    assert [name for name in _options(role) if f"`{name}`" not in page] == []


def test_the_playbook_checks_every_role() -> None:
    check, put = yaml.safe_load((ROOT / "ansible/site.yml").read_text())
    assert sorted(check["vars"]["roles_here"]) == ROLES
    assert sorted(role["role"] for role in put["roles"]) == ROLES


def test_the_example_names_only_variables_that_a_role_knows() -> None:
    known = {name for role in ROLES for name in _options(role)}
    text = "".join(file.read_text() for file in (ROOT / "ansible/inventories/example").rglob("*.yml"))
    named = set(re.findall(rf"\b(?:{'|'.join(ROLES)})_\w+(?=:)", text))
    assert "kamar_domain" in named
    assert named - known == set()
