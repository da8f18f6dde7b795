"""A record carries what its alert says by now: its words, and the worst its severity has been."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.criticality import Judged
from gateway.dedup.alert_state import Words, words_of
from gateway.dedup.alert_updates import Firing, Grading
from gateway.dedup.steps import Worded
from gateway.escalation.record_timers import Rules
from gateway.incidents.record import Incident
from gateway.vocabulary import Impact, Outcome, Urgency
from tests.sla.stories import SETTINGS, an_incident, ledger_of, minute
from tests.support.clock import NOON, FakeClock
from tests.support.intake import RESOLVED, Desk, an_alert, intake_desk, settings

GRADING = Grading(SETTINGS, Rules.from_settings(SETTINGS), lambda priority, _: Judged(priority, {}))
WARNING = Words("warning", "disk is WARNING", "85 percent used")


def a_record(**fields: object) -> Incident:
    given = {"priority": 3, "impact": Impact.GROUP, "urgency": Urgency.NORMAL, "severity": "warning"}
    said = {"title": WARNING.title, "description": WARNING.description}
    return an_incident(ledger_of([(0, "record", 3)]), **(given | said | fields))


def changed(incident: Incident, words: Words, before: Words | None = WARNING) -> tuple[Incident, list[str]]:
    alert = an_alert(severity=words.severity, title=words.title, description=words.description)
    revision = GRADING.reworded(incident, Worded("generic", alert, before), minute(4))
    return revision.after, [slug for slug, _ in revision.events]


def test_a_worse_severity_shows_its_words_and_raises() -> None:
    after, events = changed(a_record(), Words("critical", "disk is CRITICAL", "99 percent used"))
    assert (after.severity, after.title, after.description) == ("critical", "disk is CRITICAL", "99 percent used")
    assert after.priority == 1
    assert events == ["changed", "raised"]


def test_a_milder_severity_shows_its_words_and_leaves_the_priority() -> None:
    critical = Words("critical", "disk is CRITICAL", "99 percent used")
    shown = a_record(priority=1, severity="critical", title=critical.title, description=critical.description)
    after, events = changed(shown, WARNING, critical)
    assert (after.severity, after.title, after.priority) == ("warning", "disk is WARNING", 1)
    assert events == ["changed", "eased"]


def test_other_words_of_the_same_severity_are_shown_and_raise_nothing() -> None:
    after, events = changed(a_record(), WARNING._replace(description="86 percent used"))
    assert (after.description, after.priority, events) == ("86 percent used", 3, ["changed"])


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (WARNING, ("The database's disk", "call Li first")),
        (WARNING._replace(description=None), ("The database's disk", "99 percent used")),
    ],
)
def test_what_a_person_corrected_stays_and_the_severity_is_the_senders(before: Words, shown: tuple[str, str]) -> None:
    corrected = a_record(title="The database's disk", description="call Li first")
    after, _ = changed(corrected, Words("critical", "disk is CRITICAL", "99 percent used"), before)
    assert ((after.title, after.description), after.severity) == (shown, "critical")


def a_storm(**fields: object) -> Incident:
    return a_record(storm=True, priority=2, title=f"Alert storm: {WARNING.title}", **fields)


def test_a_storm_shows_the_worst_of_its_alerts_and_is_raised_by_it() -> None:
    worse = Words("critical", "core switch is DOWN", "no answer")
    after, events = changed(a_storm(), worse, None)
    assert (after.title, after.severity, after.priority) == ("Alert storm: core switch is DOWN", "critical", 1)
    assert events[:2] == ["changed", "raised"]
    milder = Words("info", "fan is slow", "")
    assert changed(after, milder, None) == (after, [])
    assert changed(after, WARNING, milder) == (after, [])
    assert changed(after, worse._replace(severity="info"), worse) == (after, [])
    fires = [Firing("fan", "generic", "", milder), Firing("disk", "generic", "", WARNING)]
    revision = GRADING.worst_shown(after, fires, minute(5))
    assert (revision.after.title, revision.after.severity, revision.after.priority) == (a_storm().title, "warning", 1)
    assert [slug for slug, _ in revision.events] == ["changed", "eased"]
    assert GRADING.worst_shown(revision.after, fires, minute(6)).events == ()
    assert GRADING.worst_shown(after, [*fires, Firing("core", "generic", "", worse)], minute(5)).events == ()
    assert GRADING.worst_shown(after, [], minute(5)).events == ()


def test_a_storm_that_a_person_named_keeps_its_name() -> None:
    named = replace(a_storm(), title="The computing centre is dark")
    after, _ = changed(named, Words("critical", "core switch is DOWN", "no answer"), None)
    assert (after.title, after.severity) == ("The computing centre is dark", "critical")


@given(st.lists(st.sampled_from(["critical", "error", "warning", "info"]), min_size=1, max_size=12))
def test_the_priority_is_the_worst_that_was_said_whatever_the_order(severities: Sequence[str]) -> None:
    grades = {"critical": 1, "error": 2, "warning": 3, "info": 4}
    incident, before = a_record(), WARNING
    for at, severity in enumerate(severities):
        words = Words(severity, f"disk is {severity}", str(at))
        incident, _ = changed(incident, words, before)
        before = words
    assert incident.priority == min(3, *(grades[severity] for severity in severities))
    assert (incident.severity, incident.title) == (before.severity, before.title)
    assert words_of(an_alert(severity="a", title="b", description="c")) == ("a", "b", "c")


RECORD = "SELECT priority, impact, urgency, severity, title, description, occurrences FROM incident"


async def story(desk: Desk) -> list[str]:
    return [row["event"] for row in await desk.rows("SELECT event FROM timeline ORDER BY incident_id, seq")]


async def test_a_warning_that_becomes_critical_raises_its_record_and_tells(desk: Desk) -> None:
    opened = await desk.one(title="disk is WARNING", description="85 percent used")
    desk.clock.advance(timedelta(minutes=4))
    again = await desk.one(title="disk is CRITICAL", description="99 percent used", severity="critical")
    assert (again.outcome, again.reason, again.incident) == (Outcome.REPEATED, "open", opened.incident)
    (row,) = await desk.rows(RECORD)
    assert (row["priority"], row["impact"], row["urgency"]) == (1, "company", "urgent")
    assert (row["severity"], row["title"], row["description"]) == ("critical", "disk is CRITICAL", "99 percent used")
    alert = await desk.rows("SELECT severity, title, description, occurrences FROM alert")
    assert alert == [{"severity": "critical", "title": "disk is CRITICAL", "description": "99 percent used", "occurrences": 2}]
    assert await story(desk) == ["opened", "changed", "raised", "management_told"]
    facts = await desk.rows("SELECT facts->>'old' AS old, facts->>'alert' AS alert FROM timeline WHERE event = 'raised'")
    assert facts == [{"old": "3", "alert": "disk"}]
    ledger = await desk.rows("SELECT ledger->-1->>1 AS event, ledger->-1->>4 AS reason FROM incident")
    assert ledger == [{"event": "set_priority", "reason": "raised"}]


@pytest.mark.parametrize("first", ["warning", "critical"])
async def test_a_repeat_in_the_same_words_writes_nothing_into_the_timeline(desk: Desk, first: str) -> None:
    await desk.one(severity=first)
    for _ in range(3):
        await desk.one(severity=first)
    await desk.tell(an_alert(severity=first), an_alert("another"))
    assert await story(desk) == ["opened"] + ["management_told"] * (first == "critical") + ["opened"]
    assert await desk.rows("SELECT sum(occurrences)::int AS n FROM alert") == [{"n": 6}]


async def test_both_severities_of_one_batch_end_as_they_came(desk: Desk) -> None:
    await desk.tell(an_alert(), an_alert(severity="critical"), an_alert(severity="info"))
    (row,) = await desk.rows(RECORD)
    assert (row["priority"], row["severity"]) == (1, "info")
    assert await story(desk) == ["opened", "changed", "raised", "changed", "eased", "management_told"]


async def test_a_milder_repeat_is_shown_and_said_and_the_priority_stays(desk: Desk) -> None:
    await desk.one(severity="critical")
    await desk.one(severity="warning")
    (row,) = await desk.rows(RECORD)
    assert (row["priority"], row["severity"]) == (1, "warning")
    assert (await story(desk))[-2:] == ["changed", "eased"]
    await desk.one(severity="critical")
    assert (await story(desk))[-1] == "changed"
    assert (await desk.rows(RECORD))[0]["severity"] == "critical"


async def test_a_persons_priority_holds_until_something_worse_is_said(desk: Desk) -> None:
    await desk.one(severity="error")
    await desk.conn.execute("UPDATE incident SET priority = 4, marks = '[\"worst:2\"]'")
    await desk.one(severity="warning")
    await desk.one(severity="error")
    assert (await desk.rows(RECORD))[0]["priority"] == 4
    await desk.one(severity="critical")
    assert (await desk.rows(RECORD))[0]["priority"] == 1
    said = await desk.rows("SELECT facts->>'set_by_person' AS person FROM timeline WHERE event = 'raised'")
    assert said == [{"person": "4"}]


async def test_a_repeat_without_a_severity_says_nothing_new_of_it(desk: Desk) -> None:
    await desk.one(severity="critical")
    await desk.one(severity="")
    (row,) = await desk.rows(RECORD)
    assert (row["priority"], row["severity"], await story(desk)) == (1, "critical", ["opened", "management_told"])


async def test_an_alert_that_comes_back_worse_is_reopened_at_the_worse_priority(desk: Desk) -> None:
    await desk.one()
    await desk.one(status=RESOLVED)
    assert (await desk.one(severity="critical")).outcome is Outcome.REOPENED
    assert (await desk.rows(RECORD))[0]["priority"] == 1
    assert (await story(desk))[-4:] == ["reopened", "changed", "raised", "management_told"]


async def test_words_that_keep_changing_are_shown_twelve_times_an_hour_and_a_severity_always(desk: Desk) -> None:
    await desk.one(description="0")
    for n in range(1, 20):
        await desk.one(description=f"{n}")
    assert (await desk.rows(RECORD))[0]["description"] == "12"
    assert (await story(desk)).count("changed") == 12
    await desk.tell(an_alert(description="20"), an_alert("another"))
    assert (await desk.rows(RECORD + " ORDER BY id"))[0]["description"] == "12"
    await desk.one(description="21", severity="critical")
    row = (await desk.rows(RECORD + " ORDER BY id"))[0]
    assert (row["description"], row["priority"]) == ("21", 1)
    desk.clock.advance(timedelta(hours=1))
    await desk.one(description="22", severity="critical")
    assert (await desk.rows(RECORD + " ORDER BY id"))[0]["description"] == "22"
    assert await desk.rows("SELECT occurrences FROM alert WHERE dedup_key = 'disk'") == [{"occurrences": 23}]


async def test_the_short_way_is_left_when_another_replica_was_told_another_severity(desk: Desk) -> None:
    await desk.one()
    await desk.one()
    await desk.conn.execute("UPDATE alert SET severity = 'critical'")
    await desk.one()
    assert await desk.rows("SELECT severity, occurrences FROM alert") == [{"severity": "warning", "occurrences": 3}]


async def test_what_a_release_before_wrote_is_not_taken_for_a_change(desk: Desk) -> None:
    await desk.one(description="85 percent used")
    await desk.conn.execute("UPDATE alert SET description = NULL")
    await desk.tell(an_alert(description="85 percent used"), an_alert("another"))
    assert await story(desk) == ["opened", "opened"]
    described = await desk.rows("SELECT description FROM alert WHERE dedup_key = 'disk'")
    assert described == [{"description": "85 percent used"}]


STORMY = {"GATEWAY_DEDUP__STORM__NEW_PER_MINUTE": "2"}


async def test_a_storm_is_raised_by_its_worst_alert_and_once(database_url: str, clock: FakeClock) -> None:
    async with intake_desk(database_url, clock, settings(STORMY)) as desk:
        for n in range(4):
            await desk.one(f"k{n}")
        assert (await desk.one("bad", severity="critical")).outcome is Outcome.FOLDED
        await desk.one("worse", severity="critical")
        (row,) = await desk.rows(RECORD + " WHERE storm")
        assert (row["priority"], row["severity"], row["title"]) == (1, "critical", "Alert storm: bad is in trouble")
        storms = "SELECT t.event FROM timeline t JOIN incident i ON i.id = t.incident_id WHERE i.storm ORDER BY seq"
        events: list[Any] = [entry["event"] for entry in await desk.rows(storms)]
        assert events.count("raised") == 1
        await desk.one("bad", status=RESOLVED)
        assert (await desk.rows(RECORD + " WHERE storm"))[0]["title"] == "Alert storm: worse is in trouble"
        await desk.one("worse", severity="info")
        (row,) = await desk.rows(RECORD + " WHERE storm")
        assert (row["priority"], row["severity"], row["title"][:14]) == (1, "warning", "Alert storm: k")
        events = [entry["event"] for entry in await desk.rows(storms)]
        assert events.count("eased") == 1
        assert clock.at == NOON


def test_a_grading_is_read_from_what_the_rules_were() -> None:
    rules = Rules.from_settings(SETTINGS)
    assert Grading.of(rules, GRADING.judge).settings is SETTINGS
    with pytest.raises(AssertionError, match="settings"):
        Grading.of(replace(rules, settings=None), GRADING.judge)
