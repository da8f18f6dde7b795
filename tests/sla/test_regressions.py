"""Faults that other trackers are known to have had, one story each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.incidents.ledger import ClockEvent, Ledger, LedgerEntry
from gateway.sla.calendar import Calendar
from gateway.sla.clocks import ClockReading, ClockState, read_clocks
from gateway.sla.policy import Policy
from gateway.sla.thresholds import threshold_state
from tests.sla.offices import ALL_DAY, CN_OFFICE, a_calendar
from tests.sla.stories import SHORT, after, ledger_of, policy_of

HOUR = 3_600
TEN_HOURS = policy_of(
    {p: {"response": 2 * HOUR, "tier2": 5 * HOUR, "overall": 10 * HOUR} for p in (1, 2)}
)


def utc(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def beijing(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return utc(month, day, hour, minute) - timedelta(hours=8)


def told(*entries: tuple[datetime, str]) -> Ledger:
    return tuple(
        LedgerEntry(at, ClockEvent(event), priority=1 if event == "record" else None)
        for at, event in entries
    )


def in_(calendar: Calendar) -> Policy:
    return replace(TEN_HOURS, calendar=calendar)


def clock(policy: Policy, ledger: Ledger, at: datetime, name: str = "overall") -> ClockReading:
    return next(reading for reading in read_clocks(policy, ledger, at) if reading.name == name)


def test_pause_survives_priority_change() -> None:
    ledger = ledger_of(
        [(0, "record", 2), (10, "hold", None), (20, "set_priority", 1), (500, "resume", None)]
    )
    assert clock(SHORT, ledger[:3], after(400)).state is ClockState.PAUSED
    assert clock(SHORT, ledger, after(510)).elapsed == timedelta(seconds=20)
    assert clock(SHORT, ledger, after(510)).due_at == after(10 + 490 + 110)


def test_weekend_inside_pause_is_not_counted_twice() -> None:
    friday, monday = beijing(3, 6, 17), beijing(3, 9, 10)
    over = told((friday, "record"), (beijing(3, 6, 17, 30), "hold"), (monday, "resume"))
    assert clock(in_(CN_OFFICE), over, monday).elapsed == timedelta(minutes=30)
    assert clock(in_(CN_OFFICE), over, beijing(3, 9, 11)).elapsed == timedelta(minutes=90)
    inside = told((friday, "record"), (beijing(3, 7, 8), "hold"), (beijing(3, 8, 20), "resume"))
    assert (
        clock(in_(CN_OFFICE), inside, monday).elapsed
        == clock(in_(CN_OFFICE), inside[:1], monday).elapsed
        == timedelta(hours=2)
    )


def test_clock_not_begun_is_never_breached() -> None:
    waiting = clock(TEN_HOURS, told((after(0), "record")), after(100 * HOUR), "tier2")
    assert (waiting.state, waiting.due_at, waiting.breached_at) == (ClockState.PENDING, None, None)
    begun = told((after(0), "record"), (after(99 * HOUR), "assign"))
    assert clock(TEN_HOURS, begun, after(100 * HOUR), "tier2").breached_at is None


def test_deadline_at_closing_time_is_not_moved_to_next_morning() -> None:
    assert clock(
        in_(CN_OFFICE), told((beijing(3, 2, 16), "record")), beijing(3, 2, 16), "response"
    ).due_at == beijing(3, 2, 18)


def test_reminder_at_midnight_is_due_once_at_midnight() -> None:
    night = in_(a_calendar("Asia/Shanghai", ALL_DAY))
    ledger = told((beijing(3, 2, 19), "record"))

    def next_due(at: datetime) -> datetime | None:
        return threshold_state(night, ledger, at).next_due

    assert next_due(beijing(3, 2, 23)) == beijing(3, 3, 0)  # half of 10 h
    assert next_due(beijing(3, 3, 0)) == beijing(3, 3, 2, 30)
    assert next_due(beijing(3, 3, 0) - timedelta(microseconds=1)) == beijing(3, 3, 0)


def test_first_response_is_not_replaced_by_later_acceptance() -> None:
    ledger = ledger_of(
        [
            (0, "record", 1),
            (10, "accept", None),
            (15, "set_priority", 2),
            (300, "accept", None),
            (400, "resolve", None),
        ]
    )
    response = clock(SHORT, ledger, after(900), "response")
    assert (response.state, response.elapsed, response.target) == (
        ClockState.MET,
        timedelta(seconds=10),
        timedelta(seconds=20),
    )


@pytest.mark.parametrize(
    ("recorded", "due"),
    [
        (beijing(1, 1, 9), beijing(1, 5, 11, 30)),  # Sunday the 4th is worked for Friday the 2nd
        (
            beijing(2, 13, 17),
            beijing(2, 24, 10, 30),
        ),  # Saturday the 14th is worked, then Spring Festival to the 23rd
        (
            beijing(2, 27, 16),
            beijing(3, 2, 9, 30),
        ),  # Saturday the 28th is worked, Sunday the 1st is not
        (
            beijing(9, 18, 18),
            beijing(9, 21, 11, 30),
        ),  # Sunday the 20th is worked for the National Day week
        (beijing(9, 30, 18), beijing(10, 9, 11, 30)),  # the week from the 1st to the 7th is off
    ],
)
def test_deadline_skips_chinese_holidays_and_counts_make_up_days(
    recorded: datetime, due: datetime
) -> None:
    assert clock(in_(CN_OFFICE), told((recorded, "record")), recorded).due_at == due


@pytest.mark.parametrize(
    ("zone", "recorded", "due"),
    [
        # 10 h from 20:00 on the wall clock, in a week without a closed hour: the wall
        # clock skips, repeats, or leaps a day.
        ("America/New_York", utc(3, 8, 1), utc(3, 8, 11)),
        ("America/New_York", utc(11, 1, 0), utc(11, 1, 10)),
        ("Australia/Lord_Howe", utc(10, 3, 9, 30), utc(10, 3, 19, 30)),
        ("Pacific/Apia", utc(12, 30, 6, year=2011), utc(12, 30, 16, year=2011)),
    ],
)
def test_clock_change_does_not_move_deadline_of_all_day_calendar(
    zone: str, recorded: datetime, due: datetime
) -> None:
    always = in_(a_calendar(zone, ALL_DAY))
    assert clock(always, told((recorded, "record")), recorded).due_at == due


NIGHT = {day: ["20:00-06:00"] for day in ALL_DAY}


@pytest.mark.parametrize(
    ("zone", "recorded", "due"),
    [
        (
            "America/New_York",
            utc(3, 8, 1),
            utc(3, 9, 1),
        ),  # 20:00; nine hours that night, the tenth ends 21:00 the next
        (
            "America/New_York",
            utc(11, 1, 0),
            utc(11, 1, 10),
        ),  # 20:00; eleven hours that night, the tenth ends at 05:00
        (
            "Australia/Lord_Howe",
            utc(10, 3, 9, 30),
            utc(10, 4, 9, 30),
        ),  # nine and a half hours, the rest to 20:30
        ("Australia/Lord_Howe", utc(4, 4, 9), utc(4, 4, 19)),  # ten and a half hours
        (
            "Pacific/Apia",
            utc(12, 30, 6, year=2011),
            utc(12, 30, 16, year=2011),
        ),  # Thursday 20:00 to Saturday 06:00
    ],
)
def test_night_shift_has_actual_length_across_clock_change(
    zone: str, recorded: datetime, due: datetime
) -> None:
    assert clock(in_(a_calendar(zone, NIGHT)), told((recorded, "record")), recorded).due_at == due
