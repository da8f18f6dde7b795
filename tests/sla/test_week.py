"""Working weeks are read from their texts."""

import pytest

from gateway.sla.week import read_span, read_week


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("09:00-12:00", (540, 720)),
        ("00:00-24:00", (0, 1440)),
        ("22:00-24:00", (1320, 1440)),
        ("22:00-06:00", (1320, 1800)),
        ("22:00-00:00", (1320, 1440)),
        ("09:00-09:00", None),
        ("24:00-09:00", None),
        ("09:00-24:01", None),
        ("9:00-12:00", None),
        ("09:00-12:60", None),
        ("09:00 - 12:00", None),
        ("٠٩:00-12:00", None),
        ("", None),
    ],
)
def test_time_span_is_parsed_or_none(text: str, span: tuple[int, int] | None) -> None:
    assert read_span(text) == span


def test_spans_may_touch_and_are_sorted() -> None:
    week, flaws = read_week(
        {"mon": ["13:00-22:00", "06:00-13:00", "22:00-06:00"], "sun": ["22:00-06:00"]}, "/hours"
    )
    assert flaws == []
    assert week.of(0) == ((360, 780), (780, 1320), (1320, 1800))


@pytest.mark.parametrize(
    ("hours", "pointers"),
    [
        ({}, ["/hours"]),
        ({"mon": []}, ["/hours"]),
        (
            {"mon": ["9-12"], "tue": ["10:00-11:00", "nine to five"]},
            ["/hours/mon/0", "/hours/tue/1"],
        ),
        ({"mon": ["09:00-12:00", "11:59-13:00"]}, ["/hours/mon"]),
        ({"mon": ["22:00-06:00"], "tue": ["05:59-12:00"]}, ["/hours/tue"]),
        ({"sun": ["22:00-06:00"], "mon": ["00:00-12:00"]}, ["/hours/mon"]),
    ],
)
def test_every_flaw_of_week_is_reported(hours: dict[str, list[str]], pointers: list[str]) -> None:
    assert [flaw.pointer for flaw in read_week(hours, "/hours")[1]] == pointers


def test_overlap_flaw_names_both_spans() -> None:
    flaw = read_week({"sun": ["22:00-06:00"], "mon": ["00:00-24:00"]}, "")[1][0]
    assert flaw.detail == "00:00-24:00 begins before sun 22:00-06:00 is over"


def test_extra_working_day_uses_monday_hours_at_weekend_else_its_own() -> None:
    week, _ = read_week(
        {"mon": ["09:00-12:00"], "wed": ["10:00-11:00"], "sat": ["08:00-09:00"]}, ""
    )
    assert week.worked(2) == ((600, 660),)
    assert week.worked(5) == week.worked(6) == week.worked(1) == ((540, 720),)
    sunday_to_thursday, _ = read_week({"tue": ["08:00-16:00"], "sun": ["08:00-15:00"]}, "")
    assert sunday_to_thursday.worked(4) == ((480, 960),)
