"""Puts the door of chats together."""

from collections.abc import Iterable

from gateway.ingest.chat.filing import Filing
from gateway.ingest.chat.http import ChatDoor
from gateway.ingest.chat.providers import PROVIDERS
from gateway.ingest.http import Authenticate, Submit
from gateway.ingest.reading.process import Reader
from gateway.ingest.reception import Reception
from gateway.metrics import Metrics
from gateway.notify.press_tokens import PressTokens
from gateway.operations.desk import Desk
from gateway.settings import Settings

SLUGS = tuple(provider.slug for provider in PROVIDERS)
"""What the providers are called."""


def chat_door(
    settings: Settings, desk: Desk, submit: Submit, authenticate: Authenticate, metrics: Metrics, tokens: PressTokens,
    channels: Iterable[str], reader: Reader,
) -> ChatDoor:  # fmt: skip
    """The door as the settings say; `channels` are those that answers can be posted by."""
    filing = Filing(Reception(desk, submit, metrics), tokens, frozenset(channels))
    providers = {provider.slug: provider for provider in PROVIDERS}
    return ChatDoor(providers, filing, authenticate, settings.chat, desk.clock, reader)
