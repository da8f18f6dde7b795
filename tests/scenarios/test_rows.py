"""Every row of the process has a scenario.

No scenario is longer than 40 lines.
"""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.scenarios.rows import ROWS

MODULES = [
    import_module(f"tests.scenarios.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("*.py"))
]
SCENARIOS = [
    found for module in MODULES for name, found in vars(module).items() if name.startswith("test_")
]


def marked(scenario: Callable[..., Any]) -> Iterator[str]:
    """Yield the rows that a scenario or one of its parameters shows."""
    for mark in getattr(scenario, "pytestmark", []):
        if mark.name == "shows":
            yield from mark.args
        elif mark.name == "parametrize":
            cases = [case for case in mark.args[1] if hasattr(case, "marks")]
            yield from (
                row
                for case in cases
                for inner in case.marks
                if inner.name == "shows"
                for row in inner.args
            )


def test_every_process_row_has_a_scenario_and_every_mark_a_row() -> None:
    shown = {row for scenario in SCENARIOS for row in marked(scenario)}
    assert sorted(set(ROWS) - shown) == [], "no scenario shows them"
    assert sorted(shown - set(ROWS)) == [], "no table has them"


def test_every_scenario_is_shorter_than_40_lines() -> None:
    long = {found.__name__: len(inspect.getsourcelines(found)[0]) for found in SCENARIOS}
    assert {name: lines for name, lines in long.items() if lines >= 40} == {}
