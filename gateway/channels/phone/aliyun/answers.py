"""The answers of Aliyun to a text message or a call. Pure.

https://help.aliyun.com/document_detail/101346.html (codes of messages), 112502 (of calls). One
number gets no more than so many messages or calls of one signature in a minute, an hour and a
day; the message says which of them it was.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gateway.channels.phone.outgoing.verdicts import CodeTable
from gateway.notify.message import Result, Retry

CODES = CodeTable(
    vendor="Aliyun",
    delivered="OK",
    busy={
        "isv.BUSINESS_LIMIT_CONTROL": timedelta(minutes=1),
        "isv.DAY_LIMIT_CONTROL": timedelta(hours=1),
        "isv.MONTH_LIMIT_CONTROL": timedelta(hours=24),
        "Throttling": timedelta(seconds=5),
    },
    down=(
        "isp.SYSTEM_ERROR",
        "isp.GATEWAY_ERROR",
        "InternalError",
        "ServiceUnavailable",
    ),
    broken=(
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.ACCOUNT_ABNORMAL",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isv.PRODUCT_UNSUBSCRIBE",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_SIGN_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.TTS_TEMPLATE_ILLEGAL",
        "isv.DENY_IP_RANGE",
        "isp.RAM_PERMISSION_DENY",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "Forbidden",
    ),
    never=(
        "isv.MOBILE_NUMBER_ILLEGAL",
        "isv.INVALID_PARAMETERS",
        "isv.INVALID_JSON_PARAM",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
    ),
)

LIMIT = re.compile(r"触发(分钟|小时|天)级流控")
"""The span of a limit, in the reason."""

PAUSES = {"分钟": timedelta(minutes=1), "小时": timedelta(hours=1), "天": timedelta(hours=12)}
"""The pause that a limit of a minute, an hour or a day asks for."""


def read_answer(status: int, body: Mapping[str, Any]) -> Result:
    """Return the result of a request."""
    code, reason = (str(body.get(name) or "") for name in ("Code", "Message"))
    handle = str(body.get("BizId") or body.get("CallId") or "")
    result = CODES.judge(code or f"status {status}", reason, handle)
    if isinstance(result, Retry) and (limit := LIMIT.search(reason)):
        return Retry(result.reason, after=PAUSES[limit[1]])
    return result
