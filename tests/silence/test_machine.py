"""Nothing urgent is silent, whatever senders, people, time and failures do."""

import os

import pytest

from tests.conftest import Servers
from tests.silence.machine import run, short

SEED = int(os.environ.get("SILENCE_SEED", "20261129"))
STEPS = int(os.environ.get("SILENCE_STEPS", "2000"))
"""`gw long silence` asks for more of both."""

EACH = 130
"""Most steps in one database before it is emptied.

Hypothesis ends some worlds earlier, at 122 in the mean.
"""

WORLDS = STEPS // (EACH - 12) + 2


@pytest.mark.timeout(240 + STEPS // 10)
def test_no_incident_is_silent_after_any_step(servers: Servers) -> None:
    taken = run(servers.database_url, servers.empty, SEED, short(WORLDS, EACH))
    print(f"{taken} steps, seed {SEED}")  # noqa: T201 - a long run says what it did
    assert taken >= STEPS
