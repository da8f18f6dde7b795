"""An alert of any sender, in the gateway's own fields. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.timing.instants import clamp_instant, is_supported
from gateway.vocabulary import AlertStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link from the sender for people: http(s) only, checked by the adapter that makes it."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of a sender, translated to the gateway's fields.

    `namespace` is the scope of dedup keys (sources that name the same alert in the same way
    share one), `dedup_key` is the key in it, `occurrence` identifies one firing of the alert.
    `event_time` is the sender's own time of this event, None if the sender gave none. An alert
    with `ends_at` expires then unless it is sent again. With `by_arrival`, events are ordered by
    arrival and not by `event_time`, as the sender's own service does. `author` is the person who
    acknowledged, took that back or wrote `note` in the sender's tool; any event may have a note.
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
        """Limit times that no sender can mean, such as the year 9999, to the stored span."""
        for name in ("event_time", "ends_at"):
            if (at := getattr(self, name)) is not None and not is_supported(at):
                object.__setattr__(self, name, clamp_instant(at))

    def order_time(self, now: datetime) -> datetime | None:
        """Return the time that orders this event among others of its key; None to order by arrival.

        The sender's time is stored as `event_time`; the order follows the nearest time that its
        clock can plausibly show.
        """
        return None if self.by_arrival else clamp_to_plausible(self.event_time, now)


OLDEST, NEWEST = timedelta(days=7), timedelta(minutes=5)


def clamp_to_plausible(at: datetime | None, now: datetime) -> datetime | None:
    """Return a sender's time limited to between 7 days before `now` and 5 minutes after it."""
    return None if at is None else min(max(at, now - OLDEST), now + NEWEST)
