"""A webhook is signed so that any Standard Webhooks library accepts it.

Every response is a delivery, a retry or a final failure.
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from gateway.channels.webhook.outbound import WebhookChannel, read_secrets, sign
from gateway.egress.http_results import FEW_ATTEMPTS, interpret_status
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.settings import Webhook
from gateway.timing.clock import SystemClock
from tests.support.clock import NOON
from tests.support.messages import FACTS, message

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


@given(st.binary(min_size=24, max_size=64), st.text(max_size=200))
def test_webhook_signature_is_verified_by_reference_library(key: bytes, text: Any) -> None:
    body, identity = json.dumps({"text": text}).encode(), str(uuid4())
    headers = sign((key,), identity, SystemClock().now(), body)
    assert Verifier(base64.b64encode(key).decode()).verify(body, headers) == {"text": text}
    with pytest.raises(WebhookVerificationError):
        Verifier(base64.b64encode(key).decode()).verify(body + b" ", headers)


def test_webhook_signature_equals_reference_library() -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    ours = sign(read_secrets(NEW), "msg_1", at, b'{"a":1}')["webhook-signature"]
    assert ours == Verifier(NEW).sign("msg_1", at, '{"a":1}')


def test_both_secrets_are_accepted_during_rotation() -> None:
    headers = sign(read_secrets(f"{NEW} {OLD}"), "msg_1", SystemClock().now(), b"{}")
    assert [Verifier(secret).verify("{}", headers) for secret in (OLD, NEW)] == [{}, {}]


@pytest.mark.parametrize("text", ["c2VjcmV0", "whsec_not base64", "whsec_%%%"])
def test_invalid_webhook_secret_is_refused(text: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - base64 words its own
        read_secrets(text)


def test_webhook_without_secret_is_unsigned() -> None:
    assert read_secrets("") == ()
    assert set(sign((), "id", NOON, b"")) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_2xx_answer_is_delivered(status: int) -> None:
    assert interpret_status(status, None, NOON) == Delivered()


def test_410_answer_is_dead() -> None:
    assert isinstance(interpret_status(410, None, NOON), Undeliverable)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_temporary_error_status_retries_whole_schedule(status: int) -> None:
    result = interpret_status(status, None, NOON)
    assert isinstance(result, Retry)
    assert result.at_most is None
    assert result.down is (status != 429)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 413, 422])
def test_redirect_or_client_error_retries_a_few_times(status: int) -> None:
    result = interpret_status(status, None, NOON)
    assert isinstance(result, Retry)
    assert result.at_most == FEW_ATTEMPTS
    assert not result.down


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
        ("9" * 400, timedelta(seconds=10**8)),
    ],
)
def test_retry_after_header_is_read_in_both_formats(text: Any, after: timedelta | None) -> None:
    result = interpret_status(503, text, NOON)
    assert isinstance(result, Retry)
    assert result.after == after


@given(st.text())
def test_any_retry_after_text_is_tolerated(text: Any) -> None:
    assert isinstance(interpret_status(503, text, NOON), Retry)


async def receiver(
    answer: Callable[[web.Request], web.Response],
) -> tuple[TestServer, list[tuple[Any, bytes, str]]]:
    seen: list[tuple[Any, bytes, str]] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.headers.copy(), await request.read(), request.path))
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    server = TestServer(app)
    await server.start_server()
    return server, seen


async def test_receiver_gets_signed_json_with_outbox_id() -> None:
    server, seen = await receiver(lambda _: web.Response(status=204))
    channel = WebhookChannel.open(Webhook(secret=NEW, allow_private=True), SystemClock())
    sent = message(str(server.make_url("/hook")))
    assert await channel.send(sent) == Delivered()
    ((headers, body, path),) = seen
    payload = Verifier(NEW).verify(body, dict(headers) | {k.lower(): v for k, v in headers.items()})
    assert (headers["webhook-id"], headers["content-type"], path) == (
        str(sent.id),
        "application/json",
        "/hook",
    )
    assert payload["type"] == "incident.opened"
    assert payload["data"]["facts"] == FACTS
    await channel.close()
    await server.close()


async def test_webhook_redirect_is_not_followed() -> None:
    server, seen = await receiver(
        lambda _: web.Response(status=307, headers={"location": "/elsewhere"})
    )
    channel = WebhookChannel.open(Webhook(secret="", allow_private=True), SystemClock())
    result = await channel.send(message(str(server.make_url("/hook"))))
    assert isinstance(result, Retry)
    assert "redirect" in result.reason
    assert [path for *_, path in seen] == ["/hook"]
    await channel.close()
    await server.close()


async def test_closed_port_is_retried_as_down(unused_tcp_port: int) -> None:
    channel = WebhookChannel.open(Webhook(secret="", allow_private=True), SystemClock())
    result = await channel.send(message(f"http://127.0.0.1:{unused_tcp_port}/"))
    assert isinstance(result, Retry)
    assert result.down
    await channel.close()


async def test_webhook_endpoint_is_scheme_host_and_port() -> None:
    channel = WebhookChannel.open(Webhook(secret="", allow_private=False), SystemClock())
    assert channel.endpoint("https://a.example.com/x") == channel.endpoint(
        "https://a.example.com/y?z=1"
    )
    assert channel.endpoint("https://a.example.com/") != channel.endpoint("http://a.example.com/")
    assert channel.endpoint("nonsense") == "webhook:refused"
    await channel.close()
