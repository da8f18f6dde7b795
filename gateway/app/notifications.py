"""Assembly of notification: the channels that the settings enable, and the outbox runner.

The module `outbound` of each package of channels opens the channels there.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from gateway.access.record_links import RecordLinks
from gateway.access.reporter_links import ReporterLinks
from gateway.channels.discovery import find_modules
from gateway.channels.opening import ChannelParts
from gateway.db.pool import Pool
from gateway.notify.contact_codes import ContactCodes
from gateway.notify.message import NotificationChannel
from gateway.notify.privacy import privy_addresses
from gateway.notify.runner import NotificationRunner as Telling
from gateway.observe.metrics import Metrics
from gateway.settings import Settings
from gateway.settings.notify import NOTIFICATION_CHANNELS
from gateway.timing.clock import Clock

CHANNELS = (*NOTIFICATION_CHANNELS, "person")
"""The channels that messages in the outbox may name."""

OPENERS = tuple(module.open_channels for module in find_modules("outbound"))
"""The function of each `outbound` module that opens its channels."""


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return all notification channels that the settings enable."""
    found: dict[str, NotificationChannel] = {}
    for opener in OPENERS:
        found |= opener(parts)
    return found


def build_notification_runner(
    stack: AsyncExitStack,
    pool: Pool,
    settings: Settings,
    clock: Clock,
    links: ReporterLinks,
    metrics: Metrics,
    recipients: Callable[[], Mapping[str, tuple[str, ...]]],
) -> Telling:
    """Return the runner that delivers the outbox; `recipients` returns those of roles in force."""
    return Telling(
        pool=pool,
        channels=open_channels(ChannelParts(stack, pool, settings, clock, links.secrets)),
        metrics=metrics,
        clock=clock,
        locale=settings.notify.locale,
        zone=settings.form.zone,
        opens=RecordLinks(links),
        privy=lambda: privy_addresses(recipients()),
        pacing=settings.notify.pacing,
        codes=ContactCodes(links.secrets),
    )
