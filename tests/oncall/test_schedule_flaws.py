"""Every flaw of a schedule is found, with its place."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from gateway.oncall.schedule import Layer, Restriction, Schedule, Unit
from gateway.oncall.schedule_flaws import flaws

KNOWN = {"ann", "bob"}
ZONES = {"UTC", "Europe/Berlin"}
GOOD = Layer(name="first", starts_on=date(2026, 3, 2), turns=(("ann",), ("bob",)))
WEEKEND = Restriction(weekdays=frozenset({5, 6}), starts=time(9), ends=time(17))


def pointers(*layers: Layer, zone: str = "UTC") -> list[str]:
    schedule = Schedule(slug="web", name="Web", zone=zone, layers=layers)
    return [one.pointer for one in flaws(schedule, KNOWN, ZONES)]


def test_good_schedule_has_no_flaw() -> None:
    limited = replace(
        GOOD,
        name="second",
        zone="Europe/Berlin",
        weekday=0,
        restrictions=(WEEKEND,),
        counted_from=date(2025, 1, 6),
        ends_on=date(2026, 6, 1),
    )
    assert pointers(GOOD, limited, replace(limited, name="third", ends_on=None)) == []
    assert pointers() == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"zone": "Mars/Base"}, ["/zone"]),
        ({"turns": ()}, ["/turns"]),
        ({"turns": (("ann",), ())}, ["/turns/1"]),
        ({"turns": (("ann", "zoe", "ann"),)}, ["/turns/0/1", "/turns/0/2"]),
        ({"length": 0}, ["/length"]),
        ({"length": 13}, ["/length"]),
        ({"unit": Unit.DAYS, "weekday": 1}, ["/weekday"]),
        ({"starts_on": date(1, 1, 1)}, ["/starts_on"]),
        ({"counted_from": date(9999, 12, 31)}, ["/counted_from"]),
        ({"ends_on": date(2026, 3, 2)}, ["/ends_on"]),
        ({"restrictions": (replace(WEEKEND, weekdays=frozenset()),)}, ["/restrictions/0/weekdays"]),
        ({"restrictions": (WEEKEND,), "ends_on": date(2026, 3, 6)}, ["/restrictions"]),
    ],
)
def test_flaw_of_a_layer_is_found_with_its_place(changes: dict[str, Any], found: list[str]) -> None:
    assert pointers(replace(GOOD, **changes)) == [f"/layers/0{one}" for one in found]


def test_all_flaws_are_found_at_once() -> None:
    second = replace(GOOD, turns=(), length=0, ends_on=date(2026, 3, 1), restrictions=(WEEKEND,))
    assert pointers(GOOD, second, zone="Mars") == [
        "/zone",
        "/layers/1/name",
        "/layers/1/turns",
        "/layers/1/length",
        "/layers/1/ends_on",
    ]
