"""``kamar up --demo`` and ``kamar demo --remove``: a village that talks, and its removal without a trace.

The people of the demonstration have no password: nobody can log in as them. Filling may be broken off and repeated.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

from kamar.account import new_localpart
from kamar.ids import MemberId, NodePath, RoomId, UserId
from kamar.membership import Office
from kamar.state import State, read_secret
from kamar.structure import RoomKey, RoomKind
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_provisioning import demo_pictures
from kamar_provisioning.command import add_state
from kamar_provisioning.demo_village import COORDINATORS, DUSUN, MARK, PEOPLE, TALKS, Line
from kamar_provisioning.power import appoint
from kamar_provisioning.settings_file import load
from kamar_provisioning.site import open_site
from kamar_provisioning.terminal import Bar, step
from kamar_store import cursor, demo, outbox, seating, wilayah
from kamar_store import mandate as mandates
from kamar_store import member as members
from kamar_store.site import Site

DONE = "demo"
PATIENCE = timedelta(minutes=10)
NOTICE = (
    "Isi kamar ini contoh: orang dan percakapannya rekaan. Koordinator contoh menjamin setiap tamu RT 003/RW 005, "
    "supaya semua kamar terlihat. Pengelola menghapusnya dengan: ./kamar demo --remove"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_state(parser)
    parser.add_argument("--remove", action="store_true", help="hapus desa contoh beserta orang dan kamarnya")


def run(arguments: argparse.Namespace) -> int:
    """Fill or remove the demonstration of a running server."""
    state = State(arguments.state.resolve())
    asyncio.run(_command(state, remove_it=arguments.remove))
    return 0


async def _command(state: State, *, remove_it: bool) -> None:
    settings = load(state)
    site = open_site(state, settings)
    try:
        await (remove(site) if remove_it else fill(site))
    finally:
        await site.store.close()


async def fill(site: Site) -> None:
    """Bring the village to life: people, seats, coordinators, talks."""
    async with site.store.read() as db:
        if await cursor.get(db, DONE):
            return
    token = read_secret(site.state.secret("as_token"))
    async with Homeserver(site.settings.synapse_url) as homeserver:
        module = KamarModule(homeserver, token)
        people = await _people(site, homeserver, module)
        await _until_seated(site)
        await _coordinators(site, people)
        await _talks(site, people)
    async with site.store.write() as db:
        await cursor.put(db, DONE, datetime.now(UTC).isoformat())


async def remove(site: Site) -> None:
    """Take the demonstration away: its people are erased, its rooms shut unless real members sit in them."""
    token = read_secret(site.state.secret("as_token"))
    async with site.store.read() as db:
        people = await demo.people(db)
    bar = Bar("Menghapus orang contoh")
    async with Homeserver(site.settings.synapse_url) as homeserver:
        module = KamarModule(homeserver, token)
        for order, (number, user) in enumerate(people, 1):
            await module.deactivate(user)
            async with site.store.write() as db:
                await demo.forget(db, number)
            bar(order, len(people))
    async with site.store.write() as db:
        await demo.end_mandates(db, datetime.now(UTC))
        for room in await demo.rooms_without_members(db):
            await outbox.put(db, "shut", f"shut:{room}:demo", {"room": room}, datetime.now(UTC), lane=f"room:{room}")
        await cursor.put(db, DONE, "")
    step("Desa contoh dihapus.")


async def _people(site: Site, homeserver: Homeserver, module: KamarModule) -> dict[str, tuple[MemberId, Matrix]]:
    """Return number and Matrix session of each person by name; those that exist are opened again."""
    async with site.store.write() as db:
        await wilayah.declare(db, DUSUN, kind="Dusun", name="Krajan")
    named = [(name.strip(), home) for home, names in PEOPLE.items() for name in names.split(",")]
    bar = Bar("Mengisi desa contoh")
    found: dict[str, tuple[MemberId, Matrix]] = {}
    for order, (name, home) in enumerate(named):
        localpart, shown = new_localpart(Random(f"demo:{order}")), f"{name} {MARK}"  # noqa: S311 - the same each time
        session = await module.register(localpart, None, shown, f"demo:{order}")
        number = await _member(site, session.user_id, shown, NodePath(home))
        found[name] = (number, Matrix(homeserver, session.access_token))
        bar(order + 1, len(named))
    return found


async def _member(site: Site, user: UserId, name: str, home: NodePath) -> MemberId:
    now = datetime.now(UTC)
    async with site.store.write() as db:
        known = await members.by_user(db, user)
        if known is not None:
            return known.id
        await wilayah.declare(db, home)
        number = await members.create(db, user, name, home, None, None, now, demo=True)
        await outbox.put(db, "seat", f"seat:{number}:join", {"member": number}, now, lane=f"member:{number}")
        return number


async def _until_seated(site: Site) -> None:
    """Wait for the jobs, which run in ``kamar serve``."""
    deadline = datetime.now(UTC) + PATIENCE
    bar = Bar("Membuka kamar")
    most = 0
    while datetime.now(UTC) < deadline:
        async with site.store.read() as db:
            left = (await outbox.waiting(db))["ready"]
        most = max(most, left)
        if left == 0:
            bar(1, 1)
            return
        bar(most - left, most)
        await asyncio.sleep(0.5)


async def _coordinators(site: Site, people: dict[str, tuple[MemberId, Matrix]]) -> None:
    now = datetime.now(UTC)
    async with site.store.write() as db:
        for name, node in COORDINATORS:
            held = await mandates.officers(db, [NodePath(node)], now)
            if people[name][0] not in {holder.id for _node, _office, holder in held}:
                await appoint(db, people[name][0], NodePath(node), Office.KOORDINATOR, demo.DECREE, now)
    await _until_seated(site)


async def _talks(site: Site, people: dict[str, tuple[MemberId, Matrix]]) -> None:
    bar, said, total = Bar("Mengisi percakapan"), 0, sum(len(lines) for lines in TALKS.values())
    now = datetime.now(UTC)
    for (node, kind), lines in TALKS.items():
        async with site.store.write() as db:
            rooms = {room.key: room for room in await seating.rooms_at(db, [NodePath(node)])}
            room = rooms.get(RoomKey(NodePath(node), RoomKind(kind)))
            if room is None or room.room_id is None:
                continue
            content = {"msgtype": "m.notice", "body": NOTICE}
            payload = {"room_id": room.room_id, "type": "m.room.message", "content": content}
            await outbox.put(db, "send", f"demo:{room.id}", payload, now)
        for order, line in enumerate(lines):
            await _say(room.room_id, line, people, f"demo{room.id}x{order}")
            said += 1
            bar(said, total)


async def _say(room: RoomId, line: Line, people: dict[str, tuple[MemberId, Matrix]], txn: str) -> None:
    speaker = people[line.who][1]
    content: dict[str, object] = {"msgtype": "m.text", "body": line.text}
    if line.picture:
        picture = demo_pictures.draw(line.picture)
        address = await speaker.upload(picture, "image/jpeg", f"{line.picture}.jpg")
        size = {"w": demo_pictures.WIDTH, "h": demo_pictures.HEIGHT, "size": len(picture), "mimetype": "image/jpeg"}
        image = {"msgtype": "m.image", "body": f"{line.picture}.jpg", "url": address, "info": size}
        await speaker.send(room, "m.room.message", image, f"{txn}p")
    event = await speaker.send(room, "m.room.message", content, txn)
    for name in line.liked_by:
        relation = {"rel_type": "m.annotation", "event_id": event, "key": "👍"}
        await people[name][1].send(room, "m.reaction", {"m.relates_to": relation}, f"{txn}{name}")
