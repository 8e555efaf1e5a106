"""Choosing and keeping ports."""

from __future__ import annotations

import socket
from dataclasses import astuple, replace

import pytest

from kamar.errors import KamarError
from kamar.settings import Ports, Settings, Workers
from kamar_provisioning.ports import held


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_new_server_gets_a_different_free_port_for_everything() -> None:
    with held(Settings()) as ports:
        assert len(set(ports.values())) == len(astuple(Ports()))
        assert all(ports.values())


def test_nobody_else_gets_a_port_that_is_held() -> None:
    with held(Settings()) as ours, held(Settings()) as theirs:
        assert not set(ours.values()) & set(theirs.values())


def test_a_chosen_port_is_kept() -> None:
    port = free_port()
    with held(Settings(ports=Ports(portal=port))) as ports:
        assert ports["portal"] == port


def test_ports_are_free_for_the_children_afterwards() -> None:
    with held(Settings()) as ports:
        pass
    with socket.socket() as child:
        child.bind(("127.0.0.1", ports["portal"]))


@pytest.mark.parametrize(
    ("name", "workers", "refused"), [("portal", False, True), ("worker", True, True), ("worker", False, False)]
)
def test_a_port_in_use_is_refused_by_name_where_it_is_needed(name: str, workers: bool, refused: bool) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        settings = Settings(ports=replace(Ports(), **{name: taken}), workers=Workers(enabled=workers))
        if not refused:
            with held(settings) as ports:
                assert ports[name] == taken
            return
        with pytest.raises(KamarError) as error, held(settings):
            pass
    assert (error.value.code, error.value.detail["name"], error.value.detail["port"]) == ("port_taken", name, taken)
