"""What Tencent Cloud answers is delivered, tried again, or dead."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.channels.phone.tencent.answers import read_answer
from gateway.notify.message import Delivered, Result, Retry, Undeliverable


def answered(response: Any) -> Result:
    return read_answer(200, {"Response": response})


def state(code: str) -> dict[str, Any]:
    return {"SendStatusSet": [{"SerialNo": "", "Code": code, "Message": "why"}], "RequestId": "a"}


def test_message_and_call_are_delivered_by_their_ids() -> None:
    sent = {"SerialNo": "5000:1045710669157053657849499619", "Fee": 1, "Code": "Ok"}
    assert answered({"SendStatusSet": [sent]}) == Delivered("5000:1045710669157053657849499619")
    assert answered({"SendStatus": {"CallId": "12582bce", "SessionContext": "s"}}) == Delivered(
        "12582bce"
    )


@pytest.mark.parametrize(
    ("code", "pause", "down", "at_most"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", timedelta(seconds=30), False, None),
        ("LimitExceeded.PhoneNumberDailyLimit", timedelta(hours=12), False, None),
        ("LimitExceeded.DeliveryFrequencyLimit", timedelta(minutes=1), False, None),
        ("InternalError.Timeout", None, True, None),
        ("AuthFailure.SignatureFailure", None, True, 3),
        ("FailedOperation.InsufficientBalanceInSmsPackage", None, True, 3),
        ("FailedOperation.Other", None, False, 3),
    ],
)
def test_trouble_is_tried_again(
    code: str, pause: timedelta | None, down: bool, at_most: int | None
) -> None:
    for result in (answered(state(code)), answered({"Error": {"Code": code, "Message": "why"}})):
        assert isinstance(result, Retry)
        assert (result.after, result.down, result.at_most) == (pause, down, at_most)


def test_wrong_number_is_dead() -> None:
    assert answered(state("InvalidParameterValue.IncorrectPhoneNumber")) == Undeliverable(
        "Tencent Cloud: InvalidParameterValue.IncorrectPhoneNumber why"
    )


@pytest.mark.parametrize("response", [None, {}, [], "x", {"SendStatusSet": []}, {"Error": "no"}])
def test_malformed_answer_gets_a_few_tries(response: Any) -> None:
    result = answered(response)
    assert isinstance(result, Retry)
    assert result.at_most == 3
