"""Calendars and policies are read from the configuration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import holidays
import msgspec
import pytest

from gateway.errors import Misconfigured
from gateway.escalation.inspection import configuration_notes
from gateway.settings import load
from gateway.sla import public_days
from gateway.sla.calendars import read_calendars
from gateway.sla.policies import read_policies
from gateway.sla.public_days import COUNTRIES
from gateway.timing.durations import WorkingTime, parse_working_time
from tests.sla.offices import a_calendar, a_section
from tests.sla.stories import SETTINGS, minute


def loaded(tmp_path: Path, text: str) -> Misconfigured:
    (tmp_path / "gateway.toml").write_text(text)
    with pytest.raises(Misconfigured) as refused:
        read_policies(load(tmp_path / "gateway.toml", {}).sla)
    return refused.value


def test_all_flaws_of_calendars_and_policies_are_reported_at_once(tmp_path: Path) -> None:
    error = loaded(
        tmp_path,
        """
        [sla.policies.itil-minutes]
        calendar = "lunar"
        [sla.policies.itil-minutes.targets.1]
        desk = "0s"
        [sla.calendars.24x7]
        zone = "UTC"
        hours = { mon = ["09:00-12:00"] }
        [sla.calendars.moon]
        zone = "Moon/Tranquility"
        closed = ["2026-12-31"]
        open = [2026-12-31]
        hours = { mon = [], tue = [] }
        [sla.calendars.twice]
        zone = "UTC"
        hours = { mon = ["09:00-12:00", "11:00-13:00"] }
        """,
    )
    assert [flaw.pointer for flaw in error.flaws] == [
        "/sla/calendars/24x7",
        "/sla/calendars/moon/zone",
        "/sla/calendars/moon/hours",
        "/sla/calendars/moon/open",
        "/sla/calendars/twice/hours/mon",
        "/sla/policies/itil-minutes/calendar",
        "/sla/policies/itil-minutes/targets/1/desk",
    ]


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ('closed = ["2026-02-30"]', "/sla/calendars/cn-office/closed/0"),
        ("colour = 3", "/sla/calendars/cn-office/colour"),
    ],
)
def test_invalid_calendar_is_refused_with_pointer(tmp_path: Path, line: str, pointer: str) -> None:
    error = loaded(tmp_path, f"[sla.calendars.cn-office]\n{line}\n")
    assert any(flaw.pointer.startswith(pointer) for flaw in error.flaws), error.flaws


def test_unknown_holiday_country_is_flaw_and_known_subdivision_is_not() -> None:
    sections = {
        name: a_section(holidays=name) for name in ("CN", "DE-BY", "XX", "DE-XX", "DE-", "")
    }
    wrong = [flaw.pointer for flaw in read_calendars(sections)[1]]
    assert wrong == [f"/sla/calendars/{name}/holidays" for name in ("XX", "DE-XX", "DE-")]


def test_known_countries_match_holidays_library() -> None:
    assert {code for code in holidays.list_supported_countries() if len(code) == 2} == COUNTRIES


def test_calendar_version_changes_only_with_content() -> None:
    assert a_calendar().version == a_calendar().version
    assert (
        len(
            {
                a_calendar().version,
                a_calendar("Asia/Tokyo").version,
                a_calendar(closed=["2026-12-31"]).version,
            }
        )
        == 3
    )


@pytest.mark.parametrize(
    ("text", "plain", "days"),
    [
        ("48h", timedelta(hours=48), 0),
        ("2wd", timedelta(), 2),
        ("1.5wd30m", timedelta(minutes=30), 1.5),
    ],
)
def test_promise_may_name_working_days(text: str, plain: timedelta, days: float) -> None:
    promised = parse_working_time(text)
    assert (promised + timedelta(), promised.working_days) == (plain, days)


@pytest.mark.parametrize("text", ["wd", "twowd", "2wd3", "2wdwd", "-1wd", "", "2 wd"])
def test_invalid_promise_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_working_time(text)


def test_working_day_promises_use_calendar_hours_and_close_in_working_time() -> None:
    shipped = SETTINGS.sla.policies["itil-minutes"]
    two_days = WorkingTime(0)
    two_days.working_days = 2
    office = msgspec.structs.replace(shipped, calendar="cn-office", auto_close_after=two_days)
    policy = read_policies(
        msgspec.structs.replace(
            SETTINGS.sla, policies={**SETTINGS.sla.policies, "itil-minutes": office}
        )
    )["itil-minutes"]
    assert policy.auto_close_after == timedelta(hours=15)
    assert policy.auto_close_in.add(minute(0), policy.auto_close_after) > minute(0) + timedelta(
        hours=37
    )
    assert read_policies(SETTINGS.sla)["itil-minutes"].auto_close_in.add(
        minute(0), timedelta(hours=48)
    ) == minute(48 * 60)


def test_flawed_calendar_is_left_out() -> None:
    calendars, flaws = read_calendars({"bad": a_section("Moon/Tranquility"), "good": a_section()})
    assert (sorted(calendars), len(flaws)) == (["24x7", "good"], 1)


def test_notes_name_years_without_published_holidays() -> None:
    assert configuration_notes(SETTINGS, datetime(2025, 6, 1, tzinfo=UTC)) == []
    notes = configuration_notes(SETTINGS, datetime(2048, 6, 1, tzinfo=UTC))
    assert [note.partition(":")[0] for note in notes] == [
        "calendar cn-office",
        "calendar cn-office",
    ]
    broken = msgspec.structs.replace(SETTINGS.sla, calendars={"bad": a_section(holidays="XX")})
    with pytest.raises(Misconfigured):
        configuration_notes(msgspec.structs.replace(SETTINGS, sla=broken), minute(0))


def test_holiday_loading_skips_unknown_countries() -> None:
    public_days.load(["CN", "DE-BY", "XX", "DE-XX", ""])
    assert public_days.public_days("CN", 2026).off
