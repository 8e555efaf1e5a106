"""One branch on one blank Debian, put there by Ansible: docs/hosting.md, really done."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kamar.referral import new_code
from kamar_portal.security import CODE
from tests.hosts.desk import DOMAIN, Recap, ask, knock, make_certificates, play
from tests.hosts.machine import Machine, machine
from tests.hosts.network import SEAT, network
from tests.hosts.packages import prepare
from tests.servers.newcomers import PASSWORD

pytestmark = [pytest.mark.integration, pytest.mark.hosts]

VILLAGE = "31.71.06.1001"
WORD = "Selamat pagi, tetangga."
PATIENCE = 60
MB = 2**20  # as nginx counts
PNG = b"\x89PNG\r\n\x1a\n"
LIAR = "203.0.113.7"  # what a caller says about its own address
NEEDED = ("mmdebstrap", "systemd-nspawn", "dpkg-scanpackages", "ip", "ssh")


@pytest.fixture(scope="module")
def blank() -> Iterator[Machine]:
    """Boot a host with nothing on it."""
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if os.geteuid() or lacking:
        pytest.skip(f"no host can be booted here: {', '.join(lacking) or 'only root may'}")
    # Whoever ends us gets us to take the host away first; the signal may come from a run that took too long.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory() as directory, network() as wires:
        desk = Path(directory)
        make_certificates(desk)
        # Once where npm can be reached: the seat, like the host, has no way out.
        argv = (sys.executable, "-m", "kamar_provisioning.command", "release", str(desk / "release"))
        subprocess.run(argv, check=True)
        with machine(*prepare(), wires, desk) as booted:
            yield booted


@pytest.fixture(scope="module")
def first(blank: Machine) -> Recap:
    """Run the playbook on the blank host."""
    return play(blank)


@pytest.fixture
def branch(blank: Machine, first: Recap) -> Machine:
    """Give the host that the playbook has made a branch."""
    assert first.failed == 0, first.said
    return blank


def status(branch: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(branch.run("kamar status --json", check=False))
    return found


@pytest.fixture(scope="module")
def newcomer(blank: Machine, first: Recap) -> dict[str, str]:
    """Sign somebody up from outside and sit him in his first kamar."""
    assert first.failed == 0, first.said
    code = status(blank)["invite_link"].rpartition("/")[2]
    body = {"code": code, "village": VILLAGE, "rw": 5, "rt": 3, "adult": True, "consent": ["account", "messages"]}
    body |= {"display_name": "Siti", "password": PASSWORD}
    joined = ask(blank, "POST", "/api/v1/join", json=body, headers={"X-Forwarded-For": LIAR})
    assert joined.status_code == 201, joined.text
    user = joined.json()["user_id"]
    who = {"identifier": {"type": "m.id.user", "user": user}, "type": "m.login.password", "password": PASSWORD}
    login = ask(blank, "POST", "/_matrix/client/v3/login", json=who, headers={"X-Forwarded-For": LIAR})
    assert login.status_code == 200, login.text
    return {"user": user, "token": login.json()["access_token"], "code": code}


def client(branch: Machine, newcomer: dict[str, str], method: str, path: str, body: object = None) -> dict[str, Any]:
    """Ask the client API as the newcomer, who lies about where he calls from."""
    headers = {"Authorization": f"Bearer {newcomer['token']}", "X-Forwarded-For": LIAR}
    answer = ask(branch, method, f"/_matrix/client/v3/{path}", headers=headers, **({"json": body} if body else {}))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_misspelt_variable_stops_the_play_before_anything_changes(blank: Machine) -> None:
    run = play(blank, kamar_organization="Serikat")
    assert (run.failed, run.changed) == (1, 0)
    assert "No role knows kamar_organization" in run.said


def test_a_setting_that_kamar_refuses_stops_the_play_before_anything_changes(blank: Machine) -> None:
    run = play(blank, kamar_settings={"rooms": {"open_at_rt": 0, "pintu": 1}})
    assert (run.failed, run.changed) == (1, 0)
    assert "rooms.pintu: unknown key" in run.said


def test_a_blank_debian_becomes_a_healthy_branch(branch: Machine) -> None:
    found = status(branch)
    assert set(found["checks"].values()) == {"ok"}
    assert (found["healthy"], found["running"], found["server_name"]) == (True, True, DOMAIN)
    assert found["portal"] == f"https://{DOMAIN}"
    assert branch.run("systemctl --failed --no-legend") == ""


def test_a_second_run_changes_nothing(branch: Machine) -> None:
    again = play(branch)
    assert (again.failed, again.changed) == (0, 0), again.said


def test_pages_come_by_https_only_and_say_so(branch: Machine) -> None:
    page = ask(branch, "GET", "/")
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Content-Encoding" not in page.headers
    assert ask(branch, "GET", "/chat/").status_code == 200
    assert ask(branch, "GET", "/.well-known/matrix/client").json()["m.homeserver"]["base_url"] == f"https://{DOMAIN}"


def test_a_newcomer_signs_up_and_says_a_word(branch: Machine, newcomer: dict[str, str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (rooms := client(branch, newcomer, "GET", "joined_rooms")["joined_rooms"]):
        assert time.monotonic() < deadline, "nobody gave him a seat"
        time.sleep(0.5)
    message = {"msgtype": "m.text", "body": WORD}
    client(branch, newcomer, "PUT", f"rooms/{rooms[0]}/send/m.room.message/1", message)
    assert WORD in said(branch, newcomer)


def said(branch: Machine, newcomer: dict[str, str]) -> list[str]:
    """Return what can be read in the newcomer's rooms."""
    rooms = client(branch, newcomer, "GET", "joined_rooms")["joined_rooms"]
    read = [client(branch, newcomer, "GET", f"rooms/{room}/messages?dir=b&limit=50")["chunk"] for room in rooms]
    return [event["content"].get("body", "") for chunk in read for event in chunk]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/_matrix/client/versions", 200),
        ("/_synapse/client/kamar/v1/nodes/31", 401),
        ("/_synapse/admin/v1/server_version", 404),
        ("/_synapse/admin/../../_matrix/client/versions", 404),
        ("/_matrix/client/%2e%2e/%2e%2e/_synapse/admin/v1/server_version", 404),
        ("/_synapse/client/kamar/v1/health", 404),
        ("/_synapse/client/kamar/v1/seats/@a:b", 404),
        ("/_synapse/client//kamar/v1/health", 404),
        ("/_synapse/metrics", 404),
        ("/_matrix/federation/v1/version", 404),
        ("/_matrix/app/v1/ping", 404),
    ],
)
def test_only_what_clients_need_is_open_from_outside(branch: Machine, path: str, code: int) -> None:
    assert knock(branch, path) == code


@pytest.mark.parametrize(("path", "size"), [("/_matrix/media/v3/upload", 100 * MB + 1), ("/api/v1/join", MB + 1)])
def test_too_much_is_refused_at_the_door(branch: Machine, path: str, size: int) -> None:
    assert knock(branch, path, size) == 413


def test_a_photo_passes_the_door(branch: Machine, newcomer: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {newcomer['token']}", "Content-Type": "image/png"}
    photo = PNG + b"\0" * 2 * MB
    sent = ask(branch, "POST", "/_matrix/media/v3/upload", headers=headers, content=photo)
    assert sent.status_code == 200, sent.text


def test_only_ssh_and_nginx_listen_for_others(branch: Machine) -> None:
    listening = branch.run("ss -Hltn | awk '{print $4}'").split()
    ports = {int(address.rpartition(":")[2]) for address in listening}
    assert {22, 80, 443, 5432, 8008, 8009, 8080, 9008} <= ports
    assert {port for port in ports if branch.network.listens(port)} == {22, 80, 443}


def test_the_callers_address_is_the_one_that_nginx_sees(branch: Machine, newcomer: dict[str, str]) -> None:
    seen = "runuser -u kamar -- psql -d kamar_synapse -tAc 'SELECT DISTINCT ip FROM user_ips'"
    deadline = time.monotonic() + PATIENCE
    while SEAT not in (found := branch.run(f"cd / && {seen}").split()):
        assert time.monotonic() < deadline, found
        client(branch, newcomer, "GET", "account/whoami")
        time.sleep(1)
    assert LIAR not in found


def test_a_guesser_cannot_pass_for_many(branch: Machine) -> None:
    dice = Random(7)
    answers = [
        ask(branch, "GET", f"/g/{new_code('K2', dice)}", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(CODE.most + 5)
    ]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_secrets_are_for_their_owner_only(branch: Machine) -> None:
    files = branch.run("find /var/lib/kamar -type f -name '*' -printf '%m %u %p\\n'").splitlines()
    secrets = [line for line in files if "/secrets/" in line or "/synapse/" in line or line.endswith("/kamar.toml")]
    assert len(secrets) > 8
    assert [line for line in secrets if not line.startswith("600 kamar ")] == []
    assert branch.run("stat -c '%a %U' /var/lib/kamar") == "700 kamar"
    assert branch.run("stat -c '%a %U' /etc/nginx/tls/*.key") == "600 root"


def test_no_log_holds_an_invitation_or_a_secret(branch: Machine, newcomer: dict[str, str]) -> None:
    ask(branch, "GET", f"/g/{newcomer['code']}")
    logs = branch.run("journalctl --no-pager; cat /var/log/nginx/* /var/log/postgresql/*")
    secrets = branch.run("cat /var/lib/kamar/secrets/*").split()
    assert "kamar-synapse" in logs or "Synapse" in logs
    assert [word for word in (newcomer["code"], newcomer["token"], PASSWORD, *secrets) if word in logs] == []


def test_a_killed_process_comes_back(branch: Machine) -> None:
    for unit in ("kamar-synapse", "kamar-serve"):
        before = branch.run(f"systemctl show -P MainPID {unit}")
        branch.run(f"kill -9 {before}")
        branch.run("until kamar status >/dev/null; do sleep 0.5; done")
        assert branch.run(f"systemctl show -P MainPID {unit}") not in ("0", before)


def test_kamar_up_leaves_a_server_of_systemd_alone(branch: Machine) -> None:
    assert "systemctl start kamar.target" in branch.run("kamar up 2>&1", check=False)


def test_a_changed_setting_is_taken_by_a_restart(branch: Machine) -> None:
    run = play(branch, kamar_organisation="Serikat Baru")
    assert (run.failed, run.changed > 0) == (0, True), run.said
    assert status(branch)["healthy"]
    assert ask(branch, "GET", "/chat/config.json").json()["name"] == "Serikat Baru"


def test_after_a_reboot_all_is_as_it_was(branch: Machine, newcomer: dict[str, str]) -> None:
    before = status(branch)
    branch.reboot()
    branch.run("systemctl start kamar-ready")
    after = status(branch)
    assert after["healthy"]
    assert after["invite_link"] == before["invite_link"]
    assert WORD in said(branch, newcomer)
