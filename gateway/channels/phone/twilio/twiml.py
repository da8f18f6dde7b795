"""Scripts in TwiML: https://www.twilio.com/docs/voice/twiml. Pure."""

from collections.abc import Callable
from typing import assert_never
from xml.etree.ElementTree import Element, SubElement, tostring

from gateway.channels.phone.script import (
    LONGEST_S,
    RING_S,
    WAIT_S,
    Ask,
    Dial,
    DialogueStep,
    HangUp,
    Record,
    Say,
    Script,
)
from gateway.incidents.labels import Locale

VOICES: dict[Locale, tuple[str, str]] = {
    "en": ("Polly.Joanna", "en-US"),
    "zh-CN": ("Polly.Zhiyu", "cmn-CN"),
}
TRANSCRIBED: frozenset[Locale] = frozenset({"en"})
"""Languages that Twilio transcribes."""

Address = Callable[[str, DialogueStep], str]
"""A function that returns the URL at which Twilio goes on, from an event and a step."""


def write_script(script: Script, address: Address) -> bytes:
    """Return the script as a TwiML document."""
    root = Element("Response")
    for one in script:
        match one:
            case Say():
                _say(root, one)
            case Ask(says=says, to=to):
                event = "alarm" if to.token else "voice"
                where = address(event, to)
                gather = SubElement(
                    root,
                    "Gather",
                    input="dtmf",
                    numDigits="1",
                    timeout=str(WAIT_S),
                    method="POST",
                    action=where,
                )
                gather.set("actionOnEmptyResult", "true")
                for say in says:
                    _say(gather, say)
            case Record(to=to, locale=locale):
                _record(root, to, locale, address)
            case Dial(number=number, to=to):
                dial = SubElement(
                    root,
                    "Dial",
                    timeout=str(RING_S),
                    method="POST",
                    action=address("voice", to),
                    answerOnBridge="true",
                )
                SubElement(
                    dial,
                    "Number",
                    statusCallback=address("status", DialogueStep()),
                    statusCallbackEvent="answered completed",
                ).text = number
            case HangUp():
                SubElement(root, "Hangup")
            case _:
                assert_never(one)
    return _document(root)


def write_reply(text: str) -> bytes:
    """Return the answer to a text message."""
    root = Element("Response")
    if text:
        SubElement(root, "Message").text = _sayable(text)
    return _document(root)


def _document(root: Element) -> bytes:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _say(parent: Element, say: Say) -> None:
    voice, language = VOICES[say.locale]
    SubElement(parent, "Say", voice=voice, language=language).text = _sayable(say.text)


def _record(root: Element, to: DialogueStep, locale: Locale, address: Address) -> None:
    record = SubElement(
        root,
        "Record",
        action=address("voice", to),
        method="POST",
        maxLength=str(LONGEST_S),
        finishOnKey="#",
    )
    record.set("recordingStatusCallback", address("recording", DialogueStep()))
    if locale in TRANSCRIBED:
        record.set("transcribe", "true")
        record.set("transcribeCallback", address("transcription", DialogueStep()))


def _sayable(text: str) -> str:
    """Return the text without characters that XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
