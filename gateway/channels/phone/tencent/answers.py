"""The answers of Tencent Cloud to a text message or a call. Pure.

https://cloud.tencent.com/document/api/382/59177 (codes of messages), 1128/51571 (of calls). An
error of the request stands in `Error`; the state of a message in the one item of `SendStatusSet`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from gateway.channels.phone.outgoing.verdicts import CodeTable
from gateway.notify.message import Result

CODES = CodeTable(
    vendor="Tencent Cloud",
    delivered="Ok",
    busy={
        "RequestLimitExceeded": timedelta(seconds=5),
        "LimitExceeded": timedelta(minutes=1),
        "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
        "LimitExceeded.PhoneNumberOneHourLimit": timedelta(hours=1),
        "LimitExceeded.PhoneNumberDailyLimit": timedelta(hours=12),
        "LimitExceeded.PhoneNumberSameContentDailyLimit": timedelta(hours=12),
        "LimitExceeded.AppDailyLimit": timedelta(hours=12),
        "LimitExceeded.DailyLimit": timedelta(hours=12),
    },
    down=(
        "InternalError",
        "FailedOperation.AccessUpstreamTimeout",
        "FailedOperation.ParametersOtherError",
        "FailedOperation.VoiceUpstreamError",
    ),
    broken=(
        "AuthFailure",
        "UnauthorizedOperation",
        "IpNotInWhitelist",
        "IpInBlacklist",
        "FailedOperation.InsufficientBalanceInSmsPackage",
        "FailedOperation.InsufficientBalanceInVoicePackage",
        "FailedOperation.SignatureIncorrectOrUnapproved",
        "FailedOperation.TemplateIncorrectOrUnapproved",
        "FailedOperation.PhonenumberUnappliedOrExpired",
        "InvalidParameterValue.SdkAppIdNotExist",
    ),
    never=(
        "FailedOperation.ContainSensitiveWord",
        "FailedOperation.PhoneNumberInBlacklist",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "InvalidParameterValue.CalledNumberVerifyFail",
        "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
    ),
)


class Error(msgspec.Struct, rename="pascal"):
    """An error of a whole request."""

    code: str = ""
    message: str = ""


class Status(msgspec.Struct, rename="pascal"):
    """The state of one message or call; a call that was taken has no code."""

    code: str = "Ok"
    message: str = ""
    serial_no: str = ""
    call_id: str = ""


class Answer(msgspec.Struct, rename="pascal"):
    """The content of `Response`."""

    error: Error | None = None
    send_status_set: tuple[Status, ...] = ()
    send_status: Status | None = None


def read_answer(status: int, body: Mapping[str, Any]) -> Result:
    """Return the result of a request."""
    try:
        told = msgspec.convert(body.get("Response"), Answer)
    except msgspec.ValidationError:
        told = Answer()
    if told.error is not None:
        return CODES.judge(told.error.code, told.error.message, "")
    sent = told.send_status or next(iter(told.send_status_set), None)
    if sent is None:
        return CODES.judge(f"status {status}", "an answer without a state", "")
    return CODES.judge(sent.code, sent.message, sent.serial_no or sent.call_id)
