""".venv is created once, extended when a command needs more, and recreated for a changed lock."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from devtools import environment, paths
from devtools.environment import Packages, prepare
from devtools.paths import python_of
from devtools.stopping import CannotRun


class Installer:
    """A fake installer that records its calls."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.failing = False

    def create(self, venv: Path) -> None:
        python_of(venv).parent.mkdir(parents=True)
        python_of(venv).touch()
        self.done.append("create")

    def fill(self, venv: Path, locks: Sequence[Path]) -> None:
        assert python_of(venv).exists()
        if self.failing:
            raise CannotRun("no network")
        self.done.append(locks)

    def forget(self) -> list[object]:
        done, self.done = self.done, []
        return done


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installer:
    chosen = Installer()
    monkeypatch.setattr(environment, "installer", lambda: chosen)
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    return chosen


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    return tmp_path / "venv"


SERVE, ALL = Packages.SERVE.value, Packages.ALL.value


def test_serve_packages_are_installed_first_and_tools_added_later(
    chosen: Installer, venv: Path
) -> None:
    assert prepare(Packages.SERVE, venv) == python_of(venv)
    assert chosen.forget() == ["create", SERVE]
    prepare(Packages.ALL, venv)
    assert chosen.forget() == [ALL]


def test_installed_packages_are_not_installed_again(chosen: Installer, venv: Path) -> None:
    prepare(Packages.ALL, venv)
    assert chosen.forget() == ["create", SERVE, ALL]
    prepare(Packages.ALL, venv)
    prepare(Packages.SERVE, venv)
    assert chosen.forget() == []


@pytest.mark.parametrize("packages", list(Packages))
def test_changed_lock_recreates_environment(
    packages: Packages,
    chosen: Installer,
    venv: Path,
) -> None:
    prepare(Packages.ALL, venv)
    (venv / f".installed-{packages.name.lower()}").write_text("another lock")
    chosen.forget()
    prepare(Packages.SERVE, venv)
    assert chosen.forget() == ["create", SERVE]
    prepare(Packages.ALL, venv)
    assert chosen.forget() == [ALL]


def test_failed_installation_is_retried(chosen: Installer, venv: Path) -> None:
    chosen.failing = True
    with pytest.raises(CannotRun, match="no network"):
        prepare(Packages.SERVE, venv)
    chosen.failing = False
    chosen.forget()
    prepare(Packages.SERVE, venv)
    assert chosen.forget() == ["create", SERVE]


def test_failed_tool_installation_keeps_serve_packages_usable(
    chosen: Installer, venv: Path
) -> None:
    prepare(Packages.SERVE, venv)
    chosen.failing = True
    with pytest.raises(CannotRun):
        prepare(Packages.ALL, venv)
    chosen.forget()
    prepare(Packages.SERVE, venv)
    assert chosen.forget() == []


def test_missing_interpreter_recreates_environment(chosen: Installer, venv: Path) -> None:
    prepare(Packages.SERVE, venv)
    python_of(venv).unlink()
    chosen.forget()
    prepare(Packages.SERVE, venv)
    assert chosen.forget() == ["create", SERVE]


def test_complete_environment_is_not_written_to(chosen: Installer, venv: Path) -> None:
    prepare(Packages.SERVE, venv)
    (paths.CACHE / "venv.lock").unlink()
    prepare(Packages.SERVE, venv)
    assert list(paths.CACHE.iterdir()) == []
    assert chosen.done == ["create", SERVE]


def test_symlinked_environment_is_left_unchanged(
    chosen: Installer, venv: Path, tmp_path: Path
) -> None:
    venv.symlink_to(tmp_path / "own")
    assert prepare(Packages.ALL, venv) == python_of(venv)
    assert chosen.done == []
