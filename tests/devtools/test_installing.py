"""Nothing is resolved at install, and a user's configuration of pip or uv changes no package."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from devtools import installing
from devtools.installing import LOCKED, Pip, Uv, clean_environment, index_options, installer
from devtools.stopping import CannotRun

LISTED = """\
:env:.find-links='/wheels'
:env:.constraint='/no.txt'
download.timeout='7'
global.index-url='https://mirror.example/simple'
global.extra-index-url='file:///one\\nfile:///two'
global.no-binary=':all:'
global.target='/elsewhere'
global.timeout='5'
global.user='true'
"""

LOCK = "".join(f"{name}==1 \\\n    --hash=sha256:{name}{name}\n" for name in "abc")


class Started:
    """A record of every started command line with its environment; no process really runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, failing: str = "") -> None:
        self.commands: list[tuple[list[str], dict[str, str]]] = []
        self.shares: list[str] = []
        self.failing = failing
        monkeypatch.setattr(subprocess, "call", self._call)
        monkeypatch.setattr(subprocess, "Popen", self._popen)
        monkeypatch.setattr(subprocess, "run", self._listing)

    def verbs(self) -> list[str]:
        known = ("venv", "download", "install", "check")
        return [next(part for part in argv if part in known) for argv, _ in self.commands]

    def _call(self, argv: Sequence[str], *, env: dict[str, str], stdout: Any = None) -> int:
        del stdout
        self.commands.append((list(argv), dict(env)))
        return int(self.failing in argv)

    def _popen(self, argv: Sequence[str], *, env: dict[str, str]) -> "Ended":
        self.shares.append(Path(argv[-1]).read_text("utf-8"))
        return Ended(self._call(argv, env=env))

    def _listing(self, argv: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(argv, 0, LISTED)


class Ended:
    """A fake process that has ended."""

    def __init__(self, status: int) -> None:
        self.status = status

    def wait(self) -> int:
        return self.status


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text(LOCK)
    return file


def test_only_index_options_of_pip_configuration_are_kept() -> None:
    assert index_options(LISTED) == {
        "PIP_FIND_LINKS": "/wheels",
        "PIP_INDEX_URL": "https://mirror.example/simple",
        "PIP_EXTRA_INDEX_URL": "file:///one file:///two",
        "PIP_TIMEOUT": "7",
    }


@pytest.mark.parametrize("own", [True, False])
def test_pip_installs_whole_lock_without_resolving(
    own: bool,
    lock: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_CONSTRAINT", "no.txt")
    started = Started(monkeypatch)
    Pip(own=own).fill(tmp_path / "venv", [lock])
    assert started.verbs() == ["download", "download", "install", "check"]
    for argv, environ in started.commands[:3]:
        assert set(LOCKED) <= set(argv)
        assert environ["PIP_CONFIG_FILE"] == os.devnull
        assert "PIP_CONSTRAINT" not in environ
    assert started.commands[0][1]["PIP_INDEX_URL"] == "https://mirror.example/simple"
    assert "--no-index" in started.commands[2][0]
    assert sorted("".join(started.shares).splitlines()) == sorted(LOCK.splitlines())


@pytest.mark.parametrize("verb", ["download", "install", "check"])
def test_failing_pip_raises_cannot_run(
    verb: str,
    lock: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Started(monkeypatch, failing=verb)
    with pytest.raises(CannotRun, match="failed, see above"):
        Pip(own=True).fill(tmp_path / "venv", [lock])


def test_uv_installs_whole_lock_without_resolving(
    lock: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UV_CONSTRAINT", "no.txt")
    monkeypatch.setenv("UV_NO_BINARY_PACKAGE", "lxml")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mirror.example/simple")
    started = Started(monkeypatch)
    Uv("uv").fill(tmp_path / "venv", [lock])
    assert started.verbs() == ["install", "check"]
    argv, environ = started.commands[0]
    assert set(LOCKED) <= set(argv)
    assert {name for name in environ if name.startswith("UV_")} == {"UV_DEFAULT_INDEX"}


def test_clean_environment_drops_python_path_variables() -> None:
    environ = {"PYTHONPATH": "/elsewhere", "PYTHONHOME": "/elsewhere", "HOME": "/home"}
    assert clean_environment(environ) == {"HOME": "/home"}


def test_installer_prefers_uv_then_own_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/uv")
    assert installer() == Uv("/bin/uv")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(installing, "own_pip", lambda: (22, 3))
    assert installer() == Pip(own=True)
    monkeypatch.setattr(installing, "own_pip", lambda: (22, 2))
    assert installer() == Pip(own=False)


def test_missing_pip_suggests_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CannotRun, match="apt install python3-venv"):
        installer()
