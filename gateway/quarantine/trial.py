"""The dry run of a request: what it would become. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.errors import Flaw
from gateway.incidents.alert import Alert
from gateway.vocabulary import AlertStatus


class ExpectedEffect(StrEnum):
    """The expected effect of an alert, as far as it can be told without querying the database."""

    OPENS_OR_REPEATS = "opens_or_repeats"
    CLEARS_IF_FIRING = "clears_if_firing"
    ACKNOWLEDGES_IF_FIRING = "acknowledges_if_firing"
    UNACKNOWLEDGES_IF_FIRING = "unacknowledges_if_firing"
    ADDS_A_NOTE_IF_OPEN = "adds_a_note_if_open"
    ONLY_A_TEST = "only_a_test"


FORETOLD: Mapping[AlertStatus, ExpectedEffect] = {
    AlertStatus.FIRING: ExpectedEffect.OPENS_OR_REPEATS,
    AlertStatus.RESOLVED: ExpectedEffect.CLEARS_IF_FIRING,
    AlertStatus.ACKNOWLEDGED: ExpectedEffect.ACKNOWLEDGES_IF_FIRING,
    AlertStatus.UNACKNOWLEDGED: ExpectedEffect.UNACKNOWLEDGES_IF_FIRING,
    AlertStatus.COMMENTED: ExpectedEffect.ADDS_A_NOTE_IF_OPEN,
}


@dataclass(frozen=True, slots=True)
class AlertPreview:
    """An alert as it would be taken in."""

    status: AlertStatus
    namespace: str
    dedup_key: str
    title: str
    severity: str
    service: str
    ci: str
    event_time: datetime | None
    outcome: ExpectedEffect


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a dry run: alerts, and reasons why items need nothing done, or flaws."""

    alerts: tuple[AlertPreview, ...] = ()
    ignored: tuple[str, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    @property
    def understood(self) -> bool:
        """Return whether all of the body can be read."""
        return not self.flaws


def preview_alert(alert: Alert) -> AlertPreview:
    """Return the preview of an alert, for people to judge."""
    return AlertPreview(
        alert.status,
        alert.namespace,
        alert.dedup_key,
        alert.title,
        alert.severity,
        alert.service,
        alert.ci,
        alert.event_time,
        ExpectedEffect.ONLY_A_TEST if alert.test else FORETOLD[alert.status],
    )
