"""The channel of a record follows from its source."""

import pytest

from gateway.settings.notify import CHAT_SOURCES
from gateway.views.source_channels import channel_of
from gateway.vocabulary import Channel


@pytest.mark.parametrize("key", [None, "a-key"])
def test_chat_source_has_chat_channel_with_or_without_key(
    key: str | None,
) -> None:
    assert {source: channel_of(source, key) for source in CHAT_SOURCES} == dict(CHAT_SOURCES)
    assert channel_of("wecom", key) is Channel.WECHAT


def test_source_maps_to_channel() -> None:
    assert [
        channel_of(*case)
        for case in (("wechat", None), ("email", "key"), ("zabbix", "key"), ("itsm", None))
    ] == [
        "wechat",
        "email",
        "monitoring",
        "app",
    ]
