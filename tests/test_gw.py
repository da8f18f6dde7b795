"""The bootstrap, as a stranger meets it."""

import ast
import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def gw() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("gw", str(ROOT / "gw"))
    spec = importlib.util.spec_from_loader("gw", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that we stand in."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    return tmp_path


def tracked(tree: Path, name: str, content: str) -> None:
    (tree / name).write_text(content)
    subprocess.run(["git", "add", name], check=True)


def test_help_lists_every_command(gw: ModuleType) -> None:
    said = subprocess.run([sys.executable, "gw", "-h"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("dev", "check", "pin", "fetch-e2e", *gw.MODULES):
        assert f"\n  {command} " in said


def test_it_still_parses_where_it_has_to_refuse() -> None:
    ast.parse((ROOT / "gw").read_text(), feature_version=(3, 6))


def test_a_requirements_file_with_an_address_is_a_problem(gw: ModuleType, tree: Path) -> None:
    tracked(tree, "requirements.txt", "one==1 --index-url " + "https:" + "//example.com")
    assert gw.tree_problems() == ["requirements.txt holds an address: pin by hash only"]


def test_a_path_of_one_machine_is_a_problem(gw: ModuleType, tree: Path) -> None:
    tracked(tree, "notes.md", "fine\nsee " + "/ho" + "me/alice/notes")
    assert gw.tree_problems() == ["notes.md:2 holds a path of one machine"]


def test_addresses_and_paths_inside_the_project_are_no_problem(gw: ModuleType, tree: Path) -> None:
    tracked(tree, "readme.md", "https:" + "//example.com/work/x and docs/work/x and " + "$HOME/work/x")
    assert gw.tree_problems() == []


def test_a_finished_environment_is_not_made_again(gw: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gw, "STAMP", str(tmp_path / "stamp"))
    assert not gw.stamped("wanted")
    (tmp_path / "stamp").write_text("wanted")
    assert gw.stamped("wanted")
    assert not gw.stamped("something newer")
