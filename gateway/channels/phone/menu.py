"""The menu of a hotline: from a step of the dialogue and the pressed key to a script. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from gateway.channels.phone.script import Ask, Dial, HangUp, Place, Record, Say, Script
from gateway.channels.phone.words import said, spelt
from gateway.incidents.labels import Locale
from gateway.settings import Hotline, Phone
from gateway.vocabulary import Impact, Urgency

MOST_TURNS = 3
"""The number of times a caller who presses nothing is asked."""


class Wish(StrEnum):
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
class Line:
    """A number that is called, with its settings."""

    service: str
    impact: Impact
    urgency: Urgency
    locales: tuple[Locale, ...]
    menu: bool
    dial: str
    hotline: bool


def line_of(phone: Phone, called: str) -> Line:
    """Return the line of a number; one that is no hotline gets the general settings."""
    own = phone.hotlines.get(called)
    given = own or Hotline()
    return Line(
        given.service or phone.service,
        given.impact or phone.impact,
        given.urgency or phone.urgency,
        given.locales or phone.locales,
        phone.menu if given.menu is None else given.menu,
        given.dial,
        hotline=own is not None or not phone.hotlines,
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """The result of the caller's last step.

    It holds the number and state of their record if they have one, and says whether anything was
    recorded and whether a person answered.
    """

    number: str = ""
    state: str = ""
    recorded: bool = False
    answered: bool = False


KEYS = {"1": Wish.REPORT, "2": Wish.STANDING, "9": Wish.MENU}


def wish(place: Place, key: str, line: Line) -> tuple[Wish, Locale]:
    """Return the caller's choice and their language."""
    locale = place.locale or line.locales[0]
    match place.step:
        case "recorded":
            return Wish.THANKS, locale
        case "dialled":
            return Wish.DONE, locale
        case "language":
            chosen = dict(zip("123456789", line.locales, strict=False)).get(key)
            return (Wish.AGAIN, locale) if chosen is None else (_first(line), chosen)
        case "menu":
            return (Wish.DESK if key == "0" and line.dial else KEYS.get(key, Wish.AGAIN)), locale
        case _:
            return (Wish.LANGUAGE if len(line.locales) > 1 else _first(line)), locale


def _first(line: Line) -> Wish:
    return Wish.MENU if line.menu else Wish.REPORT


def answer(place: Place, wanted: Wish, locale: Locale, line: Line, heard: Heard) -> Script:  # noqa: PLR0911 - one arm for each choice
    """Return the script that the caller hears next."""
    match wanted:
        case Wish.AGAIN:
            return _again(place, line, locale)
        case Wish.LANGUAGE:
            return (_languages(line, 0),)
        case Wish.REPORT:
            return _report(locale)
        case Wish.STANDING:
            return _standing(locale, heard), _menu(line, locale, 1)
        case Wish.DESK:
            return (Dial(line.dial, Place("dialled", locale)),)
        case Wish.THANKS:
            return _thanks(heard, locale), HangUp()
        case Wish.DONE:
            return (HangUp(),) if heard.answered else (Say(said("busy", locale), locale), *_report(locale))
        case Wish.MENU:
            return (_menu(line, locale, 0),)
        case _:
            assert_never(wanted)


def sorry(locales: tuple[Locale, ...]) -> Script:
    """Return an apology for a call that cannot be handled, so that nobody believes it was."""
    return (*(Say(said("sorry", locale), locale) for locale in locales), HangUp())


def _again(place: Place, line: Line, locale: Locale) -> Script:
    if place.turn + 1 >= MOST_TURNS:
        return Say(said("goodbye", locale), locale), HangUp()
    return (_languages(line, place.turn + 1) if place.step == "language" else _menu(line, locale, place.turn + 1),)


def _languages(line: Line, turn: int) -> Ask:
    says = tuple(Say(said("language", locale, key=at + 1), locale) for at, locale in enumerate(line.locales))
    return Ask(says, Place("language", None, turn))


def _menu(line: Line, locale: Locale, turn: int) -> Ask:
    words = ("menu", "desk") if line.dial else ("menu",)
    return Ask(tuple(Say(said(word, locale), locale) for word in words), Place("menu", locale, turn))


def _report(locale: Locale) -> Script:
    return Say(said("report", locale), locale), Record(Place("recorded", locale), locale)


def _thanks(heard: Heard, locale: Locale) -> Say:
    if not heard.recorded:
        return Say(said("unheard", locale), locale)
    return Say(said("thanks", locale, number=spelt(heard.number)) if heard.number else said("recorded", locale), locale)


def _standing(locale: Locale, heard: Heard) -> Say:
    if not heard.number:
        return Say(said("none", locale), locale)
    return Say(said("standing", locale, number=spelt(heard.number), state=heard.state), locale)
