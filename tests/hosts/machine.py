"""A blank Debian that really boots: systemd-nspawn over a throw-away tree, reached by SSH as any other host."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.hosts.network import HOST, Network
from tests.hosts.packages import overlay

BOOT_SECONDS = 60
STOP_SECONDS = 30
REBOOTED = 133  # nspawn's exit code with --keep-unit when its guest reboots
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Machine:
    """One booted host."""

    root: Path
    network: Network
    desk: Path  # the administrator's files: SSH key, known hosts
    mounts: Sequence[str]
    cgroup: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def ssh_options(self) -> list[str]:
        """Return how SSH gets in, and only there."""
        options = {"IdentityFile": self.desk / "key", "UserKnownHostsFile": self.desk / "known_hosts"}
        words = {**options, "StrictHostKeyChecking": "yes", "BatchMode": "yes", "ConnectTimeout": "5"}
        return ["-F", "none", *(part for name, value in words.items() for part in ("-o", f"{name}={value}"))]

    def run(self, command: str, *, check: bool = True) -> str:
        """Run a shell command as root on the host and return what it prints."""
        argv = self.network.from_seat("ssh", *self.ssh_options, f"root@{HOST}", command)
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def boot(self) -> None:
        """Start the machine; return when systemd has started all it should."""
        self.cgroup.mkdir(exist_ok=True)
        argv = (
            *("systemd-nspawn", "--boot", "--quiet", "--directory", str(self.root), f"--machine={self.network.host}"),
            *(f"--network-namespace-path=/run/netns/{self.network.host}", "--keep-unit", "--register=no"),
            *("--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only"),
            *(f"--bind-ro={mount}" for mount in self.mounts),
        )
        with (self.desk / "console").open("ab") as console:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                preexec_fn=self._enter_cgroup,
            )
        deadline = time.monotonic() + BOOT_SECONDS
        while self.run("systemctl is-system-running --wait", check=False) not in ("running", "degraded"):
            said = (self.desk / "console").read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, f"it ended: {said}"
            assert time.monotonic() < deadline, f"it does not boot: {said}"
            time.sleep(0.1)

    def reboot(self) -> None:
        """Reboot as an administrator would; nspawn leaves it to us to start the machine again."""
        assert self.process is not None
        self.run("systemctl reboot", check=False)
        assert self.process.wait(STOP_SECONDS) == REBOOTED
        self.boot()

    def halt(self) -> None:
        """Shut down; kill what does not."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.terminate()
                self.process.wait(STOP_SECONDS)
        for directory in _cgroups(self.cgroup):
            _remove_cgroup(directory)

    def _enter_cgroup(self) -> None:
        """Give the machine a cgroup of its own, and let it die with us."""
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        (self.cgroup / "cgroup.procs").write_text(str(os.getpid()))


@contextmanager
def machine(tree: Path, debs: Path, wheels: Path, network: Network, desk: Path) -> Iterator[Machine]:
    """Boot a blank host; everything of it is gone at the end."""
    with overlay(tree) as root:
        _introduce(root, desk)
        mounts = (f"{debs}:/srv/apt", f"{wheels}:/srv/wheels")
        made = Machine(root, network, desk, mounts, _cgroup_root() / network.host)
        try:
            made.boot()
            yield made
        finally:
            made.halt()


def _introduce(root: Path, desk: Path) -> None:
    """Let the administrator in, and give the host its packages in place of a way to the internet."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(desk / "key")], check=True)
    keys = root / "root/.ssh"
    keys.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(desk / "key.pub", keys / "authorized_keys")
    public = (root / "etc/ssh/ssh_host_ed25519_key.pub").read_text()
    (desk / "known_hosts").write_text(f"{HOST} {public}")
    apt = root / "etc/apt"
    for ours in (*apt.glob("sources.list*"), *apt.glob("apt.conf.d/99*"), root / "etc/resolv.conf"):
        shutil.rmtree(ours) if ours.is_dir() else ours.unlink(missing_ok=True)
    (apt / "sources.list").write_text("deb [trusted=yes] file:/srv/apt ./\n")
    (root / "etc/pip.conf").write_text("[global]\nno-index = true\nfind-links = /srv/wheels\n")
    (root / "etc/hostname").write_text("kamar\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost kamar\n")


def _cgroup_root() -> Path:
    """Return where cgroups of version 2 are mounted."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return next(Path(where) for _, where, kind, *_ in mounts if kind == "cgroup2")


def _cgroups(ours: Path) -> list[Path]:
    """Return our cgroup and the twin that nspawn makes beside it where systemd's own hierarchy is an old one."""
    twin = Path("/sys/fs/cgroup/systemd") / ours.name
    return [directory for directory in (ours, twin) if directory.exists()]


def _remove_cgroup(directory: Path) -> None:
    deepest_first = sorted((path.parent for path in directory.rglob("cgroup.procs")), reverse=True)
    for each in deepest_first:
        for pid in (each / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
    deadline = time.monotonic() + STOP_SECONDS
    for each in deepest_first:
        while each.exists():
            with suppress(OSError):  # busy until the last of its processes is gone
                each.rmdir()
            assert time.monotonic() < deadline, f"{each} is still in use"
