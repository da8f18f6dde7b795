"""What Vonage answers is delivered, tried again, or dead."""

import pytest

from gateway.channels.phone.vonage.answers import read_answer
from gateway.notify.message import Delivered, Retry, Undeliverable


def test_message_and_call_are_delivered_by_their_ids() -> None:
    assert read_answer(202, {"message_uuid": "aaaa"}) == Delivered("aaaa")
    called = {"uuid": "bbbb", "status": "started", "conversation_uuid": "CON-1"}
    assert read_answer(201, called) == Delivered("bbbb")


@pytest.mark.parametrize(
    ("status", "down"), [(401, True), (402, True), (403, True), (404, False), (302, False)]
)
def test_trouble_gets_a_few_tries(status: int, down: bool) -> None:
    result = read_answer(status, {"title": "Low balance", "detail": "top up"})
    assert result == Retry(f"Vonage answered {status} Low balance top up", at_most=3, down=down)


@pytest.mark.parametrize("status", [400, 422])
def test_refused_number_is_dead(status: int) -> None:
    assert read_answer(status, {"title": "Invalid params"}) == Undeliverable(
        f"Vonage answered {status} Invalid params"
    )
