"""Every script read to callers is well-formed in both languages, in TwiML and for Vonage."""

import itertools
from xml.etree.ElementTree import fromstring

import msgspec
import pytest

from gateway.channels.phone import words
from gateway.channels.phone.call import CallStatus
from gateway.channels.phone.menu import (
    CallerChoice,
    HotlineSettings,
    StepResult,
    answer,
    apologise,
    line_of,
    read_choice,
)
from gateway.channels.phone.script import Ask, Dial, DialogueStep, HangUp, Record, Say, parse_step
from gateway.channels.phone.twilio import twiml
from gateway.channels.phone.vonage import ncco
from gateway.incidents.labels import LOCALES
from gateway.settings import Hotline, load
from gateway.vocabulary import Impact, Urgency

LINE = HotlineSettings(
    "", Impact.INDIVIDUAL, Urgency.NORMAL, LOCALES, menu=True, dial="+861082304444", hotline=True
)
VERBS = {"Say", "Gather", "Record", "Dial", "Hangup"}


def address(event: str, place: DialogueStep) -> str:
    return f"https://gw.example/{event}?{place.query}"


@pytest.mark.parametrize("wanted", CallerChoice)
def test_every_script_renders_as_twiml_and_ncco(wanted: CallerChoice) -> None:
    heards = (StepResult(), StepResult("INC-20260302-000012", "<b>", recorded=True, answered=True))
    for locale, heard, step in itertools.product(
        LOCALES, heards, ("start", "language", "menu", "recorded", "dialled")
    ):
        script = answer(DialogueStep(step), wanted, locale, LINE, heard)
        root = fromstring(twiml.write_script(script, address))  # noqa: S314 - our own answer
        assert root.tag == "Response"
        assert {one.tag for one in root} <= VERBS
        assert all(
            say.text and say.attrib["language"] in {"en-US", "cmn-CN"} for say in root.iter("Say")
        )
        actions = msgspec.json.decode(ncco.write_script(script, address, "+15550100"))
        assert {one["action"] for one in actions} <= {"talk", "input", "record", "connect"}


def test_caller_chooses_language_then_menu_item() -> None:
    assert read_choice(DialogueStep(), "", LINE) == (CallerChoice.LANGUAGE, "en")
    assert read_choice(DialogueStep("language"), "2", LINE) == (CallerChoice.MENU, "zh-CN")
    assert read_choice(DialogueStep("language"), "3", LINE) == (CallerChoice.AGAIN, "en")
    keys = {key: read_choice(DialogueStep("menu", "zh-CN"), key, LINE)[0] for key in "1290x"}
    assert list(keys.values()) == [
        CallerChoice.REPORT,
        CallerChoice.STANDING,
        CallerChoice.MENU,
        CallerChoice.DESK,
        CallerChoice.AGAIN,
    ]


def test_line_with_one_language_and_no_menu_records_at_once() -> None:
    line = HotlineSettings(
        "", Impact.GROUP, Urgency.HIGH, ("zh-CN",), menu=False, dial="", hotline=True
    )
    assert read_choice(DialogueStep(), "", line) == (CallerChoice.REPORT, "zh-CN")
    assert read_choice(DialogueStep("menu", "zh-CN"), "0", line)[0] is CallerChoice.AGAIN
    say, record = answer(DialogueStep(), CallerChoice.REPORT, "zh-CN", line, StepResult())
    assert isinstance(say, Say)
    assert isinstance(record, Record)


def test_unanswered_desk_call_offers_recording() -> None:
    place = DialogueStep("dialled", "en")
    assert answer(place, CallerChoice.DONE, "en", LINE, StepResult(answered=True)) == (HangUp(),)
    assert any(
        isinstance(one, Record)
        for one in answer(place, CallerChoice.DONE, "en", LINE, StepResult())
    )
    assert answer(place, CallerChoice.DESK, "en", LINE, StepResult()) == (
        Dial("+861082304444", DialogueStep("dialled", "en")),
    )


def test_menu_place_round_trips_and_nonsense_restarts_menu() -> None:
    assert parse_step("menu", "zh-CN", "2", "") == DialogueStep("menu", "zh-CN", 2)
    assert parse_step("", "fr", "99", "") == DialogueStep()
    assert DialogueStep("menu", "zh-CN", 2, "t").query == "step=menu&locale=zh-CN&turn=2&about=t"


def test_foreign_text_is_escaped_in_twiml() -> None:
    document = twiml.write_script(
        (Say("<Dial>1</Dial>\0\x0b", "en"), Ask((), DialogueStep()), HangUp()), address
    )
    assert b"<Dial>" not in document
    fromstring(document)  # noqa: S314 - our own answer
    assert b"<Hangup" not in twiml.write_reply("<Hangup/>")


def test_every_phrase_exists_in_both_languages() -> None:
    for table in (words.SAID, words.WRITTEN, words.STATUSES):
        assert all(all(pair) and pair[0] != pair[1] for pair in table.values())
    assert set(words.STATUSES) == set(CallStatus)
    assert words.spell_number("INC-20260302-000012") == "2 0 2 6 0 3 0 2, 1 2"
    assert len(apologise(LOCALES)) == 3


def test_line_uses_hotline_settings_or_defaults() -> None:
    phone = load(None, {}).phone
    assert line_of(phone, "+15550100").hotline
    named = msgspec.structs.replace(
        phone,
        hotlines={"+15550100": Hotline(service="billing", impact=Impact.GROUP, locales=("en",))},
    )
    assert (line_of(named, "+15550100").service, line_of(named, "+15550100").impact) == (
        "billing",
        "group",
    )
    other = line_of(named, "+15550101")
    assert (other.hotline, other.service, other.locales) == (False, "", ("zh-CN", "en"))
