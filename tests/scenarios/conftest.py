"""Every scenario is a story on a whole gateway."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.story import Story, run_story

Telling = Callable[..., AbstractAsyncContextManager[Story]]


@pytest.fixture
def telling(database_url: str, redis_url: str, tmp_path: Path, clock: FakeClock) -> Telling:
    """Return a function that begins a story with a given configuration."""
    return lambda configuration="", locale="en", recipients="": run_story(
        database_url, redis_url, tmp_path, clock, configuration, locale, recipients
    )


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    """Provide a story under the shipped configuration."""
    async with telling() as begun:
        yield begun


@pytest.fixture
async def number(story: Story) -> str:
    """Return the number of a record reported by hand, of priority 4, so no manager is notified."""
    return str((await story.call("POST", "incidents", {"title": "mail is slow"}))["number"])
