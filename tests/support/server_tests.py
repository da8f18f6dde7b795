"""Selection of tests by whether they use servers, for pytest plugins."""

from collections.abc import Callable

import pytest


def uses_servers(item: pytest.Item) -> bool:
    """Return whether a test uses the session's PostgreSQL and Valkey."""
    return "servers" in getattr(item, "fixturenames", ())


def keep_only(
    config: pytest.Config, items: list[pytest.Item], is_kept: Callable[[pytest.Item], bool]
) -> None:
    """Deselect the tests that are not kept."""
    config.hook.pytest_deselected(items=[item for item in items if not is_kept(item)])
    items[:] = [item for item in items if is_kept(item)]
