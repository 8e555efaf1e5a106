"""A diff as JSON: how it is kept and what ``--json`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kamar.ids import NodePath
from kamar.restructure import Diff, NodeChange, Power, RoomChange, RoomFate, step_of_json, step_to_json


def diff_to_json(diff: Diff) -> dict[str, Any]:
    """Return everything a diff says, the hash included."""
    return {
        "title": diff.title,
        "decree": diff.decree,
        "hash": diff.hash,
        "steps": [step_to_json(step) for step in diff.steps],
        "nodes": [asdict(each) for each in diff.nodes],
        "rooms": [asdict(each) for each in diff.rooms],
        "powers": [asdict(each) for each in diff.powers],
        "tree": dict(diff.tree),
        "moved": [list(each) for each in diff.moved],
        "opened": [list(each) for each in diff.opened],
        "told": diff.told,
    }


def diff_of_json(value: Mapping[str, Any]) -> Diff:
    """Return the diff of :func:`diff_to_json`."""
    return Diff(
        title=value["title"],
        decree=value["decree"],
        steps=tuple(step_of_json(step) for step in value["steps"]),
        nodes=tuple(NodeChange(**each) for each in value["nodes"]),
        rooms=tuple(RoomChange(**{**each, "fate": RoomFate(each["fate"])}) for each in value["rooms"]),
        powers=tuple(Power(**each) for each in value["powers"]),
        tree={NodePath(path): mark for path, mark in value["tree"].items()},
        moved=tuple((NodePath(old), NodePath(new), count) for old, new, count in value["moved"]),
        opened=tuple((NodePath(path), name) for path, name in value["opened"]),
        told=value["told"],
    )
