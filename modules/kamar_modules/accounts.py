"""The account table: which sign-up or which code an account came from.

Every function takes the transaction first and runs inside :meth:`kamar_modules.database.Database.run`.
"""

from __future__ import annotations

from kamar_modules.database import Transaction
from kamar_modules.official import is_active


def reserve(txn: Transaction, user: str, key: str) -> bool | None:
    """Write an account down for a sign-up before it is made.

    True: it exists already, from the same sign-up. False: it is to be made. None: it belongs to somebody else.
    """
    txn.execute("SELECT 1 FROM users WHERE name = ?", (user,))
    exists = txn.fetchone() is not None
    if not exists:
        txn.execute(
            "INSERT INTO kamar_account (user_id, signup_key) VALUES (?, ?) ON CONFLICT (user_id) DO NOTHING",
            (user, key),
        )
    txn.execute("SELECT signup_key FROM kamar_account WHERE user_id = ?", (user,))
    row = txn.fetchone()
    if row is None or row[0] != key or (exists and not is_active(txn, user)):
        return None
    return exists


def note_code(txn: Transaction, user: str, code: str) -> None:
    """Write down which code a stock client registers an account with."""
    txn.execute(
        "INSERT INTO kamar_account (user_id, code) VALUES (?, ?) ON CONFLICT (user_id) DO NOTHING", (user, code)
    )


def code_of(txn: Transaction, user: str) -> tuple[bool, str | None]:
    """Tell whether an account exists and was not closed, and the code it was registered with, if any."""
    txn.execute("SELECT code FROM kamar_account WHERE user_id = ?", (user,))
    row = txn.fetchone()
    exists = is_active(txn, user)
    return exists, row[0] if exists and row else None
