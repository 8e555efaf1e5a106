"""What is rendered for Synapse; the tests of the modules start it from the same files."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from synapse.config.homeserver import HomeServerConfig

from kamar.errors import KamarError
from kamar.settings import Database, Ports, Rooms, Server, Settings, Workers
from kamar.state import State
from kamar_provisioning.synapse import processes, render

PORTS = Ports(portal=8000, synapse=8001, appservice=8002, metrics=8003, worker=8004, replication=8005)
SETTINGS = Settings(server=Server(name="kamar.test"), ports=PORTS)
POSTGRESQL = Database("postgresql://kamar:p%40ss@db.example:5433/kamar?sslmode=verify-full")
WORKERS = replace(SETTINGS, database=POSTGRESQL, workers=Workers(enabled=True, redis_port=6380))


def rendered(settings: Settings, root: Path) -> dict[str, Any]:
    """Render, and return homeserver.yaml as Synapse reads it."""
    render(settings, State(root))
    config: dict[str, Any] = yaml.safe_load((root / "synapse" / "homeserver.yaml").read_text())
    return config


def snapshot(root: Path) -> dict[str, bytes]:
    """Return every file with its content."""
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


@pytest.mark.parametrize("settings", [SETTINGS, WORKERS], ids=["embedded", "workers"])
def test_rendering_again_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    render(settings, State(tmp_path))
    before = snapshot(tmp_path)
    render(settings, State(tmp_path))
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("settings", [SETTINGS, WORKERS], ids=["embedded", "workers"])
def test_nobody_else_reads_what_is_rendered(settings: Settings, tmp_path: Path) -> None:
    render(settings, State(tmp_path))
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.rglob("*") if file.is_file()} == {0o600}


@pytest.mark.parametrize("settings", [SETTINGS, WORKERS], ids=["embedded", "workers"])
def test_synapse_understands_what_is_rendered(settings: Settings, tmp_path: Path) -> None:
    render(settings, State(tmp_path))
    for process in processes(settings, State(tmp_path)):
        config = HomeServerConfig.load_config("test", list(process.argv[3:]))
        assert config.registration.registration_requires_token
        assert not config.registration.registration_shared_secret
        assert not config.registration.enable_set_displayname
        assert not config.server.allow_per_room_profiles
        assert not config.server.presence_enabled
        assert not config.federation.allow_profile_lookup_over_federation
        assert not config.federation.allow_device_name_lookup_over_federation


def test_every_listener_is_for_this_computer_only_and_none_federates(tmp_path: Path) -> None:
    public = replace(WORKERS, server=Server(name="kamar.test", public_url="https://kamar.test", bind="0.0.0.0"))
    config = rendered(public, tmp_path)
    worker = yaml.safe_load((tmp_path / "synapse" / "worker.yaml").read_text())
    listeners = config["listeners"] + worker["worker_listeners"]
    assert {address for listener in listeners for address in listener["bind_addresses"]} == {"127.0.0.1"}
    served = {name for listener in listeners for entry in listener.get("resources", []) for name in entry["names"]}
    assert served == {"client", "replication"}
    assert config["federation_domain_whitelist"] == []


def test_synapse_has_a_database_of_its_own_beside_ours(tmp_path: Path) -> None:
    args = rendered(WORKERS, tmp_path)["database"]["args"]
    assert args["dbname"] == "kamar_synapse"
    assert (args["host"], args["port"], args["user"], args["password"]) == ("db.example", 5433, "kamar", "p@ss")
    assert args["sslmode"] == "verify-full"


def test_a_setting_cannot_break_out_of_its_place(tmp_path: Path) -> None:
    name = 'x"\nenable_registration_without_verification: true\n#'
    config = rendered(replace(SETTINGS, server=Server(name=name)), tmp_path)
    assert config["server_name"] == name
    assert "enable_registration_without_verification" not in config


def test_the_room_version_of_the_settings_is_the_default(tmp_path: Path) -> None:
    assert rendered(replace(SETTINGS, rooms=Rooms(version="11")), tmp_path)["default_room_version"] == "11"


def test_clients_are_told_the_public_address(tmp_path: Path) -> None:
    public = replace(SETTINGS, server=Server(name="kamar.test", public_url="https://kamar.test"))
    assert rendered(public, tmp_path)["public_baseurl"] == "https://kamar.test/"
    told = json.loads((tmp_path / "synapse" / "well-known-client.json").read_text())
    assert told == {"m.homeserver": {"base_url": "https://kamar.test"}}


def test_kamar_acts_as_nobody_else_and_owns_its_aliases(tmp_path: Path) -> None:
    render(SETTINGS, State(tmp_path))
    registration = yaml.safe_load((tmp_path / "synapse" / "appservice.yaml").read_text())
    assert registration["sender_localpart"] == "kamar"
    assert registration["rate_limited"] is False
    assert registration["namespaces"]["users"] == []
    assert registration["namespaces"]["aliases"] == [{"exclusive": True, "regex": "#kamar-.*:kamar\\.test"}]
    assert registration["url"] == "http://127.0.0.1:8002"


@pytest.mark.parametrize("port", ["synapse", "appservice", "metrics", "worker", "replication"])
def test_a_port_that_is_not_chosen_yet_is_refused(port: str, tmp_path: Path) -> None:
    with pytest.raises(KamarError) as refused:
        render(replace(WORKERS, ports=replace(PORTS, **{port: 0})), State(tmp_path))
    assert refused.value.detail == {"port": f"ports.{port}"}


def test_only_a_server_with_workers_has_one(tmp_path: Path) -> None:
    assert [process.name for process in processes(SETTINGS, State(tmp_path))] == ["synapse"]
    assert [process.name for process in processes(WORKERS, State(tmp_path))] == ["synapse", "worker"]
