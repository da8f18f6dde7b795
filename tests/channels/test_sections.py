"""The sections of vendors are read from their folders, and all their flaws are reported."""

import sys
from pathlib import Path

import pytest

from gateway.channels.channel_section import ChannelSection
from gateway.channels.chat.dingtalk.section import DingTalkRobot, DingTalkSection
from gateway.channels.chat.slack.section import SlackSection
from gateway.channels.chat.wecom.section import WeComSection
from gateway.channels.phone.twilio.section import TwilioSection
from gateway.channels.sections import SECTIONS, find_flaws
from gateway.errors import Misconfigured
from gateway.settings import load
from gateway.settings.loading import load_all
from gateway.settings.notify import VENDORS

TOKEN = "12345678901234567890123456789012"
CALLING = (
    f'[notify.twilio]\naccount = "AC1"\ntoken = "{TOKEN}"\nsender = "+15550100000"\nkey = "gwk_x"\n'
)
ALIYUN = '[notify.aliyun]\naccess_key_id = "L"\naccess_key_secret = "s"\n'
TENCENT = '[notify.tencent]\nsecret_id = "A"\nsecret_key = "s"\n'


def pointers(folder: Path, text: str) -> list[str]:
    (folder / "gateway.toml").write_text(text)
    with pytest.raises(Misconfigured) as refused:
        load(folder / "gateway.toml", {}, find_flaws)
    return [flaw.pointer for flaw in refused.value.flaws]


def test_every_vendor_of_the_list_has_a_section_and_none_has_another() -> None:
    assert SECTIONS.keys() == VENDORS


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_section_has_a_default_for_every_field_and_no_flaw(section: type[ChannelSection]) -> None:
    assert list(section.find_flaws(load(None, {}))) == []
    assert section.read(load(None, {})) == section()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[notify.wecom]\naddress = "qyapi.weixin.qq.com"', ["/notify/wecom/address"]),
        ('[notify.wecom]\ncorp_id = "ww1"\nsecret = "s"', ["/notify/wecom/secret"]),
        ('[notify.dingtalk]\naddress = "https://a/"', ["/notify/dingtalk/address"]),
        ('[notify.dingtalk]\nrobot_address = ""', ["/notify/dingtalk/robot_address"]),
        ('[notify.dingtalk]\napp_key = "d"\napp_secret = "s"', ["/notify/dingtalk/app_secret"]),
        ('[notify.dingtalk]\ncard_template = "t"', ["/notify/dingtalk/card_route"]),
        ('[notify.dingtalk.robots.ops]\nsecret = "s"', ["/notify/dingtalk/robots/ops/token"]),
        ('[notify.slack]\napi = "slack.com"', ["/notify/slack/api"]),
        ('[notify.slack]\ntokn = "x"', ["/notify/slack/tokn"]),
        ('[notify]\nslack = "xoxb-1"', ["/notify/slack"]),
        ('[notify.feishu]\napi = "https://open.feishu.cn/x"', ["/notify/feishu/api"]),
        ('[notify.feishu]\napp_id = "cli_1"', ["/notify/feishu/app_secret"]),
        (CALLING, ["/notify/twilio/token"]),
        (CALLING.replace("+1555", "555"), ["/notify/twilio/sender", "/notify/twilio/token"]),
        (CALLING.replace("gwk_x", ""), ["/notify/twilio/key", "/notify/twilio/token"]),
        (CALLING + "per_hour = 0", ["/notify/twilio/per_hour", "/notify/twilio/token"]),
        ('[chat.slack]\nmode = "stream"', ["/notify/slack/app_token"]),
        ('[chat.feishu]\nmode = "stream"', ["/notify/feishu/app_id"]),
        ('[chat.dingtalk]\nmode = "stream"', ["/notify/dingtalk/app_key"]),
        ('[chat.wecom]\nmode = "stream"', ["/chat/wecom/mode"]),
        ('[notify.aliyun]\nsms_api = "x"', ["/notify/aliyun/sms_api"]),
        ('[notify.aliyun]\nvoice_api = "https://a/b"', ["/notify/aliyun/voice_api"]),
        (
            '[notify.aliyun]\naccess_key_id = "L"',
            ["/notify/aliyun/access_key_secret", "/notify/aliyun/sms_template"],
        ),
        (ALIYUN + 'sms_template = "SMS_1"', ["/notify/aliyun/sign_name"]),
        (
            ALIYUN + 'voice_template = "TTS_1"\ntitle_chars = 0\nper_hour = 0',
            ["/notify/aliyun/title_chars", "/notify/aliyun/per_hour"],
        ),
        ('[notify.tencent]\nsms_api = "x"', ["/notify/tencent/sms_api"]),
        ('[notify.tencent]\nvoice_api = "x"', ["/notify/tencent/voice_api"]),
        (
            '[notify.tencent]\nsecret_id = "A"',
            ["/notify/tencent/secret_key", "/notify/tencent/sms_template"],
        ),
        (
            TENCENT + 'sms_template = "1"\nvoice_template = "2"\nper_hour = 0',
            [
                "/notify/tencent/sms_app_id",
                "/notify/tencent/voice_app_id",
                "/notify/tencent/per_hour",
            ],
        ),
        ('[notify.vonage]\napi = "x"', ["/notify/vonage/api"]),
        (
            '[notify.vonage]\napplication_id = "a"\nprivate_key = "x"\nper_hour = 0',
            [
                "/notify/vonage/private_key",
                "/notify/vonage/key",
                "/notify/vonage/sender",
                "/notify/vonage/per_hour",
                "/notify/vonage/application_id",
                "/notify/vonage/application_id",
            ],
        ),
        ('[notify.telegram]\ntoken = "bot123"', ["/notify/telegram/token"]),
        ('[chat.telegram]\nmode = "stream"', ["/notify/telegram/token"]),
        (
            '[chat.telegram]\nsecrets = ["with space"]\n[notify.telegram]\napi = "x"',
            ["/notify/telegram/api", "/notify/telegram/token"],
        ),
        ('[notify.teams.workflows]\nops = "ops@example.com"', ["/notify/teams/workflows/ops"]),
        ('[notify.ntfy]\naddress = "ntfy.sh"', ["/notify/ntfy/address"]),
        ('[notify.ntfy]\ntoken = "tk_1"', ["/notify/ntfy/address"]),
        ('[notify.bark]\naddress = "x"', ["/notify/bark/address"]),
        ('[notify.bark]\nencryption_key = "short"', ["/notify/bark/encryption_key"]),
        ('[notify.gotify.apps]\nops = "Cx"', ["/notify/gotify/address", "/notify/gotify/apps/ops"]),
        ('[notify.gotify]\naddress = "x"', ["/notify/gotify/address"]),
        ('[notify.apprise.urls]\nops = "pover"', ["/notify/apprise/urls/ops"]),
        ('[notify.webpush]\nsubject = "ops@example.com"', ["/notify/webpush/subject"]),
        ('[notify.webpush]\nkeys = "AQ"', ["/notify/webpush/keys"]),
        ('[notify.pager]\ntoken = "x"', ["/notify/pager"]),
        ('[notify.vendors.slack]\ntoken = "x"', ["/notify/vendors"]),
        ('[vendors.slack]\ntoken = "x"', ["/vendors"]),
    ],
)
def test_invalid_vendor_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, found: list[str]
) -> None:
    assert pointers(tmp_path, text) == found


def test_flaws_of_every_section_are_reported_at_once(tmp_path: Path) -> None:
    text = '[server]\nport = "x"\n[notify.slack]\napi = ""\n[notify.wecom]\nagent_id = "one"'
    assert sorted(pointers(tmp_path, text)) == [
        "/notify/slack/api",
        "/notify/wecom/agent_id",
        "/server/port",
    ]


def test_flaw_never_shows_a_secret(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        '[notify.wecom.robots]\nops = ["k3y"]\n[notify.slack]\ntoken = ["xoxb-1"]\n'
    )
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {}, find_flaws)
    assert len(refused.value.flaws) == 2
    assert "k3y" not in str(refused.value.flaws)
    assert "xoxb" not in str(refused.value.flaws)


@pytest.mark.parametrize(
    ("name", "setting", "shipped"),
    [
        ("wecom", "address", "qyapi.weixin.qq.com"),
        ("dingtalk", "address", "api.dingtalk.com"),
        ("feishu", "api", "open.feishu.cn"),
    ],
)
def test_invalid_address_flaw_names_vendor_address(
    tmp_path: Path, name: str, setting: str, shipped: str
) -> None:
    (tmp_path / "gateway.toml").write_text(f'[notify.{name}]\n{setting} = "x"')
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "gateway.toml", {}, find_flaws)
    assert shipped in refused.value.flaws[0].detail


def test_section_is_read_from_file_environment_and_secret_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "gateway.toml").write_text(
        '[notify.wecom]\ncorp_id = "ww1"\nrobots = { ops = "k3y" }\n'
        '[notify.dingtalk.robots.ops]\ntoken = "t0ken"\n'
    )
    environ = {
        "GATEWAY_NOTIFY__WECOM__AGENT_ID": "218",
        "GATEWAY_NOTIFY__WECOM__SECRET_FILE": str(tmp_path / "secret"),
    }
    settings = load(tmp_path / "gateway.toml", environ, find_flaws)
    section = WeComSection.read(settings)
    assert section == WeComSection(
        corp_id="ww1", agent_id=218, secret="s3cret", robots={"ops": "k3y"}
    )
    assert DingTalkSection.read(settings).robots == {"ops": DingTalkRobot("t0ken")}
    shown = f"{section} {section!r} {settings.vendors} {DingTalkSection.read(settings)}"
    assert not [secret for secret in ("s3cret", "k3y", "t0ken", "ww1") if secret in shown]


def test_token_of_twilio_is_valid_once_incoming_calls_are_verified_with_it(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        f'{CALLING}[phone]\npublic_url = "https://gw.example"\n'
        f'[phone.providers.twilio]\nsecrets = ["{TOKEN}"]\n'
    )
    settings = load(tmp_path / "gateway.toml", {}, find_flaws)
    assert TwilioSection.read(settings).sender == "+15550100000"


def test_unreadable_setting_has_its_default_and_the_others_their_value(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        '[notify.slack]\ntoken = "xoxb-1"\nallow_private = "perhaps"\n'
    )
    loaded = load_all(tmp_path / "gateway.toml", {}, find_flaws)
    assert [flaw.pointer for flaw in loaded.flaws] == ["/notify/slack/allow_private"]
    assert SlackSection.read(loaded.settings) == SlackSection(token="xoxb-1")


def test_text_in_place_of_a_section_is_read_as_no_section(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text('[notify]\nslack = "xoxb-1"\n')
    assert SlackSection.read(load_all(tmp_path / "gateway.toml", {}).settings) == SlackSection()


@pytest.mark.parametrize(
    ("vendor", "table", "good", "bad"),
    [
        ("telegram", {}, ["42", "-1001234567890/7", "@desk_news"], ["olga", ""]),
        ("teams", {"workflows": {"ops": "https://x.example"}}, ["ops"], ["dev"]),
        ("ntfy", {}, ["ops-1"], ["a/b"]),
        ("bark", {}, ["ynJ5Ft4atkMkWeo2PAvFhF"], ["https://api.day.app/x"]),
        ("gotify", {"apps": {"ops": "A" * 15}}, ["ops", "AzyoeNS.D4iJLVa"], ["dev", "C" * 15]),
        ("apprise", {"urls": {"ops": "json://x.example"}}, ["ops"], ["json://x.example"]),
        ("slack", {}, ["C1"], []),
    ],
)
def test_section_objects_to_addresses_that_are_none(
    vendor: str, table: dict[str, object], good: list[str], bad: list[str]
) -> None:
    section = SECTIONS[vendor](**table)
    assert [section.find_objection(one) for one in good] == [""] * len(good)
    assert all(section.find_objection(one) for one in bad)


def test_library_that_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    section = SECTIONS["apprise"](urls={"ops": "json://x.example"})
    (flaw,) = section.flaws()
    assert "requirements-apprise.txt" in flaw.detail


@pytest.mark.parametrize(
    ("vendor", "table"),
    [
        ("telegram", {"token": "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"}),
        ("teams", {"workflows": {"ops": "https://x.example/invoke?sig=s"}}),
        ("ntfy", {"address": "https://ntfy.example.com", "token": "tk_1"}),
        ("bark", {"address": "https://api.day.app", "encryption_key": "k" * 32}),
        ("gotify", {"address": "https://gotify.example.com/sub", "apps": {"ops": "A" * 15}}),
        ("apprise", {"urls": {"ops": "json://hooks.example.com"}}),
    ],
)
def test_valid_section_has_no_flaw_and_shows_no_value(
    vendor: str, table: dict[str, object]
) -> None:
    section = SECTIONS[vendor](**table)
    assert list(section.flaws()) == []
    assert "example" not in repr(section)
    assert list(ChannelSection().flaws()) == []
