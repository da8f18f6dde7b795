"""A code is judged by its own entry, else by that of its family."""

from datetime import timedelta

import pytest

from gateway.channels.phone.outgoing.verdicts import CodeTable
from gateway.notify.message import Delivered, Result, Retry, Undeliverable

TABLE = CodeTable(
    vendor="V",
    delivered="OK",
    busy={"Limit": timedelta(minutes=1), "Limit.Day": timedelta(hours=12), "Slow": None},
    down=("Internal",),
    broken=("Auth",),
    never=("Number", "Limit.Never"),
)


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("OK", Delivered("id")),
        ("Limit.Hour", Retry("V: Limit.Hour why", after=timedelta(minutes=1))),
        ("Limit.Day", Retry("V: Limit.Day why", after=timedelta(hours=12))),
        ("Slow", Retry("V: Slow why")),
        ("Internal.Timeout", Retry("V: Internal.Timeout why", down=True)),
        ("Auth.Key", Retry("V: Auth.Key why", at_most=3, down=True)),
        ("Number", Undeliverable("V: Number why")),
        ("Numbers", Retry("V: Numbers why", at_most=3)),
    ],
)
def test_code_is_judged(code: str, result: Result) -> None:
    assert TABLE.judge(code, "why", "id") == result
