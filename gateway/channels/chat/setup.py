"""The assembly of the chat endpoint."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from types import ModuleType
from typing import Any

from gateway.channels import chat
from gateway.channels.chat.connection import ChatConnection
from gateway.channels.chat.frames import ChatStream
from gateway.channels.chat.handler import ChatHandler
from gateway.channels.chat.http import ChatEndpoint
from gateway.channels.chat.intake import ChatIntake
from gateway.channels.chat.providers import PROVIDERS
from gateway.channels.discovery import find_modules
from gateway.channels.opening import ChannelParts
from gateway.channels.report_service import ReportService
from gateway.egress.websocket_client import WebSocketClient
from gateway.ingest.http import Authenticate, Submit
from gateway.ingest.workers.process import ParseWorker
from gateway.notify.press_tokens import PressTokens
from gateway.observe.metrics import Metrics
from gateway.operations.unit_of_work import UnitOfWork
from gateway.settings import ChatSettings, Settings

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
    intake = ChatIntake(handler)
    return ChatEndpoint(providers, intake, authenticate, settings.chat, uow.clock, reader)


def chat_connections(
    parts: ChannelParts, intake: ChatIntake
) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the coroutine that listens to each chat of the mode `stream`.

    It keeps a connection to the vendor open, or fetches what the vendor keeps.
    """
    found: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
    for slug, settings, module in _streaming(parts.settings, "stream"):
        if (stream := module.open_stream(parts)) is not None:
            _begin_series(intake, slug)
            found[f"chat {slug}"] = _connection(parts, intake, slug, stream, settings).run
    for slug, settings, module in _streaming(parts.settings, "polling"):
        if (polling := module.open_polling(parts, intake, settings)) is not None:
            _begin_series(intake, slug)
            found[f"chat {slug}"] = polling.run
    return found


def _streaming(settings: Settings, name: str) -> Iterator[tuple[str, ChatSettings, ModuleType]]:
    """Yield slug, settings and the module of this name of each chat of the mode `stream`."""
    for module in find_modules(name, chat):
        slug = module.__name__.split(".")[-2]
        own = settings.chat.get(slug, ChatSettings())
        if own.mode == "stream":
            yield slug, own, module


def _begin_series(intake: ChatIntake, slug: str) -> None:
    """Show a chat that was not heard yet, so that one that is never heard is noticed."""
    metrics = intake.file.report_service.metrics.notifications
    metrics.chat_failures.labels(slug)
    metrics.chat_connected.labels(slug).set(0)


def _connection(
    parts: ChannelParts,
    intake: ChatIntake,
    slug: str,
    stream: ChatStream,
    settings: ChatSettings,
) -> ChatConnection:
    client = WebSocketClient.open(allow_private=stream.allow_private)
    parts.stack.push_async_callback(client.close)
    return ChatConnection(
        slug=slug,
        stream=stream,
        client=client,
        intake=intake,
        chat=settings,
        pool=parts.pool,
        clock=parts.clock,
    )
