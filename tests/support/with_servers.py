"""A pytest plugin for `gw test-ahead`: leaves out tests that start no servers."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests without servers: they see no clock but the one that they are given."""
    left_out = [item for item in items if not _starts_servers(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if _starts_servers(item)]


def _starts_servers(item: pytest.Item) -> bool:
    return "servers" in getattr(item, "fixturenames", ()) or "development" in item.path.parts
