"""A record shows the latest text of its alert and the worst severity it has had."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.criticality import AdjustedPriority
from gateway.dedup.alert_state import AlertTexts, texts_of_alert
from gateway.dedup.alert_updates import AlertGrading, FiringAlert
from gateway.dedup.steps import TextsChanged
from gateway.escalation.sla_rules import SlaRules
from gateway.incidents.record import Incident
from gateway.vocabulary import Impact, Outcome, Urgency
from tests.sla.stories import SETTINGS, an_incident, ledger_of, minute
from tests.support.clock import NOON, FakeClock
from tests.support.intake import RESOLVED, IntakeHarness, intake_harness, make_alert, settings

GRADING = AlertGrading(
    SETTINGS, SlaRules.from_settings(SETTINGS), lambda priority, _: AdjustedPriority(priority, {})
)
WARNING = AlertTexts("warning", "disk is WARNING", "85 percent used")


def a_record(**fields: object) -> Incident:
    given = {
        "priority": 3,
        "impact": Impact.GROUP,
        "urgency": Urgency.NORMAL,
        "severity": "warning",
    }
    said = {"title": WARNING.title, "description": WARNING.description}
    return an_incident(ledger_of([(0, "record", 3)]), **(given | said | fields))


def changed(
    incident: Incident, words: AlertTexts, before: AlertTexts | None = WARNING
) -> tuple[Incident, list[str]]:
    alert = make_alert(severity=words.severity, title=words.title, description=words.description)
    revision = GRADING.reworded(incident, TextsChanged("generic", alert, before), minute(4))
    return revision.after, [slug for slug, _ in revision.events]


def test_worse_severity_updates_text_and_raises_priority() -> None:
    after, events = changed(
        a_record(), AlertTexts("critical", "disk is CRITICAL", "99 percent used")
    )
    assert (after.severity, after.title, after.description) == (
        "critical",
        "disk is CRITICAL",
        "99 percent used",
    )
    assert after.priority == 1
    assert events == ["changed", "raised"]


def test_milder_severity_updates_text_and_keeps_priority() -> None:
    critical = AlertTexts("critical", "disk is CRITICAL", "99 percent used")
    shown = a_record(
        priority=1, severity="critical", title=critical.title, description=critical.description
    )
    after, events = changed(shown, WARNING, critical)
    assert (after.severity, after.title, after.priority) == ("warning", "disk is WARNING", 1)
    assert events == ["changed", "eased"]


def test_new_text_of_same_severity_keeps_priority() -> None:
    after, events = changed(a_record(), WARNING._replace(description="86 percent used"))
    assert (after.description, after.priority, events) == ("86 percent used", 3, ["changed"])


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (WARNING, ("The database's disk", "call Li first")),
        (WARNING._replace(description=None), ("The database's disk", "99 percent used")),
    ],
)
def test_corrected_text_is_kept_and_severity_follows_sender(
    before: AlertTexts, shown: tuple[str, str]
) -> None:
    corrected = a_record(title="The database's disk", description="call Li first")
    after, _ = changed(
        corrected, AlertTexts("critical", "disk is CRITICAL", "99 percent used"), before
    )
    assert ((after.title, after.description), after.severity) == (shown, "critical")


def a_storm(**fields: object) -> Incident:
    return a_record(storm=True, priority=2, title=f"Alert storm: {WARNING.title}", **fields)


def test_storm_shows_its_worst_alert_and_takes_its_priority() -> None:
    worse = AlertTexts("critical", "core switch is DOWN", "no answer")
    after, events = changed(a_storm(), worse, None)
    assert (after.title, after.severity, after.priority) == (
        "Alert storm: core switch is DOWN",
        "critical",
        1,
    )
    assert events[:2] == ["changed", "raised"]
    milder = AlertTexts("info", "fan is slow", "")
    assert changed(after, milder, None) == (after, [])
    assert changed(after, WARNING, milder) == (after, [])
    assert changed(after, worse._replace(severity="info"), worse) == (after, [])
    fires = [FiringAlert("fan", "generic", "", milder), FiringAlert("disk", "generic", "", WARNING)]
    revision = GRADING.with_worst_alert(after, fires, minute(5))
    assert (revision.after.title, revision.after.severity, revision.after.priority) == (
        a_storm().title,
        "warning",
        1,
    )
    assert [slug for slug, _ in revision.events] == ["changed", "eased"]
    assert GRADING.with_worst_alert(revision.after, fires, minute(6)).events == ()
    assert (
        GRADING.with_worst_alert(
            after, [*fires, FiringAlert("core", "generic", "", worse)], minute(5)
        ).events
        == ()
    )
    assert GRADING.with_worst_alert(after, [], minute(5)).events == ()


def test_renamed_storm_keeps_its_title() -> None:
    named = replace(a_storm(), title="The computing centre is dark")
    after, _ = changed(named, AlertTexts("critical", "core switch is DOWN", "no answer"), None)
    assert (after.title, after.severity) == ("The computing centre is dark", "critical")


@given(st.lists(st.sampled_from(["critical", "error", "warning", "info"]), min_size=1, max_size=12))
def test_priority_is_worst_reported_severity_in_any_order(severities: Sequence[str]) -> None:
    grades = {"critical": 1, "error": 2, "warning": 3, "info": 4}
    incident, before = a_record(), WARNING
    for at, severity in enumerate(severities):
        words = AlertTexts(severity, f"disk is {severity}", str(at))
        incident, _ = changed(incident, words, before)
        before = words
    assert incident.priority == min(3, *(grades[severity] for severity in severities))
    assert (incident.severity, incident.title) == (before.severity, before.title)
    assert texts_of_alert(make_alert(severity="a", title="b", description="c")) == ("a", "b", "c")


RECORD = "SELECT priority, impact, urgency, severity, title, description, occurrences FROM incident"


async def story(intake: IntakeHarness) -> list[str]:
    return [
        row["event"]
        for row in await intake.rows("SELECT event FROM timeline ORDER BY incident_id, seq")
    ]


async def test_warning_that_becomes_critical_raises_incident_and_notifies(
    intake: IntakeHarness,
) -> None:
    opened = await intake.one(title="disk is WARNING", description="85 percent used")
    intake.clock.advance(timedelta(minutes=4))
    again = await intake.one(
        title="disk is CRITICAL", description="99 percent used", severity="critical"
    )
    assert (again.outcome, again.reason, again.incident) == (
        Outcome.REPEATED,
        "open",
        opened.incident,
    )
    (row,) = await intake.rows(RECORD)
    assert (row["priority"], row["impact"], row["urgency"]) == (1, "company", "urgent")
    assert (row["severity"], row["title"], row["description"]) == (
        "critical",
        "disk is CRITICAL",
        "99 percent used",
    )
    alert = await intake.rows("SELECT severity, title, description, occurrences FROM alert")
    assert alert == [
        {
            "severity": "critical",
            "title": "disk is CRITICAL",
            "description": "99 percent used",
            "occurrences": 2,
        }
    ]
    assert await story(intake) == ["opened", "changed", "raised", "management_told"]
    facts = await intake.rows(
        "SELECT facts->>'old' AS old, facts->>'alert' AS alert FROM timeline WHERE event = 'raised'"
    )
    assert facts == [{"old": "3", "alert": "disk"}]
    ledger = await intake.rows(
        "SELECT ledger->-1->>1 AS event, ledger->-1->>4 AS reason FROM incident"
    )
    assert ledger == [{"event": "set_priority", "reason": "raised"}]


@pytest.mark.parametrize("first", ["warning", "critical"])
async def test_identical_repeat_adds_no_timeline_entry(intake: IntakeHarness, first: str) -> None:
    await intake.one(severity=first)
    for _ in range(3):
        await intake.one(severity=first)
    await intake.tell(make_alert(severity=first), make_alert("another"))
    assert await story(intake) == ["opened"] + ["management_told"] * (first == "critical") + [
        "opened"
    ]
    assert await intake.rows("SELECT sum(occurrences)::int AS n FROM alert") == [{"n": 6}]


async def test_severities_of_one_batch_apply_in_order(intake: IntakeHarness) -> None:
    await intake.tell(make_alert(), make_alert(severity="critical"), make_alert(severity="info"))
    (row,) = await intake.rows(RECORD)
    assert (row["priority"], row["severity"]) == (1, "info")
    assert await story(intake) == [
        "opened",
        "changed",
        "raised",
        "changed",
        "eased",
        "management_told",
    ]


async def test_milder_repeat_is_recorded_and_keeps_priority(intake: IntakeHarness) -> None:
    await intake.one(severity="critical")
    await intake.one(severity="warning")
    (row,) = await intake.rows(RECORD)
    assert (row["priority"], row["severity"]) == (1, "warning")
    assert (await story(intake))[-2:] == ["changed", "eased"]
    await intake.one(severity="critical")
    assert (await story(intake))[-1] == "changed"
    assert (await intake.rows(RECORD))[0]["severity"] == "critical"


async def test_manual_priority_holds_until_worse_severity(intake: IntakeHarness) -> None:
    await intake.one(severity="error")
    await intake.conn.execute("UPDATE incident SET priority = 4, marks = '[\"worst:2\"]'")
    await intake.one(severity="warning")
    await intake.one(severity="error")
    assert (await intake.rows(RECORD))[0]["priority"] == 4
    await intake.one(severity="critical")
    assert (await intake.rows(RECORD))[0]["priority"] == 1
    said = await intake.rows(
        "SELECT facts->>'set_by_person' AS person FROM timeline WHERE event = 'raised'"
    )
    assert said == [{"person": "4"}]


async def test_repeat_without_severity_keeps_severity(intake: IntakeHarness) -> None:
    await intake.one(severity="critical")
    await intake.one(severity="")
    (row,) = await intake.rows(RECORD)
    assert (row["priority"], row["severity"], await story(intake)) == (
        1,
        "critical",
        ["opened", "management_told"],
    )


async def test_alert_returning_worse_reopens_incident_at_higher_priority(
    intake: IntakeHarness,
) -> None:
    await intake.one()
    await intake.one(status=RESOLVED)
    assert (await intake.one(severity="critical")).outcome is Outcome.REOPENED
    assert (await intake.rows(RECORD))[0]["priority"] == 1
    assert (await story(intake))[-4:] == ["reopened", "changed", "raised", "management_told"]


async def test_text_updates_are_limited_per_hour_unless_severity_changes(
    intake: IntakeHarness,
) -> None:
    await intake.one(description="0")
    for n in range(1, 20):
        await intake.one(description=f"{n}")
    assert (await intake.rows(RECORD))[0]["description"] == "12"
    assert (await story(intake)).count("changed") == 12
    await intake.tell(make_alert(description="20"), make_alert("another"))
    assert (await intake.rows(RECORD + " ORDER BY id"))[0]["description"] == "12"
    await intake.one(description="21", severity="critical")
    row = (await intake.rows(RECORD + " ORDER BY id"))[0]
    assert (row["description"], row["priority"]) == ("21", 1)
    intake.clock.advance(timedelta(hours=1))
    await intake.one(description="22", severity="critical")
    assert (await intake.rows(RECORD + " ORDER BY id"))[0]["description"] == "22"
    assert await intake.rows("SELECT occurrences FROM alert WHERE dedup_key = 'disk'") == [
        {"occurrences": 23}
    ]


async def test_fast_path_is_left_when_stored_severity_differs(intake: IntakeHarness) -> None:
    await intake.one()
    await intake.one()
    await intake.conn.execute("UPDATE alert SET severity = 'critical'")
    await intake.one()
    assert await intake.rows("SELECT severity, occurrences FROM alert") == [
        {"severity": "warning", "occurrences": 3}
    ]


async def test_alert_without_stored_description_is_not_a_change(intake: IntakeHarness) -> None:
    await intake.one(description="85 percent used")
    await intake.conn.execute("UPDATE alert SET description = NULL")
    await intake.tell(make_alert(description="85 percent used"), make_alert("another"))
    assert await story(intake) == ["opened", "opened"]
    described = await intake.rows("SELECT description FROM alert WHERE dedup_key = 'disk'")
    assert described == [{"description": "85 percent used"}]


STORMY = {"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "2"}


async def test_storm_is_raised_once_by_its_worst_alert(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock, settings(STORMY)) as intake:
        for n in range(4):
            await intake.one(f"k{n}")
        assert (await intake.one("bad", severity="critical")).outcome is Outcome.FOLDED
        await intake.one("worse", severity="critical")
        (row,) = await intake.rows(RECORD + " WHERE storm")
        assert (row["priority"], row["severity"], row["title"]) == (
            1,
            "critical",
            "Alert storm: bad is in trouble",
        )
        storms = (
            "SELECT t.event FROM timeline t JOIN incident i ON i.id = t.incident_id WHERE i.storm "
            "ORDER BY seq"
        )
        events: list[Any] = [entry["event"] for entry in await intake.rows(storms)]
        assert events.count("raised") == 1
        await intake.one("bad", status=RESOLVED)
        assert (await intake.rows(RECORD + " WHERE storm"))[0][
            "title"
        ] == "Alert storm: worse is in trouble"
        await intake.one("worse", severity="info")
        (row,) = await intake.rows(RECORD + " WHERE storm")
        assert (row["priority"], row["severity"], row["title"][:14]) == (
            1,
            "warning",
            "Alert storm: k",
        )
        events = [entry["event"] for entry in await intake.rows(storms)]
        assert events.count("eased") == 1
        assert clock.at == NOON


def test_grading_is_built_from_settings_of_rules() -> None:
    rules = SlaRules.from_settings(SETTINGS)
    assert AlertGrading.of(rules, GRADING.judge).settings is SETTINGS
    with pytest.raises(AssertionError, match="settings"):
        AlertGrading.of(replace(rules, settings=None), GRADING.judge)
