"""The administrator's desk: a private certificate authority, an inventory, and ``ansible-playbook`` on the seat."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.hosts.machine import Machine
from tests.hosts.network import HOST
from tests.hosts.packages import ROOT

DOMAIN = "kamar.test"
DAY = timedelta(days=1)
SECONDS = 60


@dataclass(frozen=True)
class Recap:
    """What Ansible counted for the host."""

    ok: int
    changed: int
    failed: int
    said: str


def play(machine: Machine, **variables: Any) -> Recap:
    """Run the playbook against the machine, as an administrator does, with ``variables`` on top of the inventory's."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    environment |= {"ANSIBLE_HOME": str(machine.desk / "ansible"), "ANSIBLE_SSH_CONTROL_PATH_DIR": str(machine.desk)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    playbook = (str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(_inventory(machine)))
    argv = machine.network.from_seat(*playbook, "-e", json.dumps(variables), "site.yml")
    done = subprocess.run(argv, cwd=ROOT / "ansible", env=environment, capture_output=True, text=True, check=False)
    counted = re.findall(r"^branch1 .*ok=(\d+)\s+changed=(\d+).*failed=(\d+)", done.stdout, re.MULTILINE)
    said = done.stdout + done.stderr
    assert counted, said
    ok, changed, failed = map(int, counted[-1])
    return Recap(ok, changed, failed, said)


def ask(machine: Machine, method: str, path: str, **more: Any) -> httpx.Response:
    """Ask the host by its name over https from the seat, trusting our certificate authority and no other."""

    def send() -> httpx.Response:
        with httpx.Client(verify=_trust(machine), trust_env=False, timeout=SECONDS) as client:
            headers = {"Host": DOMAIN, **more.pop("headers", {})}
            request = client.build_request(method, f"https://{HOST}{path}", headers=headers, **more)
            request.extensions["sni_hostname"] = DOMAIN
            return client.send(request)

    return machine.network.at_seat(send)


def knock(machine: Machine, path: str, size: int = 0) -> int:
    """Send the bare head of a request, its path exactly as written, and return the answer's status."""
    method = "POST" if size else "GET"
    head = f"{method} {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"

    def send() -> int:
        with (
            socket.create_connection((HOST, 443), SECONDS) as wire,
            _trust(machine).wrap_socket(wire, server_hostname=DOMAIN) as tls,
        ):
            tls.sendall(head.encode())
            return int(tls.makefile("rb").readline().split()[1])

    return machine.network.at_seat(send)


def _trust(machine: Machine) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(machine.desk / "ca.pem"))


def make_certificates(desk: Path) -> None:
    """Write ``ca.pem`` and, signed by it, ``host.pem`` with ``host.key``."""
    authority, certificate = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Lab", authority, "Lab", authority, x509.BasicConstraints(ca=True, path_length=0))
    names = x509.SubjectAlternativeName([x509.DNSName(DOMAIN)])
    leaf = _certificate(DOMAIN, certificate, "Lab", authority, names)
    (desk / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (desk / "host.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    key = certificate.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (desk / "host.key").touch(mode=0o600)
    (desk / "host.key").write_bytes(key)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(signer, hashes.SHA256())
    )


def _inventory(machine: Machine) -> Path:
    host = {
        "ansible_host": HOST,
        "ansible_user": "root",
        "ansible_ssh_common_args": " ".join(machine.ssh_options),
        "kamar_domain": DOMAIN,
        "kamar_release_directory": str(machine.desk / "release"),
        "nginx_certificate_from": str(machine.desk / "host.pem"),
        "nginx_certificate_key_from": str(machine.desk / "host.key"),
    }
    file = machine.desk / "inventory.yml"
    file.write_text(json.dumps({"branch": {"hosts": {"branch1": host}}}))  # JSON is YAML
    return file
