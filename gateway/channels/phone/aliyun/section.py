"""The settings of Aliyun: `[notify.aliyun]`. Pure."""

from collections.abc import Iterator

from gateway.channels.channel_section import ChannelSection, find_origin_flaw
from gateway.errors import Flaw


class AliyunSection(ChannelSection, frozen=True):
    """Text messages and calls by Aliyun; without an access key they are off.

    A text message needs `sign_name` and `sms_template`, a call `voice_template`; both templates
    have the variables `number`, `priority` and `title`, which is cut to `title_chars`. Calls
    show `voice_number`, or a public number without one.
    """

    access_key_id: str = ""
    access_key_secret: str = ""
    sms_api: str = "https://dysmsapi.aliyuncs.com"
    sign_name: str = ""
    sms_template: str = ""
    voice_api: str = "https://dyvmsapi.aliyuncs.com"
    voice_template: str = ""
    voice_number: str = ""
    title_chars: int = 35
    per_hour: int = 6
    allow_private: bool = False

    def flaws(self) -> Iterator[Flaw]:
        """Yield invalid addresses, missing credentials and templates, and useless limits."""
        yield from find_origin_flaw("/sms_api", self.sms_api, "https://dysmsapi.aliyuncs.com")
        yield from find_origin_flaw("/voice_api", self.voice_api, "https://dyvmsapi.aliyuncs.com")
        if not self.access_key_id:
            return
        if not self.access_key_secret:
            yield Flaw("/access_key_secret", "an access key has a secret")
        if not (self.sms_template or self.voice_template):
            yield Flaw("/sms_template", "name an approved template, here or in voice_template")
        if self.sms_template and not self.sign_name:
            yield Flaw("/sign_name", "text messages need an approved signature")
        yield from self.find_low_flaws("title_chars", "per_hour")


SECTION = AliyunSection
