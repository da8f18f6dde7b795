"""Text messages and calls by Tencent Cloud.

https://cloud.tencent.com/document/api/382/55981 (SendSms), 1128/51558 (SendTtsVoice). In mainland
China both are approved templates with variables; a call reads its template out and takes no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.outgoing.orders import CallOrder, Carriers, TemplateValues, TextOrder
from gateway.channels.phone.outgoing.template_values import cut_value
from gateway.channels.phone.tencent.answers import read_answer
from gateway.channels.phone.tencent.section import TencentSection
from gateway.channels.phone.tencent.signing import signed_headers
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.notify.message import Result
from gateway.timing.clock import Clock

CHINA = "+86"
PLAYED = 2
"""The number of times that a call reads its text out."""


@dataclass(frozen=True, slots=True)
class TencentApi:
    """A client of one of Tencent Cloud's services, as a carrier of text messages or of calls."""

    api: JsonApiClient
    settings: TencentSection
    clock: Clock

    async def send_text(self, order: TextOrder) -> Result:
        """Send the template of text messages once."""
        settings = self.settings
        return await self._ask(
            ("sms", "SendSms", "2021-01-11"),
            {
                "PhoneNumberSet": [order.number],
                "SmsSdkAppId": settings.sms_app_id,
                "SignName": settings.sign_name,
                "TemplateId": settings.sms_template,
                "TemplateParamSet": self._variables(order.values),
                "SessionContext": str(order.id),
            },
        )

    async def call(self, order: CallOrder) -> Result:
        """Request a call that reads the template of calls out."""
        return await self._ask(
            ("vms", "SendTtsVoice", "2020-09-02"),
            {
                "CalledNumber": order.number,
                "VoiceSdkAppid": self.settings.voice_app_id,
                "TemplateId": self.settings.voice_template,
                "TemplateParamSet": self._variables(order.values),
                "PlayTimes": PLAYED,
                "SessionContext": str(order.id),
            },
        )

    def _variables(self, values: TemplateValues) -> list[str]:
        title = cut_value(values.title, self.settings.title_chars)
        return [values.number, values.priority, title]

    async def _ask(self, action: tuple[str, str, str], body: Mapping[str, Any]) -> Result:
        """Request an action: the service, its name and the version of the API."""
        service, name, version = action
        headers = signed_headers(
            self.settings.secret_id,
            self.settings.secret_key,
            urlsplit(self.api.api).netloc,
            service,
            msgspec.json.encode(body),
            self.clock.now(),
        ) | {
            "x-tc-action": name,
            "x-tc-version": version,
            "x-tc-region": self.settings.region,
        }
        answer = await self.api("POST", "/", body, headers=headers)
        if not isinstance(answer, VendorResponse):
            return answer
        return read_answer(answer.status, answer.body)


def open_carriers(parts: ChannelParts) -> Carriers:
    """Return what Tencent Cloud carries, nothing without a secret id."""
    settings = parts.section(TencentSection)
    on = bool(settings.secret_id)

    def client(address: str) -> TencentApi:
        api = parts.open_api(address, allow_private=settings.allow_private)
        return TencentApi(api, settings, parts.clock)

    return Carriers(
        texts=client(settings.sms_api) if on and settings.sms_template else None,
        calls=client(settings.voice_api) if on and settings.voice_template else None,
        per_hour=settings.per_hour,
        home=CHINA,
    )
