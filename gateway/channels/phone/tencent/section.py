"""The settings of Tencent Cloud: `[notify.tencent]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw


class TencentSection(ChannelSection, frozen=True):
    """Text messages and calls by Tencent Cloud; without a secret id they are off.

    A text message needs `sms_app_id`, `sign_name` and `sms_template`, a call `voice_app_id` and
    `voice_template`; the variables {1}, {2} and {3} of both templates are number, priority and
    title, which is cut to `title_chars`.
    """

    secret_id: str = ""
    secret_key: str = ""
    region: str = "ap-guangzhou"
    sms_api: str = "https://sms.tencentcloudapi.com"
    sms_app_id: str = ""
    sign_name: str = ""
    sms_template: str = ""
    voice_api: str = "https://vms.tencentcloudapi.com"
    voice_app_id: str = ""
    voice_template: str = ""
    title_chars: int = 20
    per_hour: int = 6
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield invalid addresses, missing credentials and templates, and useless limits."""
        yield from find_origin_flaw("/sms_api", self.sms_api, "https://sms.tencentcloudapi.com")
        yield from find_origin_flaw("/voice_api", self.voice_api, "https://vms.tencentcloudapi.com")
        if not self.secret_id:
            return
        if not self.secret_key:
            yield Flaw("/secret_key", "a secret id has a secret key")
        if not (self.sms_template or self.voice_template):
            yield Flaw("/sms_template", "name an approved template, here or in voice_template")
        if self.sms_template and not self.sms_app_id:
            yield Flaw("/sms_app_id", "text messages need the application (SdkAppId)")
        if self.voice_template and not self.voice_app_id:
            yield Flaw("/voice_app_id", "calls need the application (VoiceSdkAppid)")
        yield from self.find_low_flaws("title_chars", "per_hour")


SECTION = TencentSection
