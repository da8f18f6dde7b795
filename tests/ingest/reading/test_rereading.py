"""What becomes of a request that is read once more."""

import pytest

from gateway.errors import Malformed
from gateway.ingest.reading.rereading import reread, tried
from gateway.ingest.reading.source import Delivery
from gateway.settings import Intake
from tests.ingest.requests import BY_SLUG, NOW

GENERIC = BY_SLUG["generic"]
BROKEN = Delivery({}, b'[{"title":"disk full"},7]', NOW)


def test_reread_error_points_to_invalid_item() -> None:
    with pytest.raises(Malformed, match="still cannot be understood") as told:
        reread(GENERIC, Intake(), (), BROKEN)
    assert [flaw.pointer for flaw in told.value.flaws] == ["/1"]


def test_trial_returns_alerts_or_flaws() -> None:
    sound = tried(GENERIC, Intake(), (), Delivery({}, b'[{"title":"disk full"}]', NOW))
    assert (len(sound.alerts), sound.flaws) == (1, ())
    broken = tried(GENERIC, Intake(), (), BROKEN)
    assert ([flaw.pointer for flaw in broken.flaws], len(broken.alerts)) == (["/1"], 0)
