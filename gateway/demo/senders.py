"""Request bodies of senders: Alertmanager, Zabbix and others about the same trouble."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from zlib import crc32

from gateway.demo.stage import DemoClient
from gateway.vocabulary import AlertStatus

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED


@dataclass(frozen=True, slots=True)
class SimulatedFault:
    """A trouble that a monitor reports; service, `ci` and `name` identify it."""

    name: str
    title: str
    severity: str
    service: str
    ci: str
    since: datetime

    @property
    def key(self) -> str:
        """The identity of the trouble, the same for every monitor."""
        return f"{self.service}/{self.ci}/{self.name}"

    @property
    def labels(self) -> dict[str, str]:
        """The labels that Prometheus would attach."""
        return {
            "alertname": self.name,
            "severity": self.severity,
            "service": self.service,
            "ci": self.ci,
        }


SenderRequest = tuple[str, Mapping[str, Any]]
"""A path and the body that is sent to it."""


def alertmanager(trouble: SimulatedFault, status: AlertStatus, at: datetime) -> SenderRequest:
    """Return a notification of Alertmanager's webhook receiver, with one alert."""
    alert = {
        "status": status,
        "labels": trouble.labels,
        "annotations": {"summary": trouble.title},
        "startsAt": trouble.since,
        "endsAt": "0001-01-01T00:00:00Z" if status is FIRING else at,
        "fingerprint": f"{crc32(trouble.key.encode()):016x}",
    }
    return "/ingest/alertmanager", {
        "version": "4",
        "groupKey": "{}",
        "status": alert["status"],
        "receiver": "demo",
        "externalURL": "http://alertmanager.demo.example",
        "alerts": [alert],
    }


def grafana(trouble: SimulatedFault, status: AlertStatus, at: datetime) -> SenderRequest:
    """Return the same alert from a contact point of Grafana."""
    _, body = alertmanager(trouble, status, at)
    return "/ingest/grafana", {
        **body,
        "version": "1",
        "orgId": 1,
        "externalURL": "https://grafana.demo.example/",
        "state": "alerting" if status is FIRING else "ok",
    }


def zabbix(trouble: SimulatedFault, status: AlertStatus, at: datetime) -> SenderRequest:
    """Return an event of the Zabbix media type that the gateway ships."""
    event = str(crc32(f"{trouble.key}{trouble.since}".encode()))
    return "/ingest/zabbix", {
        "event_id": event,
        "event_name": trouble.title,
        "event_source": "0",
        "event_update_status": "0",
        "event_timestamp": str(int(trouble.since.timestamp())),
        "host": trouble.ci,
        "event_value": "1" if status is FIRING else "0",
        "recovery_timestamp": "{EVENT.RECOVERY.TIMESTAMP}"
        if status is FIRING
        else str(int(at.timestamp())),
        "severity": "High",
        "tags": [{"tag": "service", "value": trouble.service}, {"tag": "ci", "value": trouble.ci}],
        "trigger_id": event,
    }


def pagerduty(trouble: SimulatedFault, status: AlertStatus, at: datetime) -> SenderRequest:
    """Return an event of PagerDuty's Events API."""
    payload = {
        "summary": trouble.title,
        "source": trouble.ci,
        "severity": trouble.severity,
        "component": trouble.service,
        "timestamp": trouble.since if status is FIRING else at,
    }
    action = "trigger" if status is FIRING else "resolve"
    return "/ingest/pagerduty", {
        "routing_key": "",
        "event_action": action,
        "dedup_key": trouble.key,
        "payload": payload,
    }


def generic(trouble: SimulatedFault, status: AlertStatus, at: datetime) -> SenderRequest:
    """Return an alert in generic JSON."""
    return "/ingest/generic", {
        "title": trouble.title,
        "severity": trouble.severity,
        "service": trouble.service,
        "ci": trouble.ci,
        "dedup_key": trouble.key,
        "status": status,
        "occurred_at": trouble.since if status is FIRING else at,
    }


MONITORS: tuple[Callable[[SimulatedFault, AlertStatus, datetime], SenderRequest], ...] = (
    alertmanager,
    grafana,
    zabbix,
    pagerduty,
    generic,
)


async def mail(stage: DemoClient, who: str, subject: str, text: str) -> str | None:
    """Send a mail to the service desk and return the number of its record."""
    letter = EmailMessage()
    at = stage.clock.now()
    letter["From"], letter["To"], letter["Subject"] = (
        f"{who}@users.example",
        "desk@demo.example",
        subject,
    )
    letter["Message-ID"] = f"<{crc32(subject.encode())}.{at.timestamp()}@users.example>"
    letter["Date"] = format_datetime(at)
    letter.set_content(text)
    return await stage.send(
        "/ingest/email/raw", letter.as_bytes(), {"Content-Type": "message/rfc822"}
    )


async def call(stage: DemoClient, caller: str, what: str) -> None:
    """Send a call to the hotline, as Asterisk reports it: the hang-up, then the transcript."""
    name = str(crc32(f"{caller}{stage.clock.now()}".encode()))
    told = {"LINKEDID": name, "CALLERID": caller}
    await stage.send(
        "/ingest/phone/asterisk/hangup", told | {"DIALSTATUS": "ANSWER", "ANSWEREDTIME": "48"}
    )
    await stage.pause()
    await stage.send("/ingest/phone/asterisk/recording", told | {"TRANSCRIPT": what})


async def app(stage: DemoClient, who: str, title: str, text: str) -> str | None:
    """Send a report from an app and return the number of its record."""
    reporter = {"id": who, "email": f"{who}@users.example", "locale": "zh-CN"}
    return await stage.send(
        "/ingest/app",
        {"title": title, "description": text, "reporter": reporter, "client": {"app": "portal"}},
    )
