"""The menu of a hotline: from a step of the dialogue and the pressed key to a script. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from gateway.channels.phone.script import Ask, Dial, DialogueStep, HangUp, Record, Say, Script
from gateway.channels.phone.words import spell_number, spoken_text
from gateway.incidents.labels import Locale
from gateway.settings import Hotline, Phone
from gateway.vocabulary import Impact, Urgency

MOST_TURNS = 3
"""The number of times a caller who presses nothing is asked."""


class CallerChoice(StrEnum):
    """The caller's choice."""

    LANGUAGE = "language"
    MENU = "menu"
    REPORT = "report"
    STANDING = "standing"
    DESK = "desk"
    THANKS = "thanks"
    DONE = "done"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class HotlineSettings:
    """A number that is called, with its settings."""

    service: str
    impact: Impact
    urgency: Urgency
    locales: tuple[Locale, ...]
    menu: bool
    dial: str
    hotline: bool


def line_of(phone: Phone, called: str) -> HotlineSettings:
    """Return the line of a number; one that is no hotline gets the general settings."""
    own = phone.hotlines.get(called)
    given = own or Hotline()
    return HotlineSettings(
        given.service or phone.service,
        given.impact or phone.impact,
        given.urgency or phone.urgency,
        given.locales or phone.locales,
        phone.menu if given.menu is None else given.menu,
        given.dial,
        hotline=own is not None or not phone.hotlines,
    )


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of the caller's last step.

    It holds the number and state of their record if they have one, and says whether anything was
    recorded and whether a person answered.
    """

    number: str = ""
    state: str = ""
    recorded: bool = False
    answered: bool = False


KEYS = {"1": CallerChoice.REPORT, "2": CallerChoice.STANDING, "9": CallerChoice.MENU}


def read_choice(
    place: DialogueStep, key: str, line: HotlineSettings
) -> tuple[CallerChoice, Locale]:
    """Return the caller's choice and their language."""
    locale = place.locale or line.locales[0]
    match place.step:
        case "recorded":
            return CallerChoice.THANKS, locale
        case "dialled":
            return CallerChoice.DONE, locale
        case "language":
            chosen = dict(zip("123456789", line.locales, strict=False)).get(key)
            return (CallerChoice.AGAIN, locale) if chosen is None else (_first(line), chosen)
        case "menu":
            return (
                CallerChoice.DESK if key == "0" and line.dial else KEYS.get(key, CallerChoice.AGAIN)
            ), locale
        case _:
            return (CallerChoice.LANGUAGE if len(line.locales) > 1 else _first(line)), locale


def _first(line: HotlineSettings) -> CallerChoice:
    return CallerChoice.MENU if line.menu else CallerChoice.REPORT


def answer(  # noqa: PLR0911 - one arm for each choice
    place: DialogueStep,
    wanted: CallerChoice,
    locale: Locale,
    line: HotlineSettings,
    heard: StepResult,
) -> Script:
    """Return the script that the caller hears next."""
    match wanted:
        case CallerChoice.AGAIN:
            return _again(place, line, locale)
        case CallerChoice.LANGUAGE:
            return (_languages(line, 0),)
        case CallerChoice.REPORT:
            return _report(locale)
        case CallerChoice.STANDING:
            return _standing(locale, heard), _menu(line, locale, 1)
        case CallerChoice.DESK:
            return (Dial(line.dial, DialogueStep("dialled", locale)),)
        case CallerChoice.THANKS:
            return _thanks(heard, locale), HangUp()
        case CallerChoice.DONE:
            return (
                (HangUp(),)
                if heard.answered
                else (Say(spoken_text("busy", locale), locale), *_report(locale))
            )
        case CallerChoice.MENU:
            return (_menu(line, locale, 0),)
        case _:
            assert_never(wanted)


def apologise(locales: tuple[Locale, ...]) -> Script:
    """Return an apology for a call that cannot be handled, so that nobody believes it was."""
    return (*(Say(spoken_text("sorry", locale), locale) for locale in locales), HangUp())


def _again(place: DialogueStep, line: HotlineSettings, locale: Locale) -> Script:
    if place.turn + 1 >= MOST_TURNS:
        return Say(spoken_text("goodbye", locale), locale), HangUp()
    return (
        _languages(line, place.turn + 1)
        if place.step == "language"
        else _menu(line, locale, place.turn + 1),
    )


def _languages(line: HotlineSettings, turn: int) -> Ask:
    says = tuple(
        Say(spoken_text("language", locale, key=at + 1), locale)
        for at, locale in enumerate(line.locales)
    )
    return Ask(says, DialogueStep("language", None, turn))


def _menu(line: HotlineSettings, locale: Locale, turn: int) -> Ask:
    words = ("menu", "desk") if line.dial else ("menu",)
    return Ask(
        tuple(Say(spoken_text(word, locale), locale) for word in words),
        DialogueStep("menu", locale, turn),
    )


def _report(locale: Locale) -> Script:
    return Say(spoken_text("report", locale), locale), Record(
        DialogueStep("recorded", locale), locale
    )


def _thanks(heard: StepResult, locale: Locale) -> Say:
    if not heard.recorded:
        return Say(spoken_text("unheard", locale), locale)
    return Say(
        spoken_text("thanks", locale, number=spell_number(heard.number))
        if heard.number
        else spoken_text("recorded", locale),
        locale,
    )


def _standing(locale: Locale, heard: StepResult) -> Say:
    if not heard.number:
        return Say(spoken_text("none", locale), locale)
    return Say(
        spoken_text("standing", locale, number=spell_number(heard.number), state=heard.state),
        locale,
    )
