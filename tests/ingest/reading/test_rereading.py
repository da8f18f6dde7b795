"""Quarantined requests that are read once more give alerts or flaws."""

import pytest

from gateway.errors import Malformed
from gateway.ingest.reading.rereading import read_again, try_reading
from gateway.ingest.reading.source import WebhookDelivery
from gateway.settings import SourceSettings
from tests.ingest.requests import BY_SLUG, NOW

GENERIC = BY_SLUG["generic"]
BROKEN = WebhookDelivery({}, b'[{"title":"disk full"},7]', NOW)


def test_reread_error_points_to_invalid_item() -> None:
    with pytest.raises(Malformed, match="still cannot be understood") as told:
        read_again(GENERIC, SourceSettings(), (), BROKEN)
    assert [flaw.pointer for flaw in told.value.flaws] == ["/1"]


def test_trial_returns_alerts_or_flaws() -> None:
    sound = try_reading(
        GENERIC, SourceSettings(), (), WebhookDelivery({}, b'[{"title":"disk full"}]', NOW)
    )
    assert (len(sound.alerts), sound.flaws) == (1, ())
    broken = try_reading(GENERIC, SourceSettings(), (), BROKEN)
    assert ([flaw.pointer for flaw in broken.flaws], len(broken.alerts)) == (["/1"], 0)
