"""A pytest plugin for `gw pure`: leaves out most tests that start servers."""

import pytest

from tests.support.server_tests import keep_only, uses_servers

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
    keep_only(
        config,
        items,
        lambda one: not uses_servers(one) or one.nodeid.startswith(FOLDERS_WITH_SERVERS),
    )
