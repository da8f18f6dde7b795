"""A plugin of pytest for `gw pure`: what decides needs no server, so most tests that start one are left out."""

import pytest

SERVED = ("tests/channels", "tests/compat", "tests/dedup", "tests/ingest", "tests/receipts")
"""Places whose tests with servers are the tests of what decides there, too."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests that use servers, but for those places."""
    left_out = [item for item in items if _is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    return "servers" in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(SERVED)
