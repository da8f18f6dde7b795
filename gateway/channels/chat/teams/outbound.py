"""The outbound channel of Microsoft Teams: cards for workflows.

https://learn.microsoft.com/power-automate/teams/teams-webhook-trigger: a workflow that begins
with "When a Teams webhook request is received" answers 202 and posts the card; it tells nothing
of what it posted, so that messages cannot be changed, and what people answer is not heard.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.channels.chat.teams.cards import envelope
from gateway.channels.chat.teams.section import TeamsSection
from gateway.channels.opening import ChannelParts
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import (
    Delivered,
    Message,
    NotificationChannel,
    Result,
    Retry,
    Undeliverable,
)

NAME = "teams"


@dataclass(frozen=True, slots=True)
class TeamsChannel:
    """A channel to the workflows of the settings, by name."""

    settings: TeamsSection
    call: JsonApiClient

    def endpoint(self, recipient: str) -> str:
        """Return the workflow: each may be off or full for itself."""
        return f"teams:{recipient}"

    async def send(self, message: Message) -> Result:
        """Call the workflow once and return the result."""
        if why := self.settings.find_objection(message.recipient):
            return Undeliverable(f"Teams: {why[:200]}")
        address = self.settings.workflows[message.recipient]
        told = await self.call("POST", address, envelope(message))
        if not isinstance(told, VendorResponse):
            return told
        if told.status in (200, 202):
            return Delivered()
        return _refusal(told)


def _refusal(told: VendorResponse) -> Retry | Undeliverable:
    """Return the result of a refusal: a workflow that is off may be switched on again."""
    error = told.body.get("error")
    code = str(error.get("code", ""))[:100] if isinstance(error, Mapping) else ""
    reason = f"Teams: {told.status} {code}".strip()
    if told.status in (404, 410, 413):
        return Undeliverable(reason)
    return Retry(reason, at_most=FEW_ATTEMPTS, down=True)


def open_channels(parts: ChannelParts) -> dict[str, NotificationChannel]:
    """Return the channel, none without workflows."""
    settings = parts.section(TeamsSection)
    if not settings.workflows:
        return {}
    api = parts.open_api("", allow_private=settings.allow_private, may_be_empty=True)
    return {NAME: TeamsChannel(settings, api)}
