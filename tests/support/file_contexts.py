"""A pytest plugin that records coverage by test file: its path is the context of a line.

Every module is imported first, in no context, so that lines of imports count for every file.
"""

from importlib import import_module
from pkgutil import walk_packages

import coverage
import pytest

import gateway


def pytest_configure() -> None:
    """Import the whole gateway."""
    for module in walk_packages(gateway.__path__, f"{gateway.__name__}."):
        if not module.name.endswith(".__main__"):
            import_module(module.name)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid: str) -> None:
    """Switch to the context of the test's file."""
    measured = coverage.Coverage.current()
    if measured is not None:
        measured.switch_context(nodeid.partition("::")[0])
