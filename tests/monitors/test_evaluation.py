"""The state of a monitor after pings and their absence."""

from dataclasses import replace
from datetime import timedelta

from gateway.monitors import evaluation
from gateway.monitors.model import Monitor, Ping
from gateway.vocabulary import AlertStatus, MonitorState, PingSignal
from tests.support.clock import NOON

MINUTE = timedelta(minutes=1)
DAILY = evaluation.with_next_deadline(
    Monitor(
        id=1,
        integration_id=1,
        integration="ours",
        slug="backup",
        name="Backup",
        period_seconds=600,
        grace_seconds=60,
        severity="critical",
        service="shop",
        ci="db1",
        created_at=NOON,
        updated_at=NOON,
    ),
    NOON,
)
OK, START, FAIL = (
    Ping(PingSignal.SUCCESS),
    Ping(PingSignal.START),
    Ping(PingSignal.FAIL, "no space left", 3),
)


def test_ping_restarts_deadline_without_alert() -> None:
    judged = evaluation.apply_ping(DAILY, OK, NOON + 5 * MINUTE)
    assert judged.alert is None
    assert (judged.monitor.expected_at, judged.monitor.due_at) == (
        NOON + 15 * MINUTE,
        NOON + 16 * MINUTE,
    )
    assert (DAILY.state, judged.monitor.state) == (MonitorState.NEW, MonitorState.UP)


def test_overdue_monitor_fires_at_deadline_and_repeats() -> None:
    judged = evaluation.apply_missed_deadline(DAILY, NOON + 12 * MINUTE)
    assert judged.alert is not None
    assert (judged.alert.status, judged.alert.event_time) == (
        AlertStatus.FIRING,
        NOON + 11 * MINUTE,
    )
    assert (judged.alert.title, judged.alert.severity, judged.alert.service, judged.alert.ci) == (
        "Backup is overdue",
        "critical",
        "shop",
        "db1",
    )
    assert (judged.monitor.state, judged.monitor.down_since) == (
        MonitorState.DOWN,
        NOON + 11 * MINUTE,
    )
    again = evaluation.apply_missed_deadline(judged.monitor, NOON + 24 * MINUTE)
    assert again.monitor.down_since == NOON + 11 * MINUTE
    assert again.monitor.due_at == NOON + 35 * MINUTE


def test_failure_fires_and_next_success_resolves() -> None:
    failed = evaluation.apply_ping(DAILY, FAIL, NOON + MINUTE)
    assert failed.alert is not None
    assert (failed.alert.title, failed.alert.description, failed.alert.annotations) == (
        "Backup failed",
        "no space left",
        {"exit_status": "3"},
    )
    well = evaluation.apply_ping(failed.monitor, OK, NOON + 2 * MINUTE)
    assert well.alert is not None
    assert (well.alert.status, well.alert.dedup_key) == (
        AlertStatus.RESOLVED,
        failed.alert.dedup_key,
    )
    assert (well.monitor.state, well.monitor.exit_status, well.monitor.note) == (
        MonitorState.UP,
        None,
        "",
    )


def test_started_job_must_end_within_grace() -> None:
    begun = evaluation.apply_ping(DAILY, START, NOON + 2 * MINUTE)
    assert (begun.alert, begun.monitor.due_at) == (None, NOON + 3 * MINUTE)
    assert (
        evaluation.apply_ping(DAILY, START, NOON + 10.5 * MINUTE).monitor.due_at
        == NOON + 11 * MINUTE
    )
    late = evaluation.apply_missed_deadline(begun.monitor, NOON + 4 * MINUTE)
    assert late.alert is not None
    assert (late.alert.title, late.monitor.started_at) == ("Backup did not end in time", None)


def test_log_ping_changes_only_note() -> None:
    assert evaluation.apply_ping(
        DAILY, Ping(PingSignal.LOG, "hello"), NOON + MINUTE
    ).monitor == replace(DAILY, note="hello")


def test_paused_monitor_has_no_deadline_but_success_resolves() -> None:
    paused = evaluation.with_next_deadline(replace(DAILY, enabled=False, down_since=NOON), NOON)
    assert (paused.due_at, paused.expected_at, paused.state) == (None, None, MonitorState.PAUSED)
    assert evaluation.apply_ping(paused, START, NOON).monitor.due_at is None
    well = evaluation.apply_ping(paused, OK, NOON + MINUTE)
    assert well.alert is not None
    assert (well.alert.status, well.monitor.due_at) == (AlertStatus.RESOLVED, None)


def test_earlier_ping_does_not_move_deadline_back() -> None:
    heard = evaluation.apply_ping(DAILY, OK, NOON + 5 * MINUTE).monitor
    assert evaluation.apply_ping(heard, OK, NOON).monitor.due_at == heard.due_at
