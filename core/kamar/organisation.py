"""``organisasi.toml``: what makes one organisation differ from another, as frozen values.

Axes with their levels and the rooms of each level, offices with their seats, power and rights, and which features of
election law are on. Another organisation replaces this file and no code. Unknown keys are errors, each with its path.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NewType

from kamar.board import Threshold, parse_thresholds
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.node import Axis, axis_of, chain_of, depth_of
from kamar.wilayah import parse as parse_wilayah

PROFILES = Path(__file__).parent / "profiles"
POWER_MAX = 100  # structural events need 150

OfficeCode = NewType("OfficeCode", str)
"""The key of an office, e.g. ``koordinator``; its holders' title is :attr:`Office.title`."""


class Right(StrEnum):
    """What an office lets its holder do at its node and everywhere below."""

    APPOINT = "appoint"  # to the offices it names, below or at the own node
    VERIFY = "verify"  # members
    ANNOUNCE = "announce"
    MODERATE = "moderate"
    COUNT = "count"  # see numbers, never names
    EXPORT = "export"
    RESTRUCTURE = "restructure"


@dataclass(frozen=True, slots=True)
class Office:
    """One office; ``power`` by kind of room, in the rooms of the own node (and of the nodes below, in a village)."""

    code: OfficeCode
    title: str
    axis: Axis
    levels: frozenset[str]
    seats: int
    power: Mapping[str, int]
    rights: frozenset[Right]
    appoints: frozenset[OfficeCode]
    term_months: int  # 0: until revoked
    board: bool  # counts for a full board

    def stands_at(self, level: str) -> bool:
        """Tell whether nodes of ``level`` have this office."""
        return level in self.levels


@dataclass(frozen=True, slots=True)
class AxisRules:
    """One axis: its levels from the root downwards, and the kinds of rooms at each."""

    axis: Axis
    name: str
    levels: tuple[str, ...]
    rooms: Mapping[str, tuple[str, ...]]
    persona: bool  # entered with a second account, invisible to everybody outside
    history: str  # of chats: joined or shared


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation, whole."""

    name: str
    home_axis: Axis
    legal: frozenset[str]  # features of election law that are on: "kpu"
    axes: Mapping[Axis, AxisRules]
    offices: Mapping[OfficeCode, Office]
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)  # by level of the wilayah

    def office(self, code: str) -> Office:
        """Return an office.

        Raises:
            KamarError: ``office_unknown``.
        """
        found = self.offices.get(OfficeCode(code))
        if found is None:
            raise KamarError("office_unknown", office=code[:32])
        return found

    def offices_at(self, path: NodePath) -> tuple[Office, ...]:
        """Return the offices that a node has, in the order of the file."""
        axis, level = axis_of(path), self.level_of(path)
        return tuple(item for item in self.offices.values() if item.axis is axis and item.stands_at(level))

    def rooms_at(self, path: NodePath) -> tuple[str, ...]:
        """Return the kinds of rooms that a node may have."""
        rules = self.axes.get(axis_of(path))
        return () if rules is None else rules.rooms.get(self.level_of(path), ())

    def space_of(self, path: NodePath) -> NodePath | None:
        """Return the nearest node, itself or above, whose space lists the chats of a node outside the wilayah."""
        return next((node for node in chain_of(path) if "space" in self.rooms_at(node)), None)

    def has_personas(self, axis: Axis) -> bool:
        """Tell whether people enter an axis with a second account: never that of their home."""
        return axis is not self.home_axis and axis in self.axes and self.axes[axis].persona

    def level_of(self, path: NodePath) -> str:
        """Return the level of a node: of a wilayah what its code says, elsewhere told by its depth."""
        axis = axis_of(path)
        if axis is Axis.WILAYAH:
            return parse_wilayah(path).level.value
        rules = self.axes.get(axis)
        depth = depth_of(path)
        if rules is None or depth >= len(rules.levels):
            raise KamarError("node_malformed", path=path[:64])
        return rules.levels[depth]

    def has(self, right: Right, offices: Iterable[str]) -> bool:
        """Tell whether one of the offices gives a right."""
        return any(right in self.offices[OfficeCode(code)].rights for code in offices if code in self.offices)


class OrganisationError(KamarError):
    """What is wrong in ``organisasi.toml``; ``problems`` holds one line each, ``path: what``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("organisation_invalid", problems="; ".join(problems))
        self.problems = problems


@cache
def profile(name: str = "partai") -> Organisation:
    """Return a profile that comes with the program: ``partai`` or ``serikat``."""
    return load(PROFILES / f"{name}.toml")


def load(path: Path) -> Organisation:
    """Read a file.

    Raises:
        OrganisationError: with every problem found.
    """
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise OrganisationError([str(error)]) from error


def parse(document: Mapping[str, Any]) -> Organisation:
    """Turn a parsed TOML document into an organisation.

    Raises:
        OrganisationError: with every problem found, each with its path.
    """
    problems: list[str] = [f"{name}: unknown section" for name in document if name not in _SECTIONS]
    head = _table(document.get("organisasi"), "organisasi", {"name", "home_axis", "legal"}, problems)
    axes = _axes(document.get("axes"), problems)
    offices = _offices(document.get("office"), axes, problems)
    wilayah = axes.get(Axis.WILAYAH)
    thresholds = parse_thresholds(document.get("board"), wilayah.levels if wilayah else (), problems)
    home = head.get("home_axis", "wilayah")
    if home not in {axis.value for axis in axes}:
        problems.append("organisasi.home_axis: must be one of the axes")
    if not isinstance(head.get("name"), str) or not head["name"].strip():
        problems.append("organisasi.name: must not be empty")
    if problems:
        raise OrganisationError(problems)
    return Organisation(head["name"], Axis(home), frozenset(head.get("legal", ())), axes, offices, thresholds)


_SECTIONS = ("organisasi", "axes", "office", "board")
_ROOMS = ("space", "obrolan", "siaran", "pengurus", "perintis")
_HISTORY = ("joined", "shared")


def _axes(found: object, problems: list[str]) -> dict[Axis, AxisRules]:
    axes: dict[Axis, AxisRules] = {}
    if not isinstance(found, Mapping) or not found:
        problems.append("axes: at least one axis is needed")
        return axes
    for name, value in found.items():
        if name not in {axis.value for axis in Axis}:
            problems.append(f"axes.{name}: unknown axis")
            continue
        axis = Axis(name)
        table = _table(value, f"axes.{name}", {"name", "levels", "rooms", "persona", "history"}, problems)
        levels = tuple(table.get("levels", ()))
        rooms = {level: tuple(kinds) for level, kinds in table.get("rooms", {}).items()}
        for level, kinds in rooms.items():
            if level not in levels:
                problems.append(f"axes.{name}.rooms.{level}: no such level")
            problems += [f"axes.{name}.rooms.{level}: unknown room {kind}" for kind in kinds if kind not in _ROOMS]
        if table.get("persona", False) and axis is not Axis.KERJA:
            problems.append(f"axes.{name}.persona: only kerja is entered with a second account")
        history = table.get("history", "shared")
        if history not in _HISTORY:
            problems.append(f"axes.{name}.history: must be joined or shared")
        axes[axis] = AxisRules(
            axis, str(table.get("name", name)), levels, rooms, bool(table.get("persona", False)), history
        )
    return axes


def _offices(found: object, axes: Mapping[Axis, AxisRules], problems: list[str]) -> dict[OfficeCode, Office]:
    offices: dict[OfficeCode, Office] = {}
    for number, value in enumerate(found if isinstance(found, list) else []):
        path = f"office.{number + 1}"
        keys = {"code", "title", "axis", "levels", "seats", "power", "rights", "appoints", "term_months", "board"}
        table = _table(value, path, keys, problems)
        axis = table.get("axis", "wilayah")
        rules = axes.get(Axis(axis)) if axis in {item.value for item in Axis} else None
        if rules is None:
            problems.append(f"{path}.axis: must be one of the axes")
            continue
        levels = frozenset(table.get("levels", ()))
        problems += [f"{path}.levels: no such level {level}" for level in sorted(levels - set(rules.levels))]
        power = dict(table.get("power", {}))
        wrong = sorted(kind for kind, level in power.items() if not 0 <= level <= POWER_MAX)
        problems += [f"{path}.power.{kind}: must be from 0 to {POWER_MAX}" for kind in wrong]
        unknown = sorted(set(table.get("rights", ())) - {right.value for right in Right})
        problems += [f"{path}.rights: unknown right {right}" for right in unknown]
        code = OfficeCode(str(table.get("code", "")))
        if not code or code in offices:
            problems.append(f"{path}.code: must be given once")
        offices[code] = Office(
            code=code,
            title=str(table.get("title", code)),
            axis=rules.axis,
            levels=levels,
            seats=int(table.get("seats", 1)),
            power=power,
            rights=frozenset(Right(right) for right in table.get("rights", ()) if right not in unknown),
            appoints=frozenset(OfficeCode(other) for other in table.get("appoints", ())),
            term_months=int(table.get("term_months", 0)),
            board=bool(table.get("board", False)),
        )
    for office in offices.values():
        strange = sorted(office.appoints - set(offices))
        problems += [f"office {office.code}.appoints: no such office {other}" for other in strange]
    return offices


def _table(value: object, path: str, known: set[str], problems: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        problems.append(f"{path}: must be a section")
        return {}
    problems += [f"{path}.{key}: unknown key" for key in value if key not in known]
    return {key: item for key, item in value.items() if key in known}
