"""The routes of absences and calendars."""

from gateway.access.permissions import Action
from gateway.api.oncall import absences, calendars, coverage, feeds
from gateway.api.oncall.routes import SCHEDULE
from gateway.api.route import CACHED, NO_KEY, PERSON, READ, V1, WRITE, Route
from gateway.api.typed_handler import with_body, with_query, without_body

CALENDAR_FILE = "text/calendar"


def calendar_routes() -> tuple[Route, ...]:
    """Return the routes of absences and calendars."""
    return (
        *_absences(PERSON, "a person's", "a person", own=False),
        *_absences(V1 + "/me", "your own", "your own", own=True),
        *_own_calendar(),
        *_feeds(),
        *_of_schedule(),
    )


def _absences(base: str, whose: str, owner: str, *, own: bool) -> tuple[Route, ...]:
    """Return the routes of absences below one path; `whose` and `owner` name the person."""
    path, one, each = base + "/absences", absences.AbsenceView, base + "/absences/{id:[0-9]{1,18}}"
    seen, managed = (None, None) if own else (Action.DIRECTORY, Action.PLAN_SHIFTS)
    return (
        Route("GET", path, with_query(absences.list_absences, absences.AbsenceQuery), READ,
              f"List {whose} absences", absences.AbsenceList, needs=seen),
        Route("POST", path, with_body(absences.enter_absence, absences.AbsenceToEnter), WRITE,
              f"Create an absence of {owner}", one, status=201, needs=managed),
        Route("DELETE", each, without_body(absences.delete_absence), WRITE,
              f"Delete an absence of {owner}", status=204, needs=managed),
        Route("POST", path + "/import", with_query(absences.import_absences, absences.ImportQuery),
              WRITE, f"Import {whose} absences from a calendar file", absences.ImportedFile,
              needs=managed, streams=True, file_type=CALENDAR_FILE),
    )  # fmt: skip


def _own_calendar() -> tuple[Route, ...]:
    path, one = V1 + "/me/calendar", calendars.CalendarView
    return (
        Route("GET", path, without_body(calendars.read_own_calendar), READ,
              "Read your calendar of absences", one),
        Route("PUT", path, with_body(calendars.put_own_calendar, calendars.CalendarToRead), WRITE,
              "Set your calendar of absences", one),
        Route("DELETE", path, without_body(calendars.delete_own_calendar), WRITE,
              "Remove your calendar of absences", status=204),
    )  # fmt: skip


def _feeds() -> tuple[Route, ...]:
    own, one, seen = V1 + "/me/calendar-feed", feeds.FeedView, Action.DIRECTORY
    schedule = SCHEDULE + "/feed"
    return (
        Route("GET", own, without_body(feeds.read_own_feed), READ,
              "Read the address of your calendar of shifts", one),
        Route("POST", own, without_body(feeds.renew_own_feed), WRITE,
              "Create a new address of your calendar of shifts", one, status=201),
        Route("DELETE", own, without_body(feeds.revoke_own_feed), WRITE,
              "Revoke the address of your calendar of shifts", status=204),
        Route("GET", schedule, without_body(feeds.read_schedule_feed), READ,
              "Read the address of a schedule's calendar", one, needs=seen),
        Route("POST", schedule, without_body(feeds.renew_schedule_feed), WRITE,
              "Create a new address of a schedule's calendar", one, status=201, needs=seen),
        Route("DELETE", schedule, without_body(feeds.revoke_schedule_feed), WRITE,
              "Revoke the address of a schedule's calendar", status=204, needs=seen),
        Route("GET", "/calendar/{token:[A-Za-z0-9._-]{1,128}}.ics", without_body(feeds.read_feed),
              NO_KEY, "Download a calendar of shifts by its signed address", headers=CACHED),
    )  # fmt: skip


def _of_schedule() -> tuple[Route, ...]:
    seen, query = Action.DIRECTORY, coverage.FairnessQuery
    return (
        Route("GET", SCHEDULE + "/coverage", without_body(coverage.read_coverage), READ,
              "List gaps, double bookings and absences in a schedule", coverage.CoverageView,
              needs=seen),
        Route("GET", SCHEDULE + "/fairness", with_query(coverage.read_fairness, query), READ,
              "Read how the shifts of a schedule are shared", coverage.FairnessView, needs=seen),
    )  # fmt: skip
