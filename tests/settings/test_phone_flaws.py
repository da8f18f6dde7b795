"""Every flaw in the settings of the telephone is reported with its place."""

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import Settings, load

TOKEN = "12345678901234567890123456789012"
TWILIO = f'[phone.providers.twilio]\nsecrets = ["{TOKEN}"]\n'


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "gateway.toml").write_text(text)
    return load(tmp_path / "gateway.toml", {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[phone]\nregion = "XX"', "/phone/region"),
        ("[phone]\nlocales = []", "/phone/locales"),
        (TWILIO, "/phone/public_url"),
        ('[phone.providers.acme]\naccounts = ["a"]', "/phone/providers/acme"),
        (f'[phone.providers.asterisk]\nsecrets = ["{TOKEN}"]', "/phone/providers/asterisk/secrets"),
        ('[phone.providers.vonage]\nsecrets = ["short"]', "/phone/providers/vonage/secrets"),
        (
            '[phone.providers.vonage]\naddresses = ["10.0.0.1/8"]',
            "/phone/providers/vonage/addresses/0",
        ),
        ('[notify.sms.routes]\n"86" = ["aliyun"]', "/notify/sms/routes/86"),
        ('[notify.sms.routes]\n"+86" = ["slack"]', "/notify/sms/routes/+86"),
        ('[notify.voice.routes]\n"*" = []', "/notify/voice/routes/*"),
        ('[phone.hotlines."010"]\nservice = "x"', "/phone/hotlines/010"),
        ('[phone.hotlines."+861082303333"]\ndial = "1001"', "/phone/hotlines/+861082303333/dial"),
    ],
)
def test_invalid_phone_setting_is_reported_with_pointer(
    tmp_path: Path, text: str, place: str
) -> None:
    with pytest.raises(Misconfigured) as raised:
        read(tmp_path, text)
    assert place in [flaw.pointer for flaw in raised.value.flaws]


def test_routes_name_vendors_in_order(tmp_path: Path) -> None:
    text = '[notify.sms.routes]\n"+86" = ["aliyun", "tencent"]\n"*" = ["vonage"]'
    settings = read(tmp_path, text)
    assert settings.notify.sms.routes == {"+86": ("aliyun", "tencent"), "*": ("vonage",)}
    assert settings.notify.voice.routes == {}


def test_valid_phone_settings_are_loaded_without_showing_secrets(tmp_path: Path) -> None:
    settings = read(tmp_path, f'[server]\nexternal_url = "https://gw.example"\n{TWILIO}')
    assert settings.phone.providers["twilio"].secrets == (TOKEN,)
    assert TOKEN not in repr(settings.phone)
    with_environment = load(
        None, {"GATEWAY_PHONE__PROVIDERS__VONAGE__SECRETS": f"{TOKEN} {TOKEN[::-1]}"}
    )
    assert len(with_environment.phone.providers["vonage"].secrets) == 2
