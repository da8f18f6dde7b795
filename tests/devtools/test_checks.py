"""`gw check` reports forbidden content in the tree."""

import subprocess
from pathlib import Path

import pytest

from devtools.checks import tree_problems


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide an empty repository as the current directory."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    return tmp_path


def tracked(tree: Path, name: str, content: str) -> None:
    (tree / name).write_text(content)
    subprocess.run(["git", "add", name], check=True)


def test_lock_file_with_url_is_reported(tree: Path) -> None:
    tracked(tree, "requirements-more.txt", "one==1 --index-url " + "https:" + "//example.com")
    assert tree_problems() == ["requirements-more.txt holds an address: pin by hash only"]


def test_machine_specific_path_is_reported(tree: Path) -> None:
    tracked(tree, "notes.md", "fine\nsee " + "/ho" + "me/alice/notes")
    assert tree_problems() == ["notes.md:2 holds a path of one machine"]


def test_urls_and_project_paths_are_not_reported(tree: Path) -> None:
    tracked(tree, "readme.md", "https:" + "//example.com/work/x and docs/work/x and $HOME/work/x")
    assert tree_problems() == []
