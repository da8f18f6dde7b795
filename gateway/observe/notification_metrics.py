"""Metrics of notifications and of mail that comes in."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway.observe.metric_labels import LATENCY, OTHER, OutboxState, SendOutcome, create_series


class NotificationMetrics:
    """The metrics of the outbox and its channels, and of mailboxes.

    `channels` are the names of the channels; all others count as `other`.
    """

    def __init__(self, registry: CollectorRegistry, channels: Iterable[str] = ()) -> None:
        self.channels = frozenset(channels) | {OTHER}
        self.outbox_depth = Gauge(
            "gateway_outbox_depth",
            "Notifications not yet settled",
            ("channel", "state"),
            registry=registry,
        )
        self.outbox_age = Gauge(
            "gateway_outbox_oldest_age_seconds",
            "Age of the oldest unsettled notification",
            registry=registry,
        )
        self.sends = Counter(
            "gateway_notify_sends",
            "Attempts to notify by channel and how they ended",
            ("channel", "outcome"),
            registry=registry,
        )
        self.send_seconds = Histogram(
            "gateway_notify_send_seconds",
            "Seconds one attempt to notify took",
            ("channel",),
            buckets=LATENCY,
            registry=registry,
        )
        self.mail_sessions = Gauge(
            "gateway_mail_sessions", "SMTP sessions that are open", registry=registry
        )
        self.mailbox_read = Gauge(
            "gateway_mailbox_read_timestamp_seconds",
            "When all mail of an IMAP mailbox had last been taken in",
            ("mailbox",),
            registry=registry,
        )
        self.mailbox_failures = Counter(
            "gateway_mailbox_failures",
            "Times that an IMAP mailbox could not be read",
            ("mailbox",),
            registry=registry,
        )
        self.chat_connected = Gauge(
            "gateway_chat_connected",
            "Whether the connection to a chat is open, 1 or 0",
            ("chat",),
            registry=registry,
        )
        self.chat_failures = Counter(
            "gateway_chat_connection_failures",
            "Times that the connection to a chat could not be opened, or was lost",
            ("chat",),
            registry=registry,
        )
        self.breakers_open = Gauge(
            "gateway_notify_circuits_open",
            "Endpoints left alone for now after failures",
            registry=registry,
        )

    def start_at_zero(self) -> None:
        """Create the series of every channel at 0."""
        for channel in self.channels:
            create_series(self.sends, channel, SendOutcome)
            create_series(self.outbox_depth, channel, OutboxState)
            self.send_seconds.labels(channel)

    def channel(self, name: str) -> str:
        """Return the label of a channel; `other` for one that does not exist."""
        return name if name in self.channels else OTHER

    def clear_outbox(self) -> None:
        """Set the outbox gauges back to 0."""
        self.outbox_age.set(0)
        for channel in self.channels:
            for state in OutboxState:
                self.outbox_depth.labels(channel, state.value).set(0)

    def sent(self, channel: str, outcome: SendOutcome) -> None:
        """Count one attempt to notify."""
        self.sends.labels(self.channel(channel), outcome.value).inc()
