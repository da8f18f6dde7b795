"""Public holidays and make-up working days by country, as the library `holidays` knows them.

The library takes most of a second to load, so it is loaded when the first calendar that names a country is used.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import MAXYEAR, date
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

YEARS = range(2000, 2050)
"""Where to look for years whose make-up days are known."""


@dataclass(frozen=True, slots=True)
class PublicDays:
    """One year: `off` are holidays and days off in lieu, `worked` the weekend days that are worked instead."""

    off: Collection[date]
    worked: Collection[date]


NOTHING = PublicDays(frozenset(), frozenset())


@lru_cache(1024)
def public_days(country: str, year: int) -> PublicDays:
    """The days of that year; `country` is one that `known` says yes to, or "" for none."""
    if not country:
        return NOTHING
    days = _country(country, (year,))
    worked = frozenset(day for day in days.weekend_workdays if day.year == year)
    return PublicDays(frozenset(day for day in days if day.year == year), worked)


def published(country: str, year: int) -> bool:
    """Whether a country that announces make-up days year by year has done so for `year`; true for all other countries.

    The library knows no dates of announcement: a year counts as announced once it, or a later one, has a make-up day.
    """
    return year <= _announced_until(country)


@cache
def _announced_until(country: str) -> int:
    announced = [year for year in YEARS if public_days(country, year).worked]
    return announced[-1] if announced else MAXYEAR


def known(country: str) -> bool:
    """Whether the library has this country ("CN") or part of one ("DE-BY"). Loads the library."""
    code, _, part = country.partition("-")
    parts = _library().list_supported_countries().get(code)
    return parts is not None and (not part or part in parts)


def edition() -> str:
    """Names the state of knowledge: the library's version, read without loading it."""
    return version("holidays")


@cache
def _library() -> Any:
    import holidays  # noqa: PLC0415 - most processes never need it, see above

    return holidays


def _country(country: str, years: Collection[int]) -> Any:
    code, _, part = country.partition("-")
    return _library().country_holidays(code, subdiv=part or None, years=years)
