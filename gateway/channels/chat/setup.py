"""The assembly of the chat endpoint."""

from collections.abc import Iterable

from gateway.channels.chat.handler import ChatHandler
from gateway.channels.chat.http import ChatEndpoint
from gateway.channels.chat.providers import PROVIDERS
from gateway.channels.report_service import ReportService
from gateway.ingest.http import Authenticate, Submit
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.press_tokens import PressTokens
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import Settings

SLUGS = tuple(provider.slug for provider in PROVIDERS)
"""The slugs of the providers."""


def build_chat_endpoint(
    settings: Settings,
    uow: UnitOfWork,
    submit: Submit,
    authenticate: Authenticate,
    metrics: Metrics,
    tokens: PressTokens,
    channels: Iterable[str],
    reader: ParseWorker,
) -> ChatEndpoint:
    """Return the endpoint as configured; `channels` are those that can post answers."""
    handler = ChatHandler(ReportService(uow, submit, metrics), tokens, frozenset(channels))
    providers = {provider.slug: provider for provider in PROVIDERS}
    return ChatEndpoint(providers, handler, authenticate, settings.chat, uow.clock, reader)
