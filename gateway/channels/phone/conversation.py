"""One step of a conversation with a caller.

It commits the key they pressed or the words they said, and returns the script they hear next.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from aiohttp import web

from gateway.channels.phone import menu
from gateway.channels.phone.call import CallDirection, CallEvent
from gateway.channels.phone.intake import PhoneIntake
from gateway.channels.phone.key_press import KeyPressHandler
from gateway.channels.phone.menu import CallerChoice, HotlineSettings, StepResult, line_of
from gateway.channels.phone.posted import SOURCE, PhoneAdapter, PhoneRequest, TextMessage
from gateway.channels.phone.reply_handler import REPLY
from gateway.channels.phone.script import DialogueStep, HangUp, Script, parse_step
from gateway.channels.phone.twilio import twiml
from gateway.channels.phone.vonage import ncco
from gateway.channels.phone.words import spoken_text
from gateway.errors import Forbidden, Overloaded, Unavailable
from gateway.incidents.labels import Locale
from gateway.ingest.failed_requests import counting_failures
from gateway.receipts.submission import Receipt

log = structlog.get_logger()

APOLOGISE_IF_NOT_COMMITTED = frozenset({CallerChoice.THANKS, CallerChoice.STANDING})
"""Steps that, if nothing can be committed or looked up, are answered with an apology.

All other steps promise the caller nothing, and are answered as usual.
"""


@dataclass(frozen=True, slots=True)
class CallDialogue:
    """A request whose response somebody hears; `at` makes the URL of an event and its query."""

    intake: PhoneIntake
    press: KeyPressHandler
    provider: PhoneAdapter
    posted: PhoneRequest
    integration_id: int
    at: Callable[[str, str], str]

    async def spoken(self, event: CallEvent) -> web.Response:
        """Return the script that the caller hears next.

        Raises Forbidden for a call about a record that the gateway did not make.
        """
        query = dict(self.posted.query)
        place = parse_step(*(query.get(name, "") for name in ("step", "locale", "turn", "about")))
        if self.posted.event == "alarm":
            return self._say(await self._alarm(event, place), "")
        if event.direction is CallDirection.OUTBOUND and place.step == "start":
            return self._say((HangUp(),), "")
        line = line_of(self.intake.phone, event.called)
        return self._say(await self._menu(event, place, line), event.called)

    async def _menu(self, event: CallEvent, place: DialogueStep, line: HotlineSettings) -> Script:
        wanted, locale = menu.read_choice(place, self.provider.key(self.posted), line)
        heard = StepResult()
        try:
            if wanted is CallerChoice.STANDING:
                heard = await self.intake.standing(event.caller, locale)
                event = replace(event, served=bool(heard.number))
            receipt = await self._taken(event, None if wanted is CallerChoice.LANGUAGE else locale)
            if wanted is CallerChoice.THANKS:
                heard = StepResult(_number(receipt), recorded=bool(event.recordings))
        except (Unavailable, Overloaded) as error:
            log.warning("call_not_taken", call=event.call_id, wish=wanted, error=error.detail)
            if wanted in APOLOGISE_IF_NOT_COMMITTED:
                return menu.apologise((locale,))
        return menu.answer(
            place, wanted, locale, line, replace(heard, answered=event.answered_at is not None)
        )

    async def _taken(self, event: CallEvent, spoken: Locale | None) -> Receipt:
        return await self.intake.take(
            self.integration_id, self.provider, self.posted, event, spoken
        )

    async def _alarm(self, event: CallEvent, place: DialogueStep) -> Script:
        key = self.provider.key(self.posted) if self.posted.method == "POST" else ""
        try:
            with counting_failures(self.intake.metrics, SOURCE):
                self._allow_keys(event)
                return await self.press(
                    self.integration_id, event.call_id, place, key, self.posted.body
                )
        except (Unavailable, Overloaded) as error:
            log.warning("press_not_taken", call=event.call_id, error=error.detail)
            return menu.apologise(self.intake.phone.locales)

    def _allow_keys(self, event: CallEvent) -> None:
        signed = bool(self.intake.phone.provider(self.provider.slug).secrets)
        if not signed or event.direction is not CallDirection.OUTBOUND:
            raise Forbidden(
                "a key counts only in a call that the gateway made and its telephone system signs "
                "for"
            )

    async def replied(self, message: TextMessage) -> web.Response:
        """Return the answer that the sender of a text message reads."""
        locale = line_of(self.intake.phone, message.receiver).locales[0]
        try:
            number = _number(
                await self.intake.take(self.integration_id, self.provider, self.posted, message)
            )
        except (Unavailable, Overloaded) as error:
            if not self.provider.writes:
                raise
            log.warning("message_not_taken", message=message.message_id, error=error.detail)
            return _xml(twiml.write_reply(spoken_text("resend", locale)))
        if not self.provider.writes:
            return silent_response(self.provider)
        return _xml(
            twiml.write_reply(spoken_text("received", locale, number=number) if number else "")
        )

    def sorry(self) -> web.Response:
        """Return the apology for a request that could not be understood or handled."""
        if self.posted.event == "message":
            return _xml(twiml.write_reply(spoken_text("resend", self.intake.phone.locales[0])))
        return self._say(menu.apologise(self.intake.phone.locales), "")

    def _say(self, script: Script, called: str) -> web.Response:
        if self.provider.slug == "vonage":
            return web.Response(
                body=ncco.write_script(script, self._address, called),
                content_type="application/json",
            )
        return _xml(twiml.write_script(script, self._address))

    def _address(self, event: str, place: DialogueStep) -> str:
        return self.at(event, place.query if place != DialogueStep() else "")


def silent_response(provider: PhoneAdapter) -> web.Response:
    """Return a response that nobody hears.

    Twilio reads every response as instructions, and takes an empty body for an error.
    """
    return (
        _xml(twiml.write_reply(""))
        if provider.slug == "twilio"
        else web.Response(body=b"[]", content_type="application/json")
    )


def _number(receipt: Receipt) -> str:
    """Return the number of the record of a report; a reply is answered by a message of its own."""
    reports = (one for one in receipt.results if not one.dedup_key.startswith(REPLY))
    return next((one.incident for one in reports if one.incident), "")


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="utf-8")
