"""One step of a restructuring, in one transaction with what undoes it.

Every column that holds a path is listed here by what becomes of it when a node ends (:data:`CARRIED`, :data:`STAYS`):
a test asks the tables for columns that nobody thought of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint, and_, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kamar.ids import MemberId, NodePath
from kamar.node import parent_of
from kamar.restructure import Board, Close, Create, Merge, Move, Rename, Step
from kamar.structure import RoomKind
from kamar_store import node, node_name, wilayah_import
from kamar_store import restructure_board as offices
from kamar_store import restructure_rooms as rooms
from kamar_store import restructure_words as words
from kamar_store.node_path import within
from kamar_store.restructure_rooms import Work
from kamar_store.tables import belonging, metadata, room
from kamar_store.tables import node as nodes

# When a node ends: these follow its people to the node that takes it in.
CARRIED = frozenset(
    {
        "belonging.node",
        "gathering.source",
        "invitation.node",
        "measure.node",
        "member.home",
        "move.new",
        "report.level",
        "report.node",
        "trail.village",
    }
)
# These stay: history, rooms (archived or taken over one by one), offices (they end with the node).
STAYS = frozenset(
    {
        "board_women.node",
        "cover.node",
        "delegation.node",
        "drift.node",
        "fold.node",
        "gathering.node",
        "mandate.appointed_at",
        "mandate.node",
        "mandate_offer.node",
        "mandate_vote.node",
        "move.old",
        "plan_touch.node",
        "room.node",
        "siaran.node",
        "treaty.node",
    }
)


async def carry_out(work: Work, step: Step) -> dict[str, Any]:
    """Do one step; return what undoes it.

    Raises:
        KamarError: the registry is not as the diff says; nothing was done.
    """
    match step:
        case Create():
            return await _create(work, step)
        case Rename():
            return await _rename(work, step)
        case Move():
            return await _move(work, step.moves)
        case Merge(path, into):
            return await _end(work, path, into, keep_rooms=True)
        case Close(path):
            return await _end(work, path, parent_of(path) or path, keep_rooms=False)
        case Board():
            return await offices.replace(work, step)


async def take_back(work: Work, inverse: Mapping[str, Any]) -> None:
    """Undo one step by what :func:`carry_out` returned for it."""
    match inverse["do"]:
        case "create":
            await _uncreate(work, NodePath(inverse["path"]), inverse["before"])
        case "rename":
            path = NodePath(inverse["path"])
            await _named(work, path, inverse["name"], inverse["kind"], inverse["decree"])
        case "move":
            moves = tuple((NodePath(old), NodePath(new)) for old, new in inverse["moves"])
            await _move(work, moves)
            for path in inverse["fresh"]:
                await work.db.execute(delete(nodes).where(nodes.c.path == path, nodes.c.valid_to.is_not(None)))
            for row in inverse["overwritten"]:
                await _put_row(work.db, row)
        case "end":
            await _unend(work, inverse)
        case "board":
            await offices.put_back(work, inverse)


async def _create(work: Work, step: Create) -> dict[str, Any]:
    before = await _row_of(work.db, step.path)
    await node.create(work.db, work.organisation, step.path, step.name, work.now, kind=step.kind, decree=work.decree)
    return {"do": "create", "path": step.path, "before": before}


async def _uncreate(work: Work, path: NodePath, before: Mapping[str, Any] | None) -> None:
    """Take a node away again; rooms that opened there meanwhile are archived."""
    into = await rooms.chat_of(work.db, parent_of(path))
    for row, _kind, _number, _state in await rooms.rooms_of(work.db, path):
        await rooms.archive(work.db, work.job, row, into, await words.archived(work.db, path, into), work.now)
    await node.close(work.db, path, work.now)
    if before is None:
        await work.db.execute(delete(nodes).where(nodes.c.path == path))
    else:
        await _put_row(work.db, before)


async def _rename(work: Work, step: Rename) -> dict[str, Any]:
    found = await node.in_force_here(work.db, step.path)
    inverse = {
        "do": "rename",
        "path": step.path,
        "name": found.name,
        "kind": found.kind,
        "decree": found.decree,
    }
    await _named(work, step.path, step.name, step.kind, work.decree)
    return inverse


async def _named(work: Work, path: NodePath, name: str, kind: str, decree: str) -> None:
    before = await words.chats(work.db, path)
    await node.rename(work.db, path, name, work.now, kind=kind, decree=decree)
    said = await words.renamed(work.db, path, before)
    await rooms.look_again(work.db, work.job, path, work.now, said)


async def _move(work: Work, moves: tuple[tuple[NodePath, NodePath], ...]) -> dict[str, Any]:
    """Move nodes; rooms and people go along, and those whose rooms around them are others now are seated again."""
    before = {row: name for old, _new in moves for row, name in (await words.chats(work.db, old)).items()}
    targets = [row for _old, new in moves for row in await _closed_rows(work.db, new)]
    mapping = await node.move(work.db, work.organisation, dict(moves), work.now, work.decree)
    for _old, new in moves:
        said = await words.renamed(work.db, new, before)
        await rooms.look_again(work.db, work.job, new, work.now, said)
        chatless = await rooms.seat_again(work.db, work.job, new, work.now)
        await rooms.tell(work.db, work.job, chatless, await words.moved(work.db, new), work.now)
    gone = [above for old, _new in moves if (above := parent_of(old)) is not None]
    await rooms.mark(work.db, gone, work.now)
    known = {row["path"] for row in targets}
    return {
        "do": "move",
        "moves": [(new, old) for old, new in moves],
        "fresh": sorted(set(mapping.values()) - set(mapping) - known),
        "overwritten": [row for row in targets if row["path"] in set(mapping.values())],
    }


async def _end(work: Work, path: NodePath, into: NodePath, *, keep_rooms: bool) -> dict[str, Any]:
    """End a node: people go to ``into``, offices end, rooms are taken over where ``into`` has none, else archived."""
    db, chats = work.db, await words.chats(work.db, path)
    archived, taken = [], []
    for row, kind, number, _state in await rooms.rooms_of(db, path):
        there = await db.scalar(
            select(room.c.id).where(room.c.node == into, room.c.kind == kind, room.c.number == number)
        )
        if keep_rooms and there is None and number == 1:
            await db.execute(update(room).where(room.c.id == row).values(node=into))
            taken.append(row)
        else:
            place = there if keep_rooms else await rooms.chat_of(db, into) if kind == RoomKind.OBROLAN else None
            said = await words.archived(work.db, path, place)
            archived.append(await rooms.archive(db, work.job, row, place, said, work.now))
    ended = await offices.end_all(work, path)
    carried = await _carry(db, path, into)
    await node.close(db, path, work.now, into=into, decree=work.decree)
    numbers = await _people(db, carried)
    await rooms.order_seats(db, work.job, numbers, work.now)
    await rooms.look_again(db, work.job, into, work.now, await words.renamed(work.db, into, chats))
    if not archived and not taken:
        await rooms.tell(db, work.job, numbers, await words.moved(db, into), work.now)
    await rooms.mark(db, [path, into], work.now)
    return {
        "do": "end",
        "path": path,
        "into": into,
        "archived": archived,
        "taken": taken,
        "mandates": ended,
        "carried": carried,
    }


async def _unend(work: Work, inverse: Mapping[str, Any]) -> None:
    """Open the node again; what was carried and is still there goes back, whoever moved on since stays."""
    db, path, into = work.db, NodePath(inverse["path"]), NodePath(inverse["into"])
    await db.execute(update(nodes).where(nodes.c.path == path).values(valid_to=None, superseded_by=None))
    for name, keys in inverse["carried"].items():
        table, column = (metadata.tables[name.split(".")[0]], name.split(".")[1])
        for key in keys:
            same = [part == value for part, value in zip(table.primary_key.columns, key, strict=True)]
            await db.execute(update(table).where(and_(*same), table.c[column] == into).values({column: path}))
    await db.execute(update(room).where(room.c.id.in_(inverse["taken"])).values(node=path))
    for before in inverse["archived"]:
        await rooms.restore(db, work.job, before, work.now)
    await offices.restore(work, inverse["mandates"])
    for top in (path, into):
        await rooms.look_again(db, work.job, top, work.now)
    await rooms.order_seats(db, work.job, await _people(db, inverse["carried"]), work.now)
    await rooms.mark(db, [path, into], work.now)


async def _carry(db: AsyncConnection, path: NodePath, into: NodePath) -> dict[str, list[list[Any]]]:
    """Write ``into`` wherever people and their things stood at exactly ``path``; return the keys of those rows.

    Keys are told as they are afterwards. Who stood at both already keeps the one at ``into``.
    """
    carried: dict[str, list[list[Any]]] = {}
    for name in sorted(CARRIED):
        table, column = metadata.tables[name.split(".")[0]], name.split(".")[1]
        keys = list(table.primary_key.columns)
        chosen = [table.c[column] == path]
        for single in (keys, *_unique(table)):
            if table.c[column] in single:
                other = table.alias()
                same = [other.c[key.name] == key for key in single if key.name != column]
                chosen.append(~exists().where(other.c[column] == into, *same))
        found = [list(key) for key in await db.execute(select(*keys).where(*chosen))]
        if found:
            await db.execute(update(table).where(*chosen).values({column: into}))
            place = next((index for index, key in enumerate(keys) if key.name == column), None)
            carried[name] = found if place is None else [[*k[:place], into, *k[place + 1 :]] for k in found]
    return carried


async def _people(db: AsyncConnection, carried: Mapping[str, list[list[Any]]]) -> list[MemberId]:
    """Return whose home, or one of whose other nodes, was carried along."""
    numbers = {int(number) for (number,) in carried.get("member.home", [])}
    beside = [number for (number,) in carried.get("belonging.node", [])]
    numbers |= set(await db.scalars(select(belonging.c.member).where(belonging.c.id.in_(beside))))
    return [MemberId(number) for number in sorted(numbers)]


def _unique(table: Table) -> list[list[Column[Any]]]:
    return [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]


async def _row_of(db: AsyncConnection, path: NodePath) -> dict[str, Any] | None:
    found = (await db.execute(select(nodes).where(nodes.c.path == path))).mappings().one_or_none()
    if found is None:
        return None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in found.items()}


async def _closed_rows(db: AsyncConnection, top: NodePath) -> list[dict[str, Any]]:
    paths = await db.scalars(select(nodes.c.path).where(within(nodes.c.path, top), nodes.c.valid_to.is_not(None)))
    found = [await _row_of(db, NodePath(path)) for path in paths.all()]
    return [row for row in found if row is not None]


async def _put_row(db: AsyncConnection, row: Mapping[str, Any]) -> None:
    dates = {name: row[name] and date.fromisoformat(row[name]) for name in ("valid_from", "valid_to")}
    await node.put(db, {**row, **dates})
    if row["valid_to"] and node_name.is_searched(row["level"]):
        await wilayah_import.file_again(db, row["path"], "")
