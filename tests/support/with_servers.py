"""A pytest plugin for `gw test-ahead`: leaves out tests that start no servers."""

import pytest

from tests.support.server_tests import keep_only, uses_servers


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests without servers: they see no clock but the one that they are given."""
    keep_only(config, items, lambda one: uses_servers(one) or "development" in one.path.parts)
