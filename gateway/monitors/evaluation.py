"""The effect of a ping, or of its absence, on a monitor, and the alert it raises. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from gateway.incidents.alert import Alert
from gateway.monitors.model import NAMESPACE, Monitor, Ping
from gateway.monitors.schedule import expected
from gateway.vocabulary import AlertStatus, PingSignal


@dataclass(frozen=True, slots=True)
class MonitorChange:
    """The new state of a monitor, and the alert to raise or clear, if any."""

    monitor: Monitor
    alert: Alert | None = None


def apply_ping(monitor: Monitor, ping: Ping, now: datetime) -> MonitorChange:
    """Return the effect of a ping.

    One that arrives late out of a queue never sets the time back.
    """
    now = max(now, monitor.pinged_at or now)
    heard = replace(monitor, note=ping.note, exit_status=ping.exit_status)
    match ping.said:
        case PingSignal.LOG:
            return MonitorChange(replace(monitor, note=ping.note))
        case PingSignal.START:
            return MonitorChange(_started(heard, now))
        case PingSignal.FAIL:
            down = with_next_deadline(
                replace(
                    heard, pinged_at=now, started_at=None, down_since=monitor.down_since or now
                ),
                now,
            )
            return MonitorChange(down, _alert(down, AlertStatus.FIRING, "failed", now))
        case PingSignal.SUCCESS:
            well = with_next_deadline(
                replace(heard, pinged_at=now, started_at=None, down_since=None), now
            )
            return MonitorChange(
                well,
                _alert(well, AlertStatus.RESOLVED, "is well again", now)
                if monitor.down_since
                else None,
            )
        case _:
            assert_never(ping.said)


def apply_missed_deadline(monitor: Monitor, now: datetime) -> MonitorChange:
    """Return the effect of a missed deadline.

    The monitor is down, and the alert is repeated each time another ping is missing.
    """
    due = monitor.due_at or now
    what = "did not end in time" if monitor.started_at else "is overdue"
    down = with_next_deadline(
        replace(monitor, started_at=None, down_since=monitor.down_since or due), now
    )
    return MonitorChange(down, _alert(down, AlertStatus.FIRING, what, due))


def with_next_deadline(monitor: Monitor, after: datetime) -> Monitor:
    """Return the monitor with its next expected ping and deadline, counted from `after`.

    Both are None while it is paused.
    """
    if not monitor.enabled:
        return replace(monitor, expected_at=None, due_at=None)
    at = expected(monitor.period_seconds, monitor.schedule, monitor.zone, after)
    return replace(monitor, expected_at=at, due_at=at + timedelta(seconds=monitor.grace_seconds))


def _started(monitor: Monitor, now: datetime) -> Monitor:
    """Return the monitor of a job that has begun.

    It must end within the grace period, and no later than its ping was due anyway.
    """
    ends = now + timedelta(seconds=monitor.grace_seconds)
    return replace(monitor, started_at=now, due_at=monitor.due_at and min(monitor.due_at, ends))


def _alert(monitor: Monitor, status: AlertStatus, what: str, at: datetime) -> Alert:
    exit_status = {} if monitor.exit_status is None else {"exit_status": str(monitor.exit_status)}
    return Alert(
        namespace=NAMESPACE,
        dedup_key=monitor.slug,
        status=status,
        title=f"{monitor.name} {what}",
        description=monitor.note or monitor.description,
        severity=monitor.severity,
        service=monitor.service,
        ci=monitor.ci,
        labels={"monitor": monitor.slug},
        annotations=exit_status,
        event_time=at,
    )
