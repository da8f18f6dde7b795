"""Public holidays and make-up working days by country, from the library `holidays`.

The library takes most of a second to load, so it is loaded when the first calendar that names a
country is used.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UK UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - 251 quoted codes would be a page
)
"""The countries that the library has, so that a configuration is checked without loading it."""

YEARS = range(2000, 2050)
"""The years searched for make-up days."""


@dataclass(frozen=True, slots=True)
class PublicDays:
    """The public days of one year.

    `off` are holidays and days off in lieu, `worked` the weekend days that are worked instead.
    """

    off: Collection[date]
    worked: Collection[date]


NOTHING = PublicDays(frozenset(), frozenset())


@lru_cache(1024)
def public_days(country: str, year: int) -> PublicDays:
    """Return the public days of that year.

    `country` is one that `known` accepts, or "" for none.
    """
    if not country:
        return NOTHING
    days = _country(country, (year,))
    worked = frozenset(day for day in days.weekend_workdays if day.year == year)
    return PublicDays(frozenset(day for day in days if day.year == year), worked)


def is_published(country: str, year: int) -> bool:
    """Return whether a country that announces make-up days year by year has done so for `year`.

    True for all other countries. The library knows no dates of announcement: a year counts as
    announced once it, or a later one, has a make-up day.
    """
    return year <= _announced_until(country)


@cache
def _announced_until(country: str) -> int:
    worked = _country(country, YEARS).weekend_workdays if country else ()
    return max((day.year for day in worked if day.year in YEARS), default=MAXYEAR)


def is_known_country(country: str) -> bool:
    """Return whether the library has this country ("CN") or part of one ("DE-BY").

    A part needs the library to be loaded.
    """
    code, dash, part = country.partition("-")
    return code in COUNTRIES and (not dash or part in _library().list_supported_countries()[code])


@cache
def edition() -> str:
    """Return the edition of the knowledge: the library's version, read without loading it."""
    return version("holidays")


@cache
def _library() -> Any:
    import holidays  # noqa: PLC0415 - most processes never need it, see above

    return holidays


def load(countries: Collection[str]) -> None:
    """Load the holidays of these countries, which takes up to most of a second.

    Unknown countries are left out.
    """
    for country in countries:
        if is_known_country(country):
            _country(country, ())


def _country(country: str, years: Collection[int]) -> Any:
    code, _, part = country.partition("-")
    return _library().country_holidays(code, subdiv=part or None, years=years)
