"""From a reply to what is sent: notices, so that telephones stay quiet and other bots don't answer."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kamar.ids import EventId, RoomId, UserId
from kamar_bots import pictures
from kamar_bots.talk import Ask, Reply, Talk

FORMAT = "org.matrix.custom.html"


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the outbox: ``kind`` and payload, see ``docs/bots.md``."""

    kind: str
    payload: Mapping[str, Any]


def effects(reply: Reply, ask: Ask, to: EventId | None = None) -> list[Effect]:
    """Return the rows that bring ``reply`` to the asker, in their order; ``to`` is the event that it answers."""
    if reply.quiet:
        return [Effect("take_back", {"room_id": ask.room_id, "event_id": to})]
    content = notice(reply.text, reply.html, mention=ask.user, to=to)
    base: dict[str, Any] = {"room_id": ask.room_id, "content": content}
    if reply.login:
        found = [Effect("login", {**base, "user_id": ask.user})]
    elif reply.choices:
        content["body"] += "".join(f"\n{number}. {item.label}" for number, item in enumerate(reply.choices, 1))
        content.pop("format", None), content.pop("formatted_body", None)
        commands = [item.command for item in reply.choices]
        found = [Effect("ask", {**base, "asker": ask.user, "choices": commands})]
    else:
        found = [Effect("send", {**base, "type": "m.room.message"})]
    if reply.image is not None:
        found.append(_picture(reply.image, ask.room_id))
    if reply.talk is not None:
        found.append(Effect("talk", {"user_id": ask.user, "encrypted": reply.talk is Talk.ENCRYPTED}))
    return found


def notice(
    text: str, html: str | None = None, *, mention: UserId | None = None, to: EventId | None = None
) -> dict[str, Any]:
    """Return the content of a notice; ``mention`` names whom it is for, ``to`` the event it answers."""
    content: dict[str, Any] = {
        "msgtype": "m.notice",
        "body": text,
        "m.mentions": {} if mention is None else {"user_ids": [mention]},
    }
    if html is not None:
        content |= {"format": FORMAT, "formatted_body": html}
    if to is not None:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": to}}
    return content


def _picture(link: str, room_id: RoomId) -> Effect:
    picture = pictures.qr(link)
    info = {"mimetype": "image/png", "w": picture.side, "h": picture.side, "size": len(picture.png)}
    content = {"msgtype": "m.image", "body": f"Kode QR: {link}", "info": info, "m.mentions": {}}
    return Effect(
        "image", {"room_id": room_id, "png_base64": base64.b64encode(picture.png).decode(), "content": content}
    )
