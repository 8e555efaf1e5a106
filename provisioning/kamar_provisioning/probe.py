"""The probe: an account and an official room that must never come together."""

from __future__ import annotations

from dataclasses import dataclass, field

from kamar.ids import RoomId
from kamar.state import State, read_secret, write_secret
from kamar.structure_room import KEY_FIELD, NODE_EVENT
from kamar_bridges.homeserver import Homeserver
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix

LOCALPART = "pemeriksa"
KEY = "pemeriksa"  # of the account and of the room: making them again finds them
FILE = "probe"  # in secrets/: the room's id and the account's access token


@dataclass(frozen=True, slots=True)
class Probe:
    """The account's token and the room it must not enter, though the room's join rule lets everybody in."""

    room: RoomId
    token: str = field(repr=False)

    async def enter(self, server: Homeserver) -> None:
        """Try to enter through ``server``.

        Raises:
            MatrixError: refused, as must be.
        """
        await Matrix(server, self.token).join(self.room)


def load(state: State) -> Probe | None:
    """Return the server's probe, if it was made."""
    file = state.secret(FILE)
    if not file.exists():
        return None
    room, token = read_secret(file).split()
    return Probe(RoomId(room), token)


async def make(state: State, server: Homeserver) -> Probe:
    """Make account and room, or find them again, and write them down. Only ``up`` does, so there are never two."""
    as_token = read_secret(state.secret("as_token"))
    module = KamarModule(server, as_token)
    found = await module.room(KEY)
    room = found.room_id if found else await Matrix(server, as_token).create_room(_room())
    account = await module.register(LOCALPART, None, "Pemeriksa", KEY)
    write_secret(state.secret(FILE), f"{room} {account.access_token}")
    return Probe(room, account.access_token)


def _room() -> dict[str, object]:
    """Return what makes the room: open to everybody by Matrix's rules, closed by ours."""
    return {
        "preset": "private_chat",
        "name": "Pemeriksaan pintu",
        "creation_content": {"m.federate": False, KEY_FIELD: KEY},
        "initial_state": [
            {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}},
            {
                "type": NODE_EVENT,
                "state_key": "",
                "content": {"axis": "probe", "path": "probe", "kind": "probe", "number": 1, "version": 1},
            },
        ],
    }
