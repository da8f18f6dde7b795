"""What callers hear: every script is well-formed in both languages, in TwiML and for Vonage."""

import itertools
from xml.etree.ElementTree import fromstring

import msgspec
import pytest

from gateway.channels.phone import words
from gateway.channels.phone.call import Status
from gateway.channels.phone.menu import Heard, Line, Wish, answer, line_of, sorry, wish
from gateway.channels.phone.script import Ask, Dial, HangUp, Place, Record, Say, place_of
from gateway.channels.phone.twilio import twiml
from gateway.channels.phone.vonage import ncco
from gateway.incidents.labels import LOCALES
from gateway.settings import Hotline, load
from gateway.vocabulary import Impact, Urgency

LINE = Line("", Impact.INDIVIDUAL, Urgency.NORMAL, LOCALES, menu=True, dial="+861082304444", hotline=True)
VERBS = {"Say", "Gather", "Record", "Dial", "Hangup"}


def address(event: str, place: Place) -> str:
    return f"https://gw.example/{event}?{place.query}"


@pytest.mark.parametrize("wanted", Wish)
def test_every_script_renders_as_twiml_and_ncco(wanted: Wish) -> None:
    heards = (Heard(), Heard("INC-20260302-000012", "<b>", recorded=True, answered=True))
    for locale, heard, step in itertools.product(LOCALES, heards, ("start", "language", "menu", "recorded", "dialled")):
        script = answer(Place(step), wanted, locale, LINE, heard)
        root = fromstring(twiml.speak(script, address))  # noqa: S314 - our own answer
        assert root.tag == "Response"
        assert {one.tag for one in root} <= VERBS
        assert all(say.text and say.attrib["language"] in {"en-US", "cmn-CN"} for say in root.iter("Say"))
        actions = msgspec.json.decode(ncco.speak(script, address, "+15550100"))
        assert {one["action"] for one in actions} <= {"talk", "input", "record", "connect"}


def test_caller_chooses_language_then_menu_item() -> None:
    assert wish(Place(), "", LINE) == (Wish.LANGUAGE, "en")
    assert wish(Place("language"), "2", LINE) == (Wish.MENU, "zh-CN")
    assert wish(Place("language"), "3", LINE) == (Wish.AGAIN, "en")
    keys = {key: wish(Place("menu", "zh-CN"), key, LINE)[0] for key in "1290x"}
    assert list(keys.values()) == [Wish.REPORT, Wish.STANDING, Wish.MENU, Wish.DESK, Wish.AGAIN]


def test_line_with_one_language_and_no_menu_records_at_once() -> None:
    line = Line("", Impact.GROUP, Urgency.HIGH, ("zh-CN",), menu=False, dial="", hotline=True)
    assert wish(Place(), "", line) == (Wish.REPORT, "zh-CN")
    assert wish(Place("menu", "zh-CN"), "0", line)[0] is Wish.AGAIN
    say, record = answer(Place(), Wish.REPORT, "zh-CN", line, Heard())
    assert isinstance(say, Say)
    assert isinstance(record, Record)


def test_unanswered_desk_call_offers_recording() -> None:
    place = Place("dialled", "en")
    assert answer(place, Wish.DONE, "en", LINE, Heard(answered=True)) == (HangUp(),)
    assert any(isinstance(one, Record) for one in answer(place, Wish.DONE, "en", LINE, Heard()))
    assert answer(place, Wish.DESK, "en", LINE, Heard()) == (Dial("+861082304444", Place("dialled", "en")),)


def test_menu_place_round_trips_and_nonsense_restarts_menu() -> None:
    assert place_of("menu", "zh-CN", "2", "") == Place("menu", "zh-CN", 2)
    assert place_of("", "fr", "99", "") == Place()
    assert Place("menu", "zh-CN", 2, "t").query == "step=menu&locale=zh-CN&turn=2&about=t"


def test_foreign_text_is_escaped_in_twiml() -> None:
    document = twiml.speak((Say("<Dial>1</Dial>\0\x0b", "en"), Ask((), Place()), HangUp()), address)
    assert b"<Dial>" not in document
    fromstring(document)  # noqa: S314 - our own answer
    assert b"<Hangup" not in twiml.reply("<Hangup/>")


def test_every_phrase_exists_in_both_languages() -> None:
    for table in (words.SAID, words.WRITTEN, words.STATUSES):
        assert all(all(pair) and pair[0] != pair[1] for pair in table.values())
    assert set(words.STATUSES) == set(Status)
    assert words.spelt("INC-20260302-000012") == "2 0 2 6 0 3 0 2, 1 2"
    assert len(sorry(LOCALES)) == 3


def test_line_uses_hotline_settings_or_defaults() -> None:
    phone = load(None, {}).phone
    assert line_of(phone, "+15550100").hotline
    named = msgspec.structs.replace(
        phone, hotlines={"+15550100": Hotline(service="billing", impact=Impact.GROUP, locales=("en",))}
    )
    assert (line_of(named, "+15550100").service, line_of(named, "+15550100").impact) == ("billing", "group")
    other = line_of(named, "+15550101")
    assert (other.hotline, other.service, other.locales) == (False, "", ("zh-CN", "en"))
