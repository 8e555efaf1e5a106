"""What a host is given: a wheel with everything in it, the locked packages, and the built web client."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from kamar_provisioning import chat
from kamar_provisioning.command import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("release")
    assert main(["release", "--without-chat", str(directory)]) == 0
    (found,) = directory.glob("*.whl")
    return found


def _packages() -> list[Path]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [ROOT / name for name in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]


def test_a_wheel_holds_every_file_of_our_packages(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / line for line in tracked.stdout.splitlines()]
    wanted = {str(file.relative_to(home.parent)) for home in _packages() for file in files if home in file.parents}
    assert len(wanted) > 150
    assert wanted - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_a_wheel_finds_what_the_working_copy_has_elsewhere(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = (
        "from kamar_provisioning import chat, settings_file, synapse;"
        "print(settings_file.example(), synapse.template_directory(), chat.current())"
    )
    argv = (sys.executable, "-c", script)
    done = subprocess.run(argv, cwd="/", env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    example, templates, version = done.stdout.split()
    inside = tmp_path / "kamar_provisioning"
    assert (Path(example), Path(templates)) == (inside / "kamar.toml.example", inside / "synapse_config")
    assert Path(example).read_text() == (ROOT / "kamar.toml.example").read_text()
    assert {file.name for file in Path(templates).glob("*.j2")} == {x.name for x in ROOT.glob("synapse_config/*.j2")}
    assert version == chat.current()  # so that a build made here is taken there


def test_the_same_working_copy_gives_the_same_release(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for name in ("one", "two"):
        main(["release", "--without-chat", str(tmp_path / name)])
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert len(said[0].strip()) == 16


@pytest.mark.integration
def test_a_host_takes_the_packed_web_client_without_building_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kamar.state import State

    main(["release", str(tmp_path / "one")])
    main(["release", str(tmp_path / "two")])
    assert len(set(capsys.readouterr().out.split())) == 1
    with tarfile.open(tmp_path / "one" / "chat.tar") as tar:
        tar.extractall(tmp_path / "cache", filter="data")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("kamar_provisioning.chat.subprocess", None)  # neither npm nor node
    chat.build(State(tmp_path / "state"))
    assert (tmp_path / "state" / "chat" / "index.html").exists()
