"""Chat settings that could never work are reported before the gateway starts."""

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load
from tests.channels.chat.wecom_dingtalk_calls import KEY

SEALED = '[chat.{}]\ntoken = "a b"\nencoding_key = "{}"\n'


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        (SEALED.format("wecom", KEY), ["/chat/wecom/token"]),
        (SEALED.format("dingtalk", f"{KEY} {KEY[1:]}"), ["/chat/dingtalk/encoding_key"]),
        ('[chat.slack]\nsecrets = ["short"]', ["/chat/slack/secrets"]),
    ],
)
def test_invalid_chat_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, pointers: list[str]
) -> None:
    (tmp_path / "gateway.toml").write_text(text)
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {})
    assert [flaw.pointer for flaw in refused.value.flaws] == pointers
