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
        ('[notify.wecom]\naddress = "qyapi.weixin.qq.com"', ["/notify/wecom/address"]),
        ('[notify.dingtalk]\naddress = "https://a/"', ["/notify/dingtalk/address"]),
        ('[notify.dingtalk]\nrobot_address = ""', ["/notify/dingtalk/robot_address"]),
        ('[notify.wecom]\ncorp_id = "ww1"\nsecret = "s"', ["/notify/wecom/secret"]),
        ('[notify.dingtalk]\napp_key = "d"\napp_secret = "s"', ["/notify/dingtalk/app_secret"]),
        ('[notify.dingtalk]\ncard_template = "t"', ["/notify/dingtalk/card_route"]),
        ('[chat.slack]\nsecrets = ["short"]', ["/chat/slack/secrets"]),
        ('[notify.slack]\napi = "slack.com"', ["/notify/slack/api"]),
        ('[notify.feishu]\napi = "https://open.feishu.cn/x"', ["/notify/feishu/api"]),
        ('[notify.feishu]\napp_id = "cli_1"', ["/notify/feishu/app_secret"]),
    ],
)
def test_invalid_chat_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, pointers: list[str]
) -> None:
    (tmp_path / "gateway.toml").write_text(text)
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {})
    assert [flaw.pointer for flaw in refused.value.flaws] == pointers


def test_complete_chat_configuration_is_loaded_without_showing_secrets(tmp_path: Path) -> None:
    text = f"""
    [chat.wecom]
    token = "old new"
    encoding_key = "{KEY} {KEY}"
    [notify.recipients]
    leader = ["wecom:robot:ops", "dingtalk:robot:ops", "wecom:zhangsan"]
    [notify.wecom]
    corp_id = "ww1"
    agent_id = 218
    secret = "s3cret"
    robots = {{ ops = "k3y" }}
    [notify.dingtalk.robots.ops]
    token = "t0ken"
    [notify.slack]
    token = "xoxb-1"
    [notify.feishu]
    app_id = "cli_1"
    app_secret = "s3same"
    """
    (tmp_path / "gateway.toml").write_text(text)
    notify = load(tmp_path / "gateway.toml", {}).notify
    assert (notify.wecom.robots, notify.dingtalk.robots["ops"].secret) == ({"ops": "k3y"}, "")
    shown = f"{notify.wecom} {notify.dingtalk} {notify.slack} {notify.feishu}"
    assert not [
        secret for secret in ("s3cret", "k3y", "t0ken", "xoxb", "s3same") if secret in shown
    ]


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("wecom", "qyapi.weixin.qq.com"),
        ("dingtalk", "api.dingtalk.com"),
        ("feishu", "open.feishu.cn"),
    ],
)
def test_invalid_address_flaw_names_vendor_address(tmp_path: Path, name: str, vendor: str) -> None:
    setting = "api" if name == "feishu" else "address"
    (tmp_path / "gateway.toml").write_text(f'[notify.{name}]\n{setting} = "x"')
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {})
    assert vendor in refused.value.flaws[0].detail
