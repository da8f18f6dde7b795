"""Calendars of other programs are read: their zones, recurrences and peculiarities."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed, TooLarge
from gateway.oncall.ical.reading import (
    MOST_EVENTS,
    CalendarContent,
    CalendarEvent,
    CalendarReader,
    read_calendar,
)

CALENDARS = Path(__file__).parent / "calendars"
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
ANN = CalendarReader("Asia/Shanghai", "ann@example.com")


def read(text: str | bytes, reader: CalendarReader = ANN) -> CalendarContent:
    body = text if isinstance(text, bytes) else text.encode()
    return read_calendar(body, reader, SINCE, UNTIL)


def calendar(*events: str, before: str = "") -> str:
    """Return a calendar of these events, each the lines between BEGIN and END."""
    whole = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{before}{whole}END:VCALENDAR\r\n"


def event(*lines: str, uid: str = "1", start: str = ":20261201T090000Z", end: str = "") -> str:
    times = (f"DTSTART{start}", f"DTEND{end}") if end else (f"DTSTART{start}", "DURATION:PT9H")
    return "\r\n".join((f"UID:{uid}", *times, *lines))


def times(content: CalendarContent) -> list[str]:
    return [f"{one.starts_at:%m-%d %H:%M}/{one.ends_at:%m-%d %H:%M}" for one in content.events]


def vendor(name: str, reader: CalendarReader = ANN) -> dict[str, list[CalendarEvent]]:
    """Return the events of a file by their titles."""
    content = read((CALENDARS / f"{name}.ics").read_bytes(), reader)
    assert content.unreadable == 0
    found: dict[str, list[CalendarEvent]] = {}
    for one in content.events:
        found.setdefault(one.title, []).append(one)
    return found


def spans(events: list[CalendarEvent]) -> list[tuple[str, str]]:
    return [(f"{e.starts_at:%Y-%m-%dT%H:%M}", f"{e.ends_at:%Y-%m-%dT%H:%M}") for e in events]


def test_outlook_calendar_recurs_by_windows_zone_with_exceptions() -> None:
    found = vendor("outlook", CalendarReader("Europe/Berlin"))
    assert spans(found["Urlaub"]) == [("2027-03-14T23:00", "2027-03-19T23:00")]
    # Summer time begins on 28 March; 25 March is left out, 8 April was moved to the 9th.
    assert spans(found["Berufsschule"]) == [
        ("2027-03-18T09:00", "2027-03-18T16:00"),
        ("2027-04-01T08:00", "2027-04-01T15:00"),
        ("2027-04-09T10:00", "2027-04-09T17:00"),
    ]
    assert [one.private for one in found["Berufsschule"]] == [True] * 3
    assert [one.busy for one in (found["Urlaub"] + found["Home office"])] == [True, False]


def test_google_calendar_has_declined_free_and_floating_events() -> None:
    found = vendor("google")
    assert spans(found["Out of office"]) == [("2026-12-23T16:00", "2026-12-26T16:00")]
    assert found["Out of office"][0].busy
    declined = found["Workshop, second part"][0]
    assert (declined.busy, declined.attendees) == (False, ("ann@example.com", "bob@example.com"))
    assert not found["Birthday of Bob"][0].busy
    # X-WR-TIMEZONE is Berlin, wherever Ann lives.
    assert spans(found["Dentist"]) == [("2026-12-10T07:00", "2026-12-10T11:00")]
    bob = vendor("google", CalendarReader("Asia/Shanghai", "bob@example.com"))
    assert bob["Workshop, second part"][0].busy


def test_feishu_calendar_leaves_cancelled_time_of_series_out() -> None:
    found = vendor("feishu")
    assert spans(found["年假（全天）"]) == [("2026-12-01T01:00", "2026-12-01T10:00")]
    assert [(one.starts_at.day, one.busy) for one in found["培训"]] == [
        (3, True),
        (4, False),
        (5, True),
    ]


@pytest.mark.parametrize("name", ["wecom", "exchange"])
def test_zones_with_names_of_their_own_are_read(name: str) -> None:
    found = vendor(name, CalendarReader("Asia/Shanghai"))
    assert all(one.starts_at.hour == 1 and one.ends_at.hour == 10 for [one] in found.values())
    assert list(found) == {"wecom": ["事假"], "exchange": ["调休", "出差", "病假"]}[name]


def test_zone_defined_by_one_file_is_not_that_of_next_file() -> None:
    offset = (
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\n"
        "DTSTART:19700101T000000\r\nTZOFFSETFROM:{0}\r\nTZOFFSETTO:{0}\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    own = event(start=";TZID=Customized Time Zone:20261201T090000")
    assert times(read(calendar(own, before=offset.format("+0900")))) == ["12-01 00:00/12-01 09:00"]
    assert times(read(calendar(own, before=offset.format("+0100")))) == ["12-01 08:00/12-01 17:00"]


def test_iana_zone_cannot_be_defined_otherwise_by_file() -> None:
    lie = (
        "BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:-1100\r\nTZOFFSETTO:-1100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    content = read(calendar(event(start=";TZID=Asia/Tokyo:20261201T090000"), before=lie))
    assert times(content) == ["12-01 00:00/12-01 09:00"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (":20261201T090000", "12-01 01:00/12-01 10:00"),
        (";TZID=Nowhere/Land:20261201T090000", "12-01 01:00/12-01 10:00"),
        (";TZID=/citadel.org/20190101_1/Europe/Berlin:20261201T090000", "12-01 08:00/12-01 17:00"),
    ],
)
def test_times_without_known_zone_are_those_of_reader(start: str, expected: str) -> None:
    assert times(read(calendar(event(start=start)))) == [expected]


def test_whole_day_without_end_is_one_day_in_zone_of_reader() -> None:
    whole = calendar("UID:1\r\nDTSTART;VALUE=DATE:20261201")
    assert times(read(whole)) == ["11-30 16:00/12-01 16:00"]
    assert times(read(whole, CalendarReader("America/New_York"))) == ["12-01 05:00/12-02 05:00"]


def test_whole_day_begins_after_midnight_that_does_not_exist() -> None:
    beirut = CalendarReader("Asia/Beirut")
    content = read(calendar("UID:1\r\nDTSTART;VALUE=DATE:20270328"), beirut)
    assert times(content) == ["03-27 22:00/03-28 21:00"]


def test_utc_series_recurs_on_wall_clock_only_if_calendar_names_zone() -> None:
    weekly = event("RRULE:FREQ=WEEKLY;COUNT=2", start=":20270324T090000Z")
    assert [one[6:11] for one in times(read(calendar(weekly)))] == ["09:00", "09:00"]
    named = calendar(weekly, before="X-WR-TIMEZONE:Europe/Berlin\r\n")
    assert [one[6:11] for one in times(read(named))] == ["09:00", "08:00"]
    unknown = calendar(weekly, before="X-WR-TIMEZONE:Nowhere/Land\r\n")
    assert [one[6:11] for one in times(read(unknown))] == ["09:00", "09:00"]


@pytest.mark.parametrize(
    "broken",
    [
        "UID:2",
        "UID:2\r\nDTSTART:2026-12-01",
        "UID:2\r\nDTSTART;VALUE=DATE:20261201\r\nDTEND:20261202T000000Z",
        event("RRULE:FREQ=NEVER", uid="2"),
        event("RRULE:FREQ=SECONDLY", uid="2", start=":20000101T000000Z"),
        event("RRULE:FREQ=MINUTELY;COUNT=5", uid="2"),
    ],
)
def test_event_that_cannot_be_read_is_left_out_and_counted(broken: str) -> None:
    content = read(calendar(broken, event()))
    assert (content.unreadable, times(content)) == (1, ["12-01 09:00/12-01 18:00"])
    assert content.uids == {"1", "2"}


def test_line_that_is_no_property_spoils_nothing() -> None:
    assert times(read(calendar(event("this is no line")))) == ["12-01 09:00/12-01 18:00"]


def test_cancellation_has_uids_and_no_events() -> None:
    content = read(calendar(event(), before="METHOD:CANCEL\r\n"))
    assert not content.events
    assert content.uids == {"1"}


def test_event_without_or_with_long_uid_has_one_that_stays() -> None:
    nameless = read(calendar(event().removeprefix("UID:1\r\n")))
    assert nameless == read(calendar(event().removeprefix("UID:1\r\n")))
    long = read(calendar(event(uid="x" * 300)))
    for content in (nameless, long):
        assert all(uid.startswith("sha256-") and len(uid) == 71 for uid in content.uids)


def test_control_characters_that_databases_refuse_are_taken_out() -> None:
    content = read(calendar(event("SUMMARY:a\x00b", uid="x\x00y\x1f")))
    assert content.uids == {"xy"}
    assert content.events[0].title == "a b"


def test_only_events_of_period_are_returned_with_bounds_that_databases_keep() -> None:
    content = read(
        calendar(
            event(uid="before", start=":20261031T000000Z", end=":20261101T000000Z"),
            event(uid="after", start=":20271201T000000Z"),
            event(uid="empty", start=":20261201T000000Z", end=":20261201T000000Z"),
            event(uid="endless", start=":00010101T000000Z", end=":99991231T000000Z"),
        )
    )
    assert [(one.uid, one.starts_at.year, one.ends_at.year) for one in content.events] == [
        ("endless", 1970, 2200)
    ]
    assert content.uids == {"before", "after", "empty", "endless"}


def test_title_is_one_short_line() -> None:
    content = read(calendar(event(f"SUMMARY:a\\nb{'x' * 300}")))
    assert content.events[0].title == "a b" + "x" * 197


def test_first_of_two_titles_counts() -> None:
    assert read(calendar(event("SUMMARY:one", "SUMMARY:two"))).events[0].title == "one"


def test_text_is_utf_8_with_or_without_mark_or_gb_18030() -> None:
    whole = calendar(event("SUMMARY:年假"))
    for body in (whole.encode(), b"\xef\xbb\xbf" + whole.encode(), whole.encode("gb18030")):
        assert read(body).events[0].title == "年假"


def test_several_calendars_in_one_file_are_all_read() -> None:
    both = calendar(event()) + calendar(event(uid="2"))
    assert read(both).uids == {"1", "2"}


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"BEGIN:VCALENDAR", b"BEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\n", b"\x00\xff"],
)
def test_file_that_is_no_calendar_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="iCalendar"):
        read(body)


def test_number_of_events_and_of_their_times_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge, match="5,000 events"):
        read(b"begin:vevent\n" * (MOST_EVENTS + 1))
    monkeypatch.setattr("gateway.oncall.ical.reading.MOST_OCCURRENCES", 5)
    read(calendar(event("RRULE:FREQ=DAILY;COUNT=5")))
    with pytest.raises(TooLarge, match="5 times"):
        read(calendar(event("RRULE:FREQ=DAILY;COUNT=6")))


SCRAPS = (
    *("BEGIN", "END", ":", "\r\n", "VEVENT", "VCALENDAR", "DTSTART", "VTIMEZONE"),
    *("RRULE:FREQ=DAILY", ";TZID=", "2026", "\x00", "é"),
)


@given(st.lists(st.sampled_from(SCRAPS)))
def test_garbage_is_malformed_and_nothing_else(parts: list[str]) -> None:
    try:
        content = read("BEGIN:VCALENDAR\r\n" + "".join(parts) + "\r\nEND:VCALENDAR\r\n")
    except (Malformed, TooLarge):
        return
    assert all(one.ends_at - one.starts_at > timedelta(0) for one in content.events)
