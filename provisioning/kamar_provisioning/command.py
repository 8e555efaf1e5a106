"""The ``kamar`` command: finds the subcommand, runs it, and turns errors into sentences.

A subcommand is one module with two functions: ``configure(parser)`` adds its options, ``run(arguments)`` does the work
and returns the exit code. It is imported only when it is asked for, so ``kamar status`` stays quick.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from kamar.errors import KamarError
from kamar_provisioning import sentences
from kamar_provisioning.sentences import explain

INTERRUPTED = 130  # what shells use for "ended by Ctrl-C"


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One line of ``kamar --help``."""

    name: str
    help: str
    module: str
    example: str
    passes_on: bool = False  # words it does not know go to ``arguments.rest`` instead of being an error


SUBCOMMANDS = (
    Subcommand("up", "menjalankan server; membuatnya dulu bila belum ada", "up", "./kamar up --demo"),
    Subcommand("status", "menunjukkan alamat, tautan, dan kesehatan server", "status", "./kamar status --json"),
    Subcommand("down", "menghentikan server yang berjalan di latar", "down", "./kamar down"),
    Subcommand("invite", "menampilkan undangan sebagai tautan dan kode QR", "invite", "./kamar invite"),
    Subcommand("wilayah", "mencari wilayah seperti di portal", "wilayah_command", "./kamar wilayah pondok cina"),
    Subcommand("tree", "menggambar pohon organisasi dengan pengurusnya", "tree", "./kamar tree 32.16.19 --depth 2"),
    Subcommand(
        "import",
        "mengimpor pengurus dari CSV atau XLSX",
        "import_command",
        "./kamar import pengurus daftar.xlsx --dry-run",
    ),
    Subcommand("appoint", "mengangkat pengurus", "appoint", "./kamar appoint @k7f3q2 ketua 32.16 --decree 012/SK/2026"),
    Subcommand("dismiss", "mengakhiri mandat pengurus", "dismiss", "./kamar dismiss 17 --reason 'pindah domisili'"),
    Subcommand(
        "mandate",
        "menampilkan mandat, jabatan kosong, SK, dan catatannya",
        "mandate_command",
        "./kamar mandate list 32.16",
    ),
    Subcommand(
        "preflight", "memeriksa kesiapan: kepengurusan tiap tingkat", "preflight", "./kamar preflight pengurus --json"
    ),
    Subcommand(
        "audit", "memeriksa semua kamar resmi dan memperbaiki yang diubah orang", "audit_command", "./kamar audit"
    ),
    Subcommand("plan", "melihat dan mengusulkan rencana penataan", "plan", "./kamar plan pemekaran.txt"),
    Subcommand("apply", "menjalankan rencana yang disetujui", "apply", "./kamar apply 7"),
    Subcommand("rollback", "membatalkan rencana yang sudah dijalankan", "rollback", "./kamar rollback 7"),
    Subcommand("vault", "memeriksa catatan akses; mengganti kunci brankas", "vault", "./kamar vault --rotate"),
    Subcommand(
        "gather",
        "menunjukkan atau mengatur siapa yang dikumpulkan tim",
        "gathering_command",
        "./kamar gather tim/dapil-1 32.16 32.17",
    ),
    Subcommand(
        "treaty",
        "menunjukkan atau membuat perjanjian dengan organisasi tamu",
        "treaty_command",
        "./kamar treaty aliansi/walhi Walhi 2027-03-31",
    ),
    Subcommand("demo", "mengisi atau menghapus desa contoh", "demo", "./kamar demo --remove"),
    Subcommand(
        "serve", "menjalankan portal, bot, dan tugas (dipakai oleh `up`)", "serve", "./kamar serve --only portal"
    ),
    Subcommand(
        "unit",
        "menjalankan satu langkah server (dipakai oleh systemd)",
        "unit",
        "./kamar unit ready --state /var/lib/kamar",
    ),
    Subcommand("completion", "melengkapi perintah di shell Anda", "completion", "./kamar completion bash"),
    Subcommand("settings", "memeriksa berkas pengaturan", "settings_command", "./kamar settings var/kamar.toml"),
    Subcommand("release", "membuat berkas rilis untuk Ansible", "release", "./kamar release .cache/release"),
    Subcommand("test", "menjalankan semua pemeriksaan dan tes", "test", "./kamar test --unit", passes_on=True),
    Subcommand("lock", "mengunci versi semua pustaka (untuk pengembang)", "lock", "./kamar lock --upgrade"),
    Subcommand("bench", "mengukur kecepatan", "bench", "./kamar bench wilayah --json hasil.json"),
)


class Module(Protocol):
    """What every subcommand's module offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do the work; return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; errors a person can mend become one sentence, anything else a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read us (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        mendable = _mendable(error)
        if mendable is None:
            raise
        print(explain(mendable), file=sys.stderr)
        return 1


def _run(words: Sequence[str]) -> int:
    chosen = next((item for item in SUBCOMMANDS if words and item.name == words[0]), None)
    if chosen is None:
        _overview().parse_args(words)
        return 2
    module = cast(Module, importlib.import_module(f"kamar_provisioning.{chosen.module}"))
    parser = _parser(f"kamar {chosen.name}", chosen.help, f"contoh: {chosen.example}")
    module.configure(parser)
    arguments, rest = parser.parse_known_args(words[1:])
    if rest and not chosen.passes_on:
        parser.error(f"{sentences.UNKNOWN_WORDS}: {' '.join(rest)}")
    arguments.rest = rest
    return module.run(arguments)


def _overview() -> argparse.ArgumentParser:
    lines = ["perintah:"]
    width = max(len(item.name) for item in SUBCOMMANDS) + 2
    lines += [f"  {item.name:<{width}}{item.help}" for item in SUBCOMMANDS]
    lines += ["", "contoh:"]
    lines += [f"  {item.example}" for item in SUBCOMMANDS]
    lines += ["", "Bantuan satu perintah: ./kamar PERINTAH --help"]
    parser = _parser("kamar", "Sosial Kamar: obrolan warga di server sendiri.", "\n".join(lines))
    parser.add_argument("perintah", choices=[item.name for item in SUBCOMMANDS], metavar="PERINTAH")
    return parser


def _parser(program: str, description: str, epilog: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=program,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state DIR``, which every subcommand of a server has."""
    parser.add_argument(
        "--state", type=Path, default=Path("var"), metavar="DIR", help="direktori server (bawaan: ./var)"
    )


def _mendable(error: BaseException) -> KamarError | None:
    """Return what a person can mend about ``error``, also when it lies below others."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        cause = todo.pop()
        if cause is None or cause in seen:
            continue
        seen.append(cause)
        if isinstance(cause, KamarError):
            return cause
        if (isinstance(cause, OSError) and cause.errno == errno.ENOSPC) or "disk is full" in str(cause):
            return KamarError("disk_full")
        if isinstance(cause, BaseExceptionGroup):
            todo.extend(cause.exceptions)
        todo.extend((cause.__cause__, cause.__context__))
    return None


if __name__ == "__main__":
    sys.exit(main())
