"""`python3 gw` for a newcomer: correct help, and failures on one line."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import commands
from devtools.commands import COMMANDS, Task, main
from devtools.paths import ROOT
from devtools.stopping import CannotRun


def gw(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "gw", *arguments]
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def nothing_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make any attempt to prepare the .venv fail."""

    def refuse(_: object) -> Path:
        raise AssertionError

    monkeypatch.setattr(commands, "prepare", refuse)


@pytest.mark.parametrize("asked", [(), ("-h",), ("--help",), ("help",)])
def test_help_lists_every_command(asked: tuple[str, ...]) -> None:
    told = gw(*asked)
    assert told.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command.name} " in told.stdout


@pytest.mark.usefixtures("nothing_prepared")
@pytest.mark.parametrize("task", [c.name for c in COMMANDS if isinstance(c, Task)])
def test_task_help_shows_usage_without_side_effects(
    task: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as exited:
        main([task, "-h"])
    assert exited.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: gw {task} ")


@pytest.mark.parametrize("name", ["bench", "examples", "psql", "schema"])
def test_module_help_shows_usage_without_side_effects(name: str) -> None:
    schema = ROOT / "gateway" / "db" / "schema.sql"
    before = schema.stat().st_mtime_ns
    told = gw(name, "-h")
    assert told.returncode == 0
    assert told.stdout.startswith("usage: ")
    assert schema.stat().st_mtime_ns == before


def test_gw_script_parses_as_python_3_6() -> None:
    ast.parse((ROOT / "gw").read_text("utf-8"), feature_version=(3, 6))


def test_command_that_cannot_run_prints_one_line_and_returns_2(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def prepare(_: object) -> Path:
        raise CannotRun("no pip")

    monkeypatch.setattr(commands, "prepare", prepare)
    assert main(["check"]) == 2
    assert capsys.readouterr().err == "gw: no pip\n"


def test_unwritable_checkout_prints_one_line_and_returns_2(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def prepare(_: object) -> Path:
        raise PermissionError(13, "Permission denied", str(ROOT / ".cache"))

    monkeypatch.setattr(commands, "prepare", prepare)
    assert main(["dev"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"gw: {ROOT / '.cache'}: Permission denied: clone the project into")
    assert len(said.splitlines()) == 1
