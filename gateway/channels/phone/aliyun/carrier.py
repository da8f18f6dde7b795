"""Text messages and calls by Aliyun.

https://help.aliyun.com/document_detail/419273.html (SendSms), 393519 (SingleCallByTts). In
mainland China both are approved templates with variables; a call reads its template out and takes
no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from gateway.channels.opening import ChannelParts
from gateway.channels.phone.aliyun.answers import read_answer
from gateway.channels.phone.aliyun.section import AliyunSection
from gateway.channels.phone.aliyun.signing import canonical_query, signed_headers
from gateway.channels.phone.outgoing.orders import CallOrder, Carriers, TemplateValues, TextOrder
from gateway.channels.phone.outgoing.template_values import cut_value
from gateway.egress.api_client import JsonApiClient, VendorResponse
from gateway.notify.message import Result
from gateway.timing.clock import Clock

CHINA = "+86"
SMS = ("SendSms", "2017-05-25")
VOICE = ("SingleCallByTts", "2017-05-25")
PLAYED = "2"
"""The number of times that a call reads its text out."""

OUT_ID = 15
"""The most characters of our id of a call."""


@dataclass(frozen=True, slots=True)
class AliyunApi:
    """A client of one of Aliyun's services, as a carrier of text messages or of calls."""

    api: JsonApiClient
    settings: AliyunSection
    clock: Clock

    async def send_text(self, order: TextOrder) -> Result:
        """Send the template of text messages once."""
        return await self._ask(
            SMS,
            {
                "OutId": str(order.id),
                "PhoneNumbers": local_number(order.number),
                "SignName": self.settings.sign_name,
                "TemplateCode": self.settings.sms_template,
                "TemplateParam": self._variables(order.values),
            },
        )

    async def call(self, order: CallOrder) -> Result:
        """Request a call that reads the template of calls out."""
        shown = self.settings.voice_number
        return await self._ask(
            VOICE,
            {
                "CalledNumber": local_number(order.number),
                "OutId": order.id.hex[:OUT_ID],
                "PlayTimes": PLAYED,
                "TtsCode": self.settings.voice_template,
                "TtsParam": self._variables(order.values),
            }
            | ({"CalledShowNumber": shown} if shown else {}),
        )

    def _variables(self, values: TemplateValues) -> str:
        named = {
            "number": values.number,
            "priority": values.priority,
            "title": cut_value(values.title, self.settings.title_chars),
        }
        return msgspec.json.encode(named).decode()

    async def _ask(self, action: tuple[str, str], parameters: Mapping[str, str]) -> Result:
        headers = signed_headers(
            self.settings.access_key_id,
            self.settings.access_key_secret,
            urlsplit(self.api.api).netloc,
            action,
            parameters,
            uuid4().hex,
            self.clock.now(),
        )
        path = f"/?{canonical_query(parameters)}"
        answer = await self.api("POST", path, None, headers=headers)
        if not isinstance(answer, VendorResponse):
            return answer
        return read_answer(answer.status, answer.body)


def local_number(number: str) -> str:
    """Return a number as Aliyun writes it: without +86, others without the plus."""
    return number.removeprefix(CHINA).removeprefix("+")


def open_carriers(parts: ChannelParts) -> Carriers:
    """Return what Aliyun carries, nothing without an access key."""
    settings = parts.section(AliyunSection)
    on = bool(settings.access_key_id)

    def client(address: str) -> AliyunApi:
        api = parts.open_api(address, allow_private=settings.allow_private)
        return AliyunApi(api, settings, parts.clock)

    return Carriers(
        texts=client(settings.sms_api) if on and settings.sms_template else None,
        calls=client(settings.voice_api) if on and settings.voice_template else None,
        per_hour=settings.per_hour,
        home=CHINA,
    )
