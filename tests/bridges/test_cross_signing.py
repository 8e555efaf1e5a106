"""An account's identity: kept as text, and every signature of it verifies."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kamar.ids import UserId
from kamar_bridges.cross_signing import Identity, identity_keys, signed

SITI = UserId("@siti:kamar.test")


def verify(value: dict[str, Any], key: str) -> None:
    """Check the signature as the specification's appendix "Signing JSON" says."""
    bare = {name: item for name, item in value.items() if name not in ("signatures", "unsigned")}
    canonical = json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    signature = base64.b64decode(value["signatures"][SITI][f"ed25519:{key}"] + "==")
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key + "=")).verify(signature, canonical)


def key_of(value: dict[str, Any]) -> str:
    ((key_id, key),) = value["keys"].items()
    assert key_id == f"ed25519:{key}"
    return str(key)


def test_the_master_key_vouches_for_the_one_that_signs_devices() -> None:
    keys = identity_keys(SITI, Identity.new())
    assert (keys["master_key"]["usage"], keys["self_signing_key"]["usage"]) == (["master"], ["self_signing"])
    verify(keys["self_signing_key"], key_of(keys["master_key"]))


def test_a_changed_device_is_no_longer_signed() -> None:
    identity = Identity.new()
    device = signed({"device_id": "PONSEL", "keys": {"é": "1"}}, SITI, identity.self_signing)
    key = key_of(identity_keys(SITI, identity)["self_signing_key"])
    verify(device, key)
    with pytest.raises(InvalidSignature):
        verify(device | {"device_id": "LAIN"}, key)


def test_an_identity_survives_as_text_and_shows_nothing() -> None:
    identity = Identity.new()
    again = Identity.from_text(identity.text())
    assert identity_keys(SITI, again) == identity_keys(SITI, identity)
    assert identity.text().split()[0] not in repr(identity)


@pytest.mark.parametrize("text", ["", "aa", "aa bb", "zz zz", "00 11 22"])
def test_what_is_no_identity_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Identity.from_text(text)
