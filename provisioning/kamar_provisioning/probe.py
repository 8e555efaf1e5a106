"""The probe: an account and an official room that must never come together."""

from __future__ import annotations

from dataclasses import dataclass

from kamar.ids import RoomId
from kamar.state import read_secret, write_secret
from kamar_bridges.homeserver import Homeserver, MatrixError
from kamar_bridges.kamar_module import KamarModule
from kamar_bridges.matrix import Matrix
from kamar_store.site import Site

LOCALPART = "pemeriksa"
KEY = "pemeriksa"  # of the account and of the room: making them again finds them
FILE = "probe"  # in secrets/: the room's id and the account's access token, one line each


@dataclass(frozen=True, slots=True)
class Probe:
    """The account's token and the room it must not enter, though the room's join rule lets everybody in."""

    room: RoomId
    token: str

    @staticmethod
    async def ensure(site: Site, server: Homeserver) -> Probe:
        """Return the server's probe; the first time it is made."""
        file = site.state.secret(FILE)
        if file.exists():
            room, token = read_secret(file).split()
            return Probe(RoomId(room), token)
        as_token = read_secret(site.state.secret("as_token"))
        module = KamarModule(server, as_token)
        found = await module.room(KEY)
        made = found.room_id if found else await Matrix(server, as_token).create_room(_room())
        account = await module.register(LOCALPART, None, "Pemeriksa", KEY)
        write_secret(file, f"{made} {account.access_token}")
        return Probe(made, account.access_token)

    async def gets_in(self, server: Homeserver) -> bool:
        """Try to enter through ``server``; the only good answer is a refusal.

        A limit (429) says nothing about the gate and is no reason to call a server ill: the next question will tell.

        Raises:
            MatrixError: any answer but "forbidden".
        """
        try:
            await Matrix(server, self.token).join(self.room)
        except MatrixError as error:
            if error.errcode in ("M_FORBIDDEN", "M_LIMIT_EXCEEDED"):
                return False
            raise
        return True


def _room() -> dict[str, object]:
    """Return what makes the room: open to everybody by Matrix's rules, closed by ours."""
    return {
        "preset": "private_chat",
        "name": "Pemeriksaan pintu",
        "creation_content": {"m.federate": False, "id.sosialkamar.key": KEY},
        "initial_state": [
            {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "public"}},
            {
                "type": "id.sosialkamar.node",
                "state_key": "",
                "content": {"axis": "probe", "path": "probe", "kind": "probe", "number": 1, "version": 1},
            },
        ],
    }
