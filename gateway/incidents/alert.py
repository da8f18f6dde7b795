"""An alert of any sender in the gateway's own fields. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.instants import is_kept, kept
from gateway.vocabulary import AlertStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address the sender gave for people to follow: http(s) only, checked when it is made by an adapter."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as one sender told it, in our words.

    `namespace` names the family of keys (sources that name the same alert the same way share one), `dedup_key` is
    the key inside it, `occurrence` tells one firing of the alert from the next. `event_time` is the sender's own
    time of this event and None when the sender gave none. An alert with `ends_at` lapses then unless sent again.
    With `by_arrival` that time orders nothing: the sender's own service goes by the order in which events arrive.
    `author` is the person who acknowledged, took that back or wrote `note` in the sender's tool; any event may bring a note.
    """

    namespace: str
    dedup_key: str
    status: AlertStatus
    title: str
    description: str = ""
    severity: str = ""
    service: str = ""
    ci: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    occurrence: str = ""
    event_time: datetime | None = None
    ends_at: datetime | None = None
    test: bool = False
    author: str = ""
    note: str = ""
    by_arrival: bool = False

    def __post_init__(self) -> None:
        """Bring times that no sender means, such as the year 9999, to the end of the span that is kept."""
        for name in ("event_time", "ends_at"):
            if (at := getattr(self, name)) is not None and not is_kept(at):
                object.__setattr__(self, name, kept(at))

    def order_time(self, now: datetime) -> datetime | None:
        """Return the time by which this event is before or after others of its key; None where arrival decides.

        What the sender said is kept as `event_time`; judged is by a time that its clock is believed to show.
        """
        return None if self.by_arrival else believed(self.event_time, now)


OLDEST, NEWEST = timedelta(days=7), timedelta(minutes=5)


def believed(at: datetime | None, now: datetime) -> datetime | None:
    """Return a time that a sender said, brought to between 7 days before now and 5 minutes after it."""
    return None if at is None else min(max(at, now - OLDEST), now + NEWEST)
