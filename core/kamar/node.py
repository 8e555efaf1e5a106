"""Nodes of every axis: which axis a path is on, what lies above and below it.

A path of the axis ``wilayah`` is an official code (:mod:`kamar.wilayah`); every other begins with its axis and goes
down by short names of ours::

    kerja   kerja/maju-jaya   kerja/maju-jaya/cikarang   kerja/maju-jaya/cikarang/puk

Names for people stand in the registry, never in a path. A workplace's path is no secret of its own, but only those who
belong to it are ever told it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from kamar import wilayah
from kamar.errors import KamarError
from kamar.ids import NodePath
from kamar.wilayah import ROOT, Level

DEPTH_MAX = 8  # parts of a path, the axis included


class Axis(StrEnum):
    """The ways an organisation is divided; a member has one home and any number of other nodes."""

    WILAYAH = "wilayah"
    KERJA = "kerja"  # company > plant > PUK
    JARINGAN = "jaringan"
    SEKOLAH = "sekolah"  # teachers, staff, parents, alumni; never pupils
    PROFESI = "profesi"
    TIM = "tim"  # winning teams: gather people of chosen wilayah for an election area
    ALIANSI = "aliansi"  # guests from other organisations, until a treaty ends


_OWN_AXES = frozenset(Axis) - {Axis.WILAYAH}
_PART = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


def axis_of(path: str) -> Axis:
    """Return the axis of a path; whether the node exists, the registry knows."""
    first = path.partition("/")[0]
    return Axis(first) if first in _OWN_AXES else Axis.WILAYAH


def check(path: str) -> NodePath:
    """Return ``path`` as the key of a node.

    Raises:
        KamarError: ``wilayah_unknown`` for a malformed wilayah, ``node_malformed`` for any other axis.
    """
    if axis_of(path) is Axis.WILAYAH:
        return wilayah.parse(path).path
    parts = path.split("/")
    if len(parts) > DEPTH_MAX or not all(_PART.fullmatch(part) for part in parts[1:]):
        raise KamarError("node_malformed", path=path[:64])
    return NodePath(path)


def is_hidden(path: str) -> bool:
    """Tell whether a node answers like an unknown one to everybody who does not belong to it: workplaces do."""
    return axis_of(path) is Axis.KERJA


def village_of(path: NodePath) -> NodePath | None:
    """Return the kelurahan or desa a node is or lies in; none above one and on every other axis."""
    return wilayah.parse(path).village if axis_of(path) is Axis.WILAYAH else None


def level_of(path: NodePath) -> Level | None:
    """Return the level of a wilayah; none on every other axis, whose levels the organisation names."""
    return wilayah.parse(path).level if axis_of(path) is Axis.WILAYAH else None


def base_of(path: NodePath) -> NodePath:
    """Return the node whose rooms are made together: the village, elsewhere the topmost node but for the axis's root.

    A wilayah above the village is its own.
    """
    if axis_of(path) is Axis.WILAYAH:
        return village_of(path) or path
    return NodePath("/".join(path.split("/")[:2]))


def root_of(axis: Axis) -> NodePath:
    """Return the topmost node of an axis."""
    return ROOT if axis is Axis.WILAYAH else NodePath(axis.value)


def parent_of(path: NodePath) -> NodePath | None:
    """Return the path one step up; the root of an axis has none."""
    if axis_of(path) is Axis.WILAYAH:
        return wilayah.parse(path).parent
    return NodePath(path.rpartition("/")[0]) if "/" in path else None


def ancestors_of(path: NodePath) -> tuple[NodePath, ...]:
    """Return every node above, nearest first, the axis's root last."""
    found: list[NodePath] = []
    parent = parent_of(path)
    while parent is not None:
        found.append(parent)
        parent = parent_of(parent)
    return tuple(found)


def chain_of(path: NodePath) -> tuple[NodePath, ...]:
    """Return the node itself and every node above it."""
    return (path, *ancestors_of(path))


def depth_of(path: NodePath) -> int:
    """Return how many steps the node lies below its axis's root."""
    return len(ancestors_of(path))


def below(path: str) -> tuple[str, str]:
    """Return ``(low, high)``: exactly the strict descendants of ``path`` have ``low <= key < high`` by code point."""
    if axis_of(path) is Axis.WILAYAH:
        return wilayah.below(path)
    return f"{path}/", f"{path}0"  # "0" follows "/"


def is_below(path: NodePath, top: NodePath) -> bool:
    """Tell whether ``path`` lies below ``top``; a node does not lie below itself."""
    low, high = below(top)
    return axis_of(path) is axis_of(top) and low <= path < high


def is_within(path: NodePath, top: NodePath) -> bool:
    """Tell whether ``path`` is ``top`` or lies below it."""
    return path == top or is_below(path, top)


def child_of(parent: NodePath, part: str) -> NodePath:
    """Return the child ``part`` of a node outside the wilayah.

    Raises:
        KamarError: ``node_malformed``.
    """
    return check(f"{parent}/{part}")
