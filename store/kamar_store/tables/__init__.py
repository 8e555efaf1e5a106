"""The registry's tables, one file for each theme, so that what we keep about people can be read at a glance.

No row holds a password, a token, or a telephone number in clear. Times are aware UTC.
"""

from kamar_store.tables.access import attempt, login_link, session
from kamar_store.tables.audit import audit, drift
from kamar_store.tables.base import PATH, Utc, metadata
from kamar_store.tables.belonging import belonging, belonging_word, cover, gathering, treaty, vault_persona
from kamar_store.tables.direct import direct_reply, direct_talk
from kamar_store.tables.effects import cursor, event, outbox, question, transaction
from kamar_store.tables.fold import fold
from kamar_store.tables.mandate import (
    board_women,
    delegation,
    mandate,
    mandate_log,
    mandate_offer,
    mandate_person,
    mandate_vote,
    mandate_voter,
)
from kamar_store.tables.mandate_scan import mandate_scan
from kamar_store.tables.move import move
from kamar_store.tables.officers_import import officers_draft
from kamar_store.tables.peace import (
    ban_key,
    block,
    known_key,
    measure,
    measure_log,
    report,
    report_by,
    room_rule,
    talk_room,
)
from kamar_store.tables.people import consent, invitation, member, signup
from kamar_store.tables.push import push_kind, push_subscription
from kamar_store.tables.recovery import recovery, recovery_letter, recovery_request
from kamar_store.tables.restructure import plan, plan_step, plan_touch
from kamar_store.tables.rooms import room, seat
from kamar_store.tables.siaran import siaran, siaran_room, siaran_text
from kamar_store.tables.vault import vault_access, vault_contact, vault_person
from kamar_store.tables.vouch import greeter, greeting, vouch
from kamar_store.tables.wave import campaign, hold, trail
from kamar_store.tables.wilayah import node

__all__ = [
    "PATH",
    "Utc",
    "attempt",
    "audit",
    "ban_key",
    "belonging",
    "belonging_word",
    "block",
    "board_women",
    "campaign",
    "consent",
    "cover",
    "cursor",
    "delegation",
    "direct_reply",
    "direct_talk",
    "drift",
    "event",
    "fold",
    "gathering",
    "greeter",
    "greeting",
    "hold",
    "invitation",
    "known_key",
    "login_link",
    "mandate",
    "mandate_log",
    "mandate_offer",
    "mandate_person",
    "mandate_scan",
    "mandate_vote",
    "mandate_voter",
    "measure",
    "measure_log",
    "member",
    "metadata",
    "move",
    "node",
    "officers_draft",
    "outbox",
    "plan",
    "plan_step",
    "plan_touch",
    "push_kind",
    "push_subscription",
    "question",
    "recovery",
    "recovery_letter",
    "recovery_request",
    "report",
    "report_by",
    "room",
    "room_rule",
    "seat",
    "session",
    "siaran",
    "siaran_room",
    "siaran_text",
    "signup",
    "talk_room",
    "trail",
    "transaction",
    "treaty",
    "vault_access",
    "vault_contact",
    "vault_person",
    "vault_persona",
    "vouch",
]
