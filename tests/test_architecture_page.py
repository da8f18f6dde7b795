"""The page on the architecture names every package, and pages name only files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/runbooks").glob("*.md")]
)


def named(page: Path) -> set[str]:
    """Return the Python files and folders of the repository that a page names between backticks."""
    text = page.read_text("utf-8")
    paths = re.findall(r"`((?:[a-z_0-9]+/)+(?:[a-z_0-9]+\.py)?)(?:::\w+)?`", text)
    return {path for path in paths if path.endswith(".py") or path.split("/")[0] in TOPS}


TOPS = {"tests", *(path.name for path in (ROOT / "gateway").iterdir() if path.is_dir())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_by_page_exists(page: Path) -> None:
    missing = {
        path
        for path in named(page)
        if not (ROOT / path).exists() and not (ROOT / "gateway" / path).exists()
    }
    assert not missing


def test_every_package_is_in_table() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    table = text[text.index("## Packages") : text.index("## HTTP")]
    packages = {
        path.stem
        for path in (ROOT / "gateway").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists()) or path.suffix == ".py"
    } - {"__init__", "__main__"}
    assert packages == set(re.findall(r"`([a-z_]+)`", table))
