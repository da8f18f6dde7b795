"""One browser that took the message is enough; what may help is tried again."""

from datetime import timedelta

import pytest

from gateway.channels.push.webpush.results import (
    GONE,
    NO_BROWSER,
    OTHER_KEY,
    combine,
    interpret_answer,
)
from gateway.egress.http_results import FEW_ATTEMPTS
from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from tests.support.clock import NOON

BUSY = Retry("answered 429", after=timedelta(seconds=60))
SOON = Retry("answered 429", after=timedelta(seconds=20))
DOWN = Retry("answered 503", down=True)
FEW = Retry("answered 403", at_most=3)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (201, Delivered()),
        (202, Delivered()),
        (404, GONE),
        (410, GONE),
        (406, BUSY),
        (429, BUSY),
    ],
)
def test_answer_of_a_push_service_is_understood(status: int, result: Result) -> None:
    assert interpret_answer(status, {"Retry-After": "60"}, NOON) == result


def test_plain_success_counts_where_it_names_the_message() -> None:
    place = {"Location": "https://push.example.net/m/1"}
    assert interpret_answer(200, place, NOON) == Delivered()
    assert not isinstance(interpret_answer(302, place, NOON), Delivered)


def test_message_that_is_too_long_is_given_up() -> None:
    assert isinstance(interpret_answer(413, {}, NOON), Undeliverable)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403])
def test_refusal_gets_a_few_attempts(status: int) -> None:
    result = interpret_answer(status, {}, NOON)
    assert isinstance(result, Retry)
    assert (result.at_most, result.down) == (FEW_ATTEMPTS, False)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_failing_service_is_down(status: int) -> None:
    result = interpret_answer(status, {}, NOON)
    assert isinstance(result, Retry)
    assert (result.at_most, result.down) == (None, True)


@pytest.mark.parametrize(
    ("results", "combined"),
    [
        ([GONE, DOWN, Delivered(), OTHER_KEY], Delivered()),
        ([GONE, GONE], NO_BROWSER),
        ([GONE, OTHER_KEY], OTHER_KEY),
        ([GONE, DOWN], DOWN),
        ([BUSY, SOON], SOON),
        ([FEW, FEW], FEW),
        ([DOWN, FEW], Retry("answered 503; answered 403")),
        ([BUSY, DOWN], Retry("answered 429; answered 503")),
    ],
)
def test_results_of_browsers_are_one_result(results: list[Result], combined: Result) -> None:
    assert combine(results) == combined
