"""The outbound channel of Apprise, an optional library that knows many other services.

https://github.com/caronc/apprise. The library blocks, so it is called in threads of its own; it
says that a message was accepted or that it was not, and no more.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from gateway.channels.opening import ChannelParts
from gateway.channels.push.apprise.section import AppriseSection
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

NAME = "apprise"
THREADS = 4
"""The most calls at once; a service that hangs keeps one of them until its own time-out."""

Notify = Callable[[str, str, str], bool | None]
"""A function of address, title and body; None says that the address is of no known service."""


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """A channel to services of the settings, by name."""

    settings: AppriseSection
    threads: ThreadPoolExecutor
    notify: Notify

    def endpoint(self, recipient: str) -> str:
        """Return the service: each fails for itself."""
        return f"apprise:{recipient}"

    async def send(self, message: Message) -> Result:
        """Call the service once and return the result."""
        if why := self.settings.find_objection(message.recipient):
            return Undeliverable(f"Apprise: {why[:200]}")
        call = partial(
            self.notify,
            self.settings.urls[message.recipient],
            message.subject,
            message.text.strip() or message.subject,
        )
        accepted = await asyncio.get_running_loop().run_in_executor(self.threads, call)
        if accepted is None:
            return Undeliverable("Apprise: it knows no such service: correct notify.apprise.urls")
        return Delivered() if accepted else Retry("Apprise: not accepted", down=True)


def notify_by_library(address: str, title: str, body: str) -> bool | None:
    """Send a message of plain text by the library."""
    import apprise  # noqa: PLC0415 - an optional library, and slow to load

    # It logs addresses, which hold secrets.
    logging.getLogger("apprise").disabled = True
    service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        return None
    sender = apprise.Apprise()
    sender.add(service)
    return bool(sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT))


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without addresses."""
    settings = parts.section(AppriseSection)
    if not settings.urls:
        return {}
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix=NAME)
    parts.stack.callback(threads.shutdown, wait=False, cancel_futures=True)
    return {NAME: AppriseChannel(settings, threads, notify_by_library)}
