"""A pytest plugin for `gw pure`: leaves out most tests that start servers."""

import pytest

FOLDERS_WITH_SERVERS = (
    "tests/channels",
    "tests/compat",
    "tests/dedup",
    "tests/ingest",
    "tests/receipts",
)
"""Folders whose tests with servers also cover pure modules."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that use servers, except in those folders."""
    left_out = [item for item in items if _is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    return "servers" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(
        FOLDERS_WITH_SERVERS
    )
