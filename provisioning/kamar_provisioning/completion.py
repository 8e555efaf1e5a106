"""``kamar completion bash``: what a shell needs to complete commands, options and files."""

from __future__ import annotations

import argparse
import importlib
from typing import cast

import shtab

from kamar_provisioning.command import SUBCOMMANDS, Module

SHELLS = ("bash", "zsh", "tcsh")
FILES = ("file", "state", "json")  # arguments that name a file or a directory


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("shell", choices=SHELLS, help="shell yang Anda pakai")


def run(arguments: argparse.Namespace) -> int:
    """Print the script; the shell reads it at its start."""
    print(shtab.complete(whole(), shell=arguments.shell))
    return 0


def whole() -> argparse.ArgumentParser:
    """Return one parser of all subcommands, as completion wants it; the command itself loads only the one asked for."""
    parser = argparse.ArgumentParser(prog="kamar")
    commands = parser.add_subparsers()
    for item in SUBCOMMANDS:
        module = cast(Module, importlib.import_module(f"kamar_provisioning.{item.module}"))
        below = commands.add_parser(item.name, help=item.help, epilog="")
        module.configure(below)
        _complete_files(below)
    return parser


def _complete_files(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # argparse has no other way to walk them
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                _complete_files(below)
        elif action.dest in FILES and action.nargs != 0:
            action.complete = shtab.DIRECTORY if action.dest == "state" else shtab.FILE  # type: ignore[attr-defined]  # shtab's own mark
