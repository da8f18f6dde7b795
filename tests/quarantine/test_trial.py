"""A trial gives the outcome that intake would have for every alert."""

import pytest

from gateway.errors import Flaw
from gateway.quarantine.trial import ExpectedEffect, Trial, preview_alert
from gateway.vocabulary import AlertStatus
from tests.support.intake import make_alert


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (AlertStatus.FIRING, ExpectedEffect.OPENS_OR_REPEATS),
        (AlertStatus.RESOLVED, ExpectedEffect.CLEARS_IF_FIRING),
        (AlertStatus.ACKNOWLEDGED, ExpectedEffect.ACKNOWLEDGES_IF_FIRING),
        (AlertStatus.UNACKNOWLEDGED, ExpectedEffect.UNACKNOWLEDGES_IF_FIRING),
        (AlertStatus.COMMENTED, ExpectedEffect.ADDS_A_NOTE_IF_OPEN),
    ],
)
def test_every_status_has_an_outcome_and_test_alert_is_only_a_test(
    status: AlertStatus, outcome: ExpectedEffect
) -> None:
    told = preview_alert(make_alert(status=status, service="shop"))
    assert (told.status, told.outcome) == (status, outcome)
    assert (told.dedup_key, told.title, told.service) == ("disk", "disk is in trouble", "shop")
    assert preview_alert(make_alert(status=status, test=True)).outcome is ExpectedEffect.ONLY_A_TEST


def test_trial_without_flaws_is_understood() -> None:
    assert Trial(ignored=("nothing to do",)).understood
    assert not Trial(flaws=(Flaw("/title", "is missing"),)).understood
