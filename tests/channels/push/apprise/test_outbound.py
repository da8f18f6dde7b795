"""The library is called for services of the settings, and its addresses stay secret."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.channels.push.apprise.outbound import AppriseChannel, notify_by_library
from gateway.channels.push.apprise.section import AppriseSection
from gateway.notify.message import Delivered, Retry, Undeliverable
from tests.support.messages import message

SECTION = AppriseSection(urls={"ops": "json://hooks.example.com/s3cret"})


@pytest.mark.parametrize(
    ("accepted", "kind"), [(True, Delivered), (False, Retry), (None, Undeliverable)]
)
async def test_result_is_what_the_library_says(accepted: bool | None, kind: type) -> None:
    calls: list[tuple[str, str, str]] = []

    def notify(*call: str) -> bool | None:
        calls.append(call)  # type: ignore[arg-type]
        return accepted

    with ThreadPoolExecutor(1) as threads:
        channel = AppriseChannel(SECTION, threads, notify)
        assert isinstance(await channel.send(message("ops", "subject", "text\n")), kind)
        assert isinstance(await channel.send(message("json://10.0.0.1/x")), Undeliverable)
    assert calls == [("json://hooks.example.com/s3cret", "subject", "text")]


def test_unknown_service_is_told_apart_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert notify_by_library("nosuchservice://s3cret", "subject", "text") is None
    assert notify_by_library("json://127.0.0.1:1/s3cret?cto=1&rto=1", "subject", "text") is False
    assert "s3cret" not in caplog.text
    assert logging.getLogger("apprise").disabled
