"""A client of Telegram's Bot API.

https://core.telegram.org/bots/api#making-requests. `ok` says whether a call succeeded,
`description` why it did not; a bot that sends too much is told for how long to stop in
`parameters.retry_after`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.channels.chat.telegram.section import TelegramSection
from gateway.channels.opening import ChannelParts
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_status
from gateway.notify.message import Retry, Undeliverable

DONE = ("message is not modified", "message to delete not found")
"""Descriptions of calls that find things as they should be."""

NEVER = (
    "chat not found",
    "group chat was upgraded to a supergroup",
    "have no rights to send",
    "not enough rights",
    "user_id_invalid",
    "peer_id_invalid",
    "message to edit not found",
    "message can't be edited",
    "message can't be deleted",
)
"""Descriptions of permanent failures, in lower case; so is every 403: the bot is not let in."""


@dataclass(frozen=True, slots=True)
class TelegramApi:
    """A client that calls methods in the name of one bot."""

    settings: TelegramSection
    call: JsonApiClient

    @classmethod
    def open(cls, parts: ChannelParts) -> "TelegramApi | None":
        """Return a client with its own connections, None without a token."""
        settings = parts.section(TelegramSection)
        if not settings.token:
            return None
        call = parts.open_api(
            settings.api, allow_private=settings.allow_private, judges_failures=True
        )
        return cls(settings, call)

    async def ask(
        self, method: str, body: Mapping[str, Any]
    ) -> VendorResponse | Retry | Undeliverable:
        """Call a method of the API; return the answer only if the call succeeded."""
        told = await self.call("POST", f"/bot{self.settings.token}/{method}", body)
        if not isinstance(told, VendorResponse) or told.body.get("ok") is True:
            return told
        said = str(told.body.get("description", ""))
        if any(one in said.lower() for one in DONE):
            return told
        return _refusal(told, said, self.call)


def _refusal(told: VendorResponse, said: str, call: JsonApiClient) -> Retry | Undeliverable:
    reason = f"Telegram: {told.status} {said[:200]}"
    if told.status == 429 or told.status >= 500:
        parameters = told.body.get("parameters")
        wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
        if isinstance(wait, int):
            return Retry(reason, after=timedelta(seconds=wait))
        verdict = interpret_status(told.status, told.retry_after, call.clock.now())
        return verdict if isinstance(verdict, Retry) else Retry(reason)
    if told.status == 403 or any(one in said.lower() for one in NEVER):
        return Undeliverable(reason)
    return Retry(reason, at_most=FEW_ATTEMPTS, down=told.status in (401, 404))
