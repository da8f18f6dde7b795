"""Every module has a test file: the one that mirrors it, or the one that `tried_in.toml` names."""

from pathlib import Path

import pytest

from devtools.mirrors import LIST, problems

LISTED = {"gateway/a/b.py": "tests/a/test_all.py"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout of one module, which the list gives to an existing test file."""
    for name in ("gateway/a/b.py", "tests/a/test_all.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    listed(tmp_path, LISTED)
    return tmp_path


def listed(tree: Path, lines: dict[str, str]) -> None:
    (tree / LIST).write_text("".join(f'"{name}" = "{file}"\n' for name, file in lines.items()))


def test_every_module_has_a_test_file() -> None:
    assert problems() == []


def test_listed_module_is_accepted(tree: Path) -> None:
    assert problems(tree) == []


def test_module_without_test_file_is_reported(tree: Path) -> None:
    listed(tree, {})
    assert problems(tree) == [
        "gateway/a/b.py has neither tests/a/test_b.py nor a line in tests/tried_in.toml"
    ]


def test_listed_test_file_that_is_missing_is_reported(tree: Path) -> None:
    (tree / "tests/a/test_all.py").unlink()
    assert problems(tree) == ["tests/tried_in.toml names tests/a/test_all.py, which does not exist"]


def test_listed_module_with_mirror_is_reported(tree: Path) -> None:
    (tree / "tests/a/test_b.py").touch()
    assert problems(tree) == ["tests/tried_in.toml names gateway/a/b.py, which needs no line"]


def test_listed_module_that_is_missing_is_reported(tree: Path) -> None:
    (tree / "gateway/a/b.py").unlink()
    assert problems(tree) == ["tests/tried_in.toml names gateway/a/b.py, which does not exist"]


def test_listed_folder_is_reported(tree: Path) -> None:
    listed(tree, {"gateway/a": "tests/a/test_all.py"})
    assert problems(tree) == [
        "gateway/a/b.py has neither tests/a/test_b.py nor a line in tests/tried_in.toml",
        "tests/tried_in.toml names gateway/a, which does not exist",
    ]


@pytest.mark.parametrize("name", ["gateway/a/__main__.py", "gateway/a/c/__init__.py"])
def test_module_without_code_of_its_own_needs_no_test_file(tree: Path, name: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text('"""A package."""\n')
    assert problems(tree) == []


def test_unsorted_list_is_reported(tree: Path) -> None:
    (tree / "gateway/a/a.py").touch()
    listed(tree, LISTED | {"gateway/a/a.py": "tests/a/test_all.py"})
    assert problems(tree) == ["tests/tried_in.toml is not sorted"]


def test_package_with_code_needs_a_test_file(tree: Path) -> None:
    (tree / "gateway/a/__init__.py").write_text('"""A package."""\n\nLIMIT = 1\n')
    assert problems(tree) == [
        "gateway/a/__init__.py has neither tests/test_a.py nor a line in tests/tried_in.toml"
    ]
