"""A refusal is final where the message is at fault, and soon final where a token is."""

import pytest

from gateway.channels.push.results import refusal_result
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Retry, Undeliverable


@pytest.mark.parametrize("status", [400, 413, 422])
def test_message_that_is_refused_is_given_up(status: int) -> None:
    assert refusal_result("ntfy", status, "too long") == Undeliverable(f"ntfy: {status} too long")


@pytest.mark.parametrize(
    ("status", "down"), [(401, True), (403, False), (404, False), (200, False)]
)
def test_refused_token_gets_a_few_attempts(status: int, down: bool) -> None:
    assert refusal_result("ntfy", status, "") == Retry(
        f"ntfy: {status}", at_most=FEW_ATTEMPTS, down=down
    )
