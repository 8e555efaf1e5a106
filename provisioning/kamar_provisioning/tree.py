"""``kamar tree``: a place with its members, officers and vacant offices, and what lies below it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from kamar.errors import KamarError
from kamar.ids import localpart
from kamar.organisation import Organisation
from kamar.state import State
from kamar.wilayah import ROOT
from kamar_provisioning import sentences
from kamar_provisioning.command import add_state
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import table
from kamar_store import tree
from kamar_store.tree import Place, Twig

DEPTH_MAX = 8
BOLD, DIM, GREEN, YELLOW, OFF = "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[0m"
Ink = Callable[[str, str], str]
MORE = "{count} di bawahnya: ./kamar tree {path}"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("node", nargs="*", metavar="NODE", help="kode, jalur, atau nama tempat (bawaan: ID)")
    parser.add_argument("--depth", type=int, default=1, metavar="N", help="berapa tingkat ke bawah (bawaan: 1)")
    parser.add_argument("--json", action="store_true", help="tulis sebagai JSON")


def run(arguments: argparse.Namespace) -> int:
    """Draw the tree; a name that several places bear is answered with those places and exit code 1."""
    state = State(arguments.state.resolve())
    depth = min(max(arguments.depth, 0), DEPTH_MAX)
    organisation, found = asyncio.run(_read(state, " ".join(arguments.node) or ROOT, depth))
    if isinstance(found, list):
        names = {str(each.path): each.full_name for each in found}
        print(json.dumps(names, ensure_ascii=False) if arguments.json else table(names) or sentences.NOTHING_FOUND)
        return 1
    if arguments.json:
        print(json.dumps(as_json(organisation, found), ensure_ascii=False, indent=2))
    else:
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print("\n".join(lines(organisation, found, coloured=coloured)))
    return 0


async def _read(state: State, wanted: str, depth: int) -> tuple[Organisation, Twig | list[Place]]:
    site = open_site(state)
    now = datetime.now(UTC)
    try:
        async with site.store.read() as db:
            try:
                return site.organisation, await tree.tree(db, site.organisation, wanted, depth, now)
            except KamarError as error:
                if error.code != "node_unknown":
                    raise
            named = [each for each in await tree.search(db, wanted, [ROOT]) if each.name.lower() == wanted.lower()]
            places = named or await tree.search(db, wanted, [ROOT])
            if len(places) == 1:
                return site.organisation, await tree.tree(db, site.organisation, places[0].path, depth, now)
            return site.organisation, places
    finally:
        await site.store.close()


def lines(organisation: Organisation, twig: Twig, *, coloured: bool) -> Iterator[str]:
    """Draw a tree, one line for a node and one for its vacant offices."""
    yield from _drawn(organisation, twig, "", "", _ink if coloured else _plain)


def as_json(organisation: Organisation, twig: Twig) -> dict[str, Any]:
    """Return a tree as JSON; ``members`` is text where few people must not be counted."""
    place = twig.place
    return {
        "path": place.path,
        "level": place.level,
        "name": place.title,
        "full_name": place.full_name,
        "members": twig.members,
        "officers": [
            {
                "office": office,
                "title": organisation.office(office).title,
                "name": holder.display_name,
                "username": localpart(holder.user_id),
            }
            for office, holder in twig.officers
        ],
        "vacant": [{"office": each.office.code, "seats": each.missing} for each in twig.vacant],
        "below": twig.below,
        "children": [as_json(organisation, each) for each in twig.twigs],
    }


def _drawn(organisation: Organisation, twig: Twig, first: str, rest: str, ink: Ink) -> Iterator[str]:
    yield f"{first}{ink(BOLD, twig.place.title)}  {ink(DIM, f'{twig.members} anggota')}"
    inner = f"{rest}{'│ ' if twig.twigs else '  '} "
    for office, holder in twig.officers:
        title = organisation.office(office).title
        yield f"{inner}{ink(GREEN, f'{title}: {holder.display_name}')} {ink(DIM, localpart(holder.user_id))}"
    if twig.gaps:
        yield f"{inner}{ink(YELLOW, 'kosong: ' + ', '.join(each.office.title for each in twig.gaps))}"
    if twig.below and not twig.twigs:
        yield f"{inner}{ink(DIM, MORE.format(count=twig.below, path=twig.place.path))}"
    for number, each in enumerate(twig.twigs, 1):
        last = number == len(twig.twigs)
        yield from _drawn(organisation, each, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), ink)


def _ink(colour: str, text: str) -> str:
    return f"{colour}{text}{OFF}"


def _plain(_colour: str, text: str) -> str:
    return text
