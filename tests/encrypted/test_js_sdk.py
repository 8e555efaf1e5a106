"""Encrypted direct talk with matrix-js-sdk, the crypto of Element, also where it leaves out unsigned devices."""

from __future__ import annotations

import pytest

from kamar_bots import direct
from kamar_provisioning.jobs import Desk
from kamar_store.site import Site
from tests.bots.test_real_synapse import running
from tests.encrypted import js_sdk
from tests.encrypted.people import person

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("strict", [False, True], ids=["every device", "only devices signed by their owner"])
async def test_a_member_with_the_crypto_of_element_talks_with_the_bot(strict: bool, site: Site, at: Desk) -> None:
    member = await person(at, "Siti")
    async with running(direct.run(site)):
        found = await js_sdk.talk(
            url=site.settings.synapse_url,
            user=member.user_id,
            device=member.device_id,
            token=member.access_token,
            bot=site.settings.encrypted_bot,
            strict=strict,
        )
    assert (found["signed"], found["devices"]) == (True, 1)
    assert [item["body"].split("\n")[0][:15] for item in found["heard"]] == [
        "Halo! Saya Kama",
        "Anda tinggal di",
        "Maksud Anda !ka",
        "Anda tinggal di",
        "Ajak tetangga d",
        "Kode QR: http:/",
    ]
    assert all(item["encrypted"] and not item["failed"] for item in found["heard"])
