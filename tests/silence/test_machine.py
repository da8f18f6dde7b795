"""No urgent incident is silent after any action of senders, people, time and failures."""

import os

import pytest

from tests.conftest import Servers
from tests.silence.machine import run, short

SEED = int(os.environ.get("SILENCE_SEED", "20261129"))
STEPS = int(os.environ.get("SILENCE_STEPS", "2000"))
"""The number of steps; `gw long silence` sets a larger one."""

EACH = 130
"""The largest number of steps before the database is emptied.

Hypothesis ends some worlds earlier, at 122 in the mean.
"""

WORLDS = STEPS // (EACH - 12) + 2


@pytest.mark.timeout(240 + STEPS // 10)
def test_no_incident_is_silent_after_any_step(servers: Servers) -> None:
    taken = run(servers.database_url, servers.empty, SEED, short(WORLDS, EACH))
    print(f"{taken} steps, seed {SEED}")  # noqa: T201 - a long run says what it did
    assert taken >= STEPS
