"""Tests of the second process of a supervisor, which outlives the first, not the supervisor."""

import os
import signal
from pathlib import Path

from tests.supervisor.test_parent import alive, supervised


async def test_companion_runs_while_the_serving_process_is_replaced(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves", COMPANION="1") as running:
        first = await running.serving()
        await running.until(lambda: running.lines("companion"))
        [companion] = running.lines("companion")
        os.kill(first, signal.SIGKILL)
        await running.serving(2)
        assert alive(companion)
        assert running.lines("companion") == [companion]


async def test_companion_that_died_is_started_again_after_a_pause(tmp_path: Path) -> None:
    with supervised(tmp_path, "serves", COMPANION="1") as running:
        await running.serving()
        await running.until(lambda: running.lines("companion"))
        os.kill(running.lines("companion")[0], signal.SIGKILL)
        await running.until(lambda: len(running.lines("companion")) == 2)
        [told] = running.events("companion_died")
        assert told["status"] == -signal.SIGKILL


async def test_companion_ends_with_the_supervisor(tmp_path: Path) -> None:
    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        folder = tmp_path / number.name
        folder.mkdir()
        with supervised(folder, "serves", COMPANION="1") as running:
            await running.serving()
            await running.until(lambda: running.lines("companion"))
            [companion] = running.lines("companion")
            running.process.send_signal(number)
            assert await running.ended() == status
            await running.until(lambda: not alive(companion))  # noqa: B023 - called at once


async def test_process_that_never_served_has_no_companion(tmp_path: Path) -> None:
    with supervised(tmp_path, "misconfigured", COMPANION="1") as running:
        assert await running.ended() == 3
        assert running.lines("companion") == []
