"""Scripts as Vonage's call control objects. Pure.

https://developer.vonage.com/en/voice/voice-api/ncco-reference.
"""

from collections.abc import Callable
from typing import Any, assert_never

import msgspec

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
from gateway.channels.phone.words import spoken_text
from gateway.incidents.labels import Locale

LANGUAGES: dict[Locale, str] = {"en": "en-US", "zh-CN": "cmn-CN"}

Address = Callable[[str, DialogueStep], str]


def write_script(script: Script, address: Address, called: str) -> bytes:
    """Return the actions in order; a call ends with the last.

    `called` is the number that onward calls are made from.
    """
    return msgspec.json.encode(
        [action for one in script for action in _actions(one, address, called)]
    )


def _actions(
    one: Say | Ask | Record | Dial | HangUp, address: Address, called: str
) -> list[dict[str, Any]]:
    match one:
        case Say(text=text, locale=locale):
            return [{"action": "talk", "text": text, "language": LANGUAGES[locale]}]
        case Ask(says=says, to=to):
            talks = [
                {
                    "action": "talk",
                    "text": say.text,
                    "language": LANGUAGES[say.locale],
                    "bargeIn": True,
                }
                for say in says
            ]
            dtmf = {"maxDigits": 1, "timeOut": WAIT_S}
            return [
                *talks,
                {
                    "action": "input",
                    "type": ["dtmf"],
                    "dtmf": dtmf,
                    "eventUrl": [address("alarm" if to.token else "answer", to)],
                },
            ]
        case Record(locale=locale):
            # Vonage goes on without asking when the caller is done, so that the thanks stand here.
            record = {
                "action": "record",
                "eventUrl": [address("recording", DialogueStep())],
                "endOnKey": "#",
                "beepStart": True,
            }
            thanks = {
                "action": "talk",
                "text": spoken_text("recorded", locale),
                "language": LANGUAGES[locale],
            }
            return [record | {"endOnSilence": "5", "timeOut": str(LONGEST_S)}, thanks]
        case Dial(number=number, to=to):
            endpoint = [{"type": "phone", "number": number.removeprefix("+")}]
            connect = {
                "action": "connect",
                "from": called.removeprefix("+"),
                "timeout": str(RING_S),
                "endpoint": endpoint,
            }
            return [connect | {"eventType": "synchronous", "eventUrl": [address("answer", to)]}]
        case HangUp():
            return []
        case _:
            assert_never(one)
