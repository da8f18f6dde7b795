"""The marker "Pure." is found, and impure code in marked modules is reported."""

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.checks import CONTRACTS
from devtools.paths import ROOT
from devtools.purity import broken_promises, pure_modules

IMPURE = {
    "import os\n": "uses os",
    "from time import monotonic\n": "uses time.monotonic",
    "import random as dice\n": "uses random",
    "import datetime as dt\nNOW = dt.datetime.now()\n": "uses datetime.datetime.now",
    "from datetime import date\ndef f():\n    return date.today()\n": "uses datetime.date.today",
    "from uuid import uuid4\n": "uses uuid.uuid4",
    "def f():\n    return open('x')\n": "uses open",
    "A = 1\ndef f():\n    global A\n    A = 2\n": "changes A",
    "import json\njson.loads = None\n": "changes json.loads",
    "from gateway import errors\ndef f():\n    errors.LIMIT = 2\n": "changes errors.LIMIT",
    "SEEN = {}\ndef f(key):\n    SEEN[key] = 1\n": "changes SEEN[key]",
    "SEEN = {}\ndef f(key):\n    del SEEN[key]\n": "changes SEEN[key]",
    "SEEN = []\nclass A:\n    def f(self):\n        SEEN.append(1)\n": "changes SEEN.append(1)",
    "SEEN = {}\ndef f(key):\n    SEEN[key].add(1)\n": "changes SEEN[key].add(1)",
}

PURE = (
    "SEEN = {}\ndef f(SEEN):\n    SEEN.clear()\n",
    "SEEN = {}\nSEEN['a'] = 1\n",
    "found = []\ndef f():\n    found = []\n    found.append(1)\n    return found\n",
    "from datetime import datetime\ndef f(now: datetime):\n    return now.date()\n",
    "from xml.etree.ElementTree import Element\ndef f():\n    Element('a').text = 'b'\n",
    "class A:\n    def f(self):\n        self.count = 1\n",
)


def written(root: Path, name: str, docstring: str, code: str = "") -> None:
    path = root / "gateway" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'"""{docstring}"""\n{code}')


@pytest.mark.parametrize(("code", "reason"), IMPURE.items())
def test_impure_code_in_marked_module_is_reported(tmp_path: Path, code: str, reason: str) -> None:
    written(tmp_path, "one.py", "A module. Pure.", code)
    (problem,) = broken_promises(tmp_path)
    place, _, found = problem.partition(" ")
    assert (place.partition(":")[0], found) == ("gateway/one.py", reason)


@pytest.mark.parametrize("code", PURE)
def test_pure_code_in_marked_module_is_not_reported(tmp_path: Path, code: str) -> None:
    written(tmp_path, "one.py", "A module. Pure.", code)
    assert broken_promises(tmp_path) == []


def test_impure_code_in_unmarked_module_is_not_reported(tmp_path: Path) -> None:
    written(tmp_path, "one.py", "A module.", "import os\n")
    assert broken_promises(tmp_path) == []


@pytest.mark.parametrize(
    "docstring", ["A module.\n\nPure.\n", "Pure: a module.", "A. Pure, a bit."]
)
def test_marker_in_another_place_is_reported(tmp_path: Path, docstring: str) -> None:
    written(tmp_path, "one.py", docstring)
    reason = 'says "Pure" elsewhere than at the end of its first line'
    assert broken_promises(tmp_path) == [f"gateway/one.py:1 {reason}"]


def test_marked_package_promises_for_its_modules(tmp_path: Path) -> None:
    written(tmp_path, "__init__.py", "The root.")
    written(tmp_path, "rules/__init__.py", "Rules. Pure.")
    written(tmp_path, "rules/one.py", "A rule.\n\nIt is short.\n")
    written(tmp_path, "rulers.py", "Rulers.")
    assert pure_modules(tmp_path) == ["gateway.rules", "gateway.rules.one"]


def test_indirect_import_of_marked_module_breaks_contract(tmp_path: Path) -> None:
    written(tmp_path, "__init__.py", "The root.")
    written(tmp_path, "one.py", "A module. Pure.", "import gateway.two\n")
    written(tmp_path, "two.py", "A module.", "import asyncio\n")
    (tmp_path / ".importlinter").write_text(CONTRACT)
    paths = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    run = subprocess.run(
        [sys.executable, "-c", CONTRACTS], cwd=tmp_path, env=paths, capture_output=True, check=False
    )
    assert run.returncode == 1
    assert "gateway.one -> gateway.two" in run.stdout.decode()


CONTRACT = """\
[importlinter]
root_package = gateway
include_external_packages = True
contract_types =
    pure: devtools.pure_contract.PureContract
[importlinter:contract:1]
name = Deciding is pure
type = pure
forbidden_modules =
    asyncio
"""
