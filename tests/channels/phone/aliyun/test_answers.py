"""What Aliyun answers is delivered, tried again, or dead."""

from datetime import timedelta

import pytest

from gateway.channels.phone.aliyun.answers import read_answer
from gateway.notify.message import Delivered, Retry, Undeliverable

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=12)


def test_message_and_call_are_delivered_by_their_ids() -> None:
    sent = {"Code": "OK", "Message": "OK", "BizId": "900619746936498440^0", "RequestId": "F6"}
    assert read_answer(200, sent) == Delivered("900619746936498440^0")
    called = {"Code": "OK", "Message": "OK", "CallId": "116012354148^102813"}
    assert read_answer(200, called) == Delivered("116012354148^102813")


@pytest.mark.parametrize(
    ("reason", "pause"),
    [
        ("触发分钟级流控Permits:1", MINUTE),
        ("触发小时级流控Permits:5", HOUR),
        ("触发天级流控Permits:10", DAY),
        ("", MINUTE),
    ],
)
def test_limit_of_a_number_waits_as_long_as_it_lasts(reason: str, pause: timedelta) -> None:
    body = {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": reason}
    result = read_answer(200, body)
    assert isinstance(result, Retry)
    assert (result.after, result.down, result.at_most) == (pause, False, None)


@pytest.mark.parametrize(
    ("status", "code", "down", "at_most"),
    [
        (200, "isp.SYSTEM_ERROR", True, None),
        (400, "Throttling.User", False, None),
        (404, "InvalidAccessKeyId.NotFound", True, 3),
        (403, "Forbidden.RAM", True, 3),
        (200, "isv.AMOUNT_NOT_ENOUGH", True, 3),
        (200, "isv.NEVER_HEARD_OF", False, 3),
        (200, None, False, 3),
    ],
)
def test_trouble_is_tried_again(status: int, code: str, down: bool, at_most: int | None) -> None:
    result = read_answer(status, {"Code": code, "Message": "why"})
    assert isinstance(result, Retry)
    assert (result.down, result.at_most) == (down, at_most)


def test_wrong_number_is_dead() -> None:
    body = {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "number"}
    assert read_answer(200, body) == Undeliverable("Aliyun: isv.MOBILE_NUMBER_ILLEGAL number")
