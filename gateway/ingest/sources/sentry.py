"""Sentry's integration platform: issue alerts, metric alerts and issues.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, signatures
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

FIRING, RESOLVED = AlertStatus.FIRING, AlertStatus.RESOLVED
ISSUE = {
    "created": FIRING,
    "unresolved": FIRING,
    "resolved": RESOLVED,
    "archived": RESOLVED,
    "ignored": RESOLVED,
}
QUIET = ("assigned", "unassigned")
"""Actions on an issue that are no alert; any other action is one, known or not."""

METRIC = {"critical": FIRING, "warning": FIRING, "resolved": RESOLVED}
PROJECT = re.compile(r"/projects/[^/]+/([^/]+)/")
"""The project in the address of an event."""


class Project(msgspec.Struct, frozen=True):
    """The project of an issue."""

    slug: str = ""


class Issue(msgspec.Struct):
    """An issue, sent when it changes."""

    id: str | int
    title: str = ""
    culprit: str | None = None
    level: str | None = None
    web_url: str | None = None
    permalink: str | None = None
    project: Project = Project()


class Event(msgspec.Struct):
    """The event that triggered an issue alert."""

    issue_id: str | int
    title: str = ""
    culprit: str | None = None
    level: str | None = None
    datetime: str | None = None
    environment: str | None = None
    url: str | None = None
    web_url: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """The rule of a metric alert."""

    name: str = ""
    environment: str | None = None


class Metric(msgspec.Struct):
    """One incident of a metric alert rule."""

    id: str | int
    title: str = ""
    date_started: str | None = None
    date_closed: str | None = None
    projects: list[str] = []
    alert_rule: Rule = Rule()


class Data(msgspec.Struct):
    """The content of a request: one of three kinds; anything else from Sentry is no alert."""

    event: Event | None = None
    metric_alert: Metric | None = None
    issue: Issue | None = None
    triggered_rule: str | None = None
    description_title: str = ""
    description_text: str = ""
    web_url: str | None = None


class Installation(msgspec.Struct, frozen=True):
    """The installation of the integration."""

    uuid: str = ""


class Hook(msgspec.Struct):
    """The body of a request."""

    action: str
    data: Data
    installation: Installation = Installation()


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify the HMAC-SHA256 of the body, if there are secrets; raises Unauthenticated.

    The time of sending is checked too, although it is not signed.
    """
    if intake.secrets:
        given = signatures.from_hex(delivery.headers.get("sentry-hook-signature"))
        signatures.require_match(signatures.encode_secrets(intake.secrets), delivery.body, [given])
        signatures.require_fresh(
            signatures.parse_seconds(delivery.headers.get("sentry-hook-timestamp")),
            delivery.received_at,
        )


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return at most one alert; assignments, comments, installations and plain errors are none."""
    hook = limits.decode(delivery.body, Hook)
    alert = _alert(hook, delivery)
    alerts = () if alert is None else ((0, alert),)
    ignored = ((0, f"no alert: {limits.cut(hook.action, 40)}"),) if alert is None else ()
    uuid = hook.installation.uuid
    return ParsedDelivery(
        alerts,
        ignored=ignored,
        delivery_id=_delivery_id(delivery),
        accounts=(uuid,) if uuid else (),
    )


def _delivery_id(delivery: WebhookDelivery) -> str | None:
    """Return an id made of body and time, as an issue resolved twice has the same body twice."""
    sent = delivery.headers.get("sentry-hook-timestamp")
    return (
        None
        if sent is None
        else "sentry:" + sha256(sent.encode("utf-8", "replace") + delivery.body).hexdigest()
    )


def _alert(hook: Hook, delivery: WebhookDelivery) -> Alert | None:
    data = hook.data
    if data.metric_alert is not None:
        return _metric(hook.action, data, data.metric_alert, delivery)
    if data.event is not None:
        return _event(data, data.event, delivery)
    if data.issue is not None and hook.action not in QUIET:
        return _issue(ISSUE.get(hook.action, FIRING), data.issue, delivery)
    return None


def _metric(action: str, data: Data, metric: Metric, delivery: WebhookDelivery) -> Alert:
    status = METRIC.get(action, FIRING)
    when = metric.date_started if status is FIRING else metric.date_closed
    pointer = "/data/metric_alert/" + ("date_started" if status is FIRING else "date_closed")
    return Alert(
        namespace="sentry",
        dedup_key=_key("metric", metric.id, "/data/metric_alert/id"),
        status=status,
        title=limits.cut(
            metric.alert_rule.name or data.description_title or metric.title or "Metric alert",
            limits.TITLE,
        ),
        description=limits.cut(data.description_text, limits.DESCRIPTION),
        severity=action if status is FIRING else "",
        service=limits.cut(metric.projects[0], limits.KEY) if len(metric.projects) == 1 else "",
        labels=_labels(
            {"environment": metric.alert_rule.environment, "projects": ", ".join(metric.projects)}
        ),
        links=limits.links([(data.web_url or "", "Sentry")]),
        event_time=limits.parse_event_time(when, delivery.received_at, pointer) or _sent(delivery),
    )


def _event(data: Data, event: Event, delivery: WebhookDelivery) -> Alert:
    project = PROJECT.search(event.url or "")
    return Alert(
        namespace="sentry",
        dedup_key=_key("issue", event.issue_id, "/data/event/issue_id"),
        status=FIRING,
        title=limits.cut(event.title or data.triggered_rule or "Issue alert", limits.TITLE),
        severity=limits.cut(event.level or "", limits.KEY),
        service=limits.cut(project[1], limits.KEY) if project else "",
        labels=_labels(
            {
                "culprit": event.culprit,
                "environment": event.environment,
                "rule": data.triggered_rule,
            }
        ),
        links=limits.links([(event.web_url or "", "Sentry")]),
        event_time=limits.parse_event_time(
            event.datetime, delivery.received_at, "/data/event/datetime"
        ),
    )


def _issue(status: AlertStatus, issue: Issue, delivery: WebhookDelivery) -> Alert:
    """Return the alert of an issue, timed by the request.

    The times of an issue are those of its events, not of its changes of state.
    """
    return Alert(
        namespace="sentry",
        dedup_key=_key("issue", issue.id, "/data/issue/id"),
        status=status,
        title=limits.cut(issue.title or "Issue", limits.TITLE),
        severity=limits.cut(issue.level or "", limits.KEY),
        service=limits.cut(issue.project.slug, limits.KEY),
        labels=_labels({"culprit": issue.culprit}),
        links=limits.links([(issue.web_url or issue.permalink or "", "Sentry")]),
        event_time=_sent(delivery),
    )


def _key(kind: str, told: str | int, pointer: str) -> str:
    return limits.key(
        f"{kind}/{told if isinstance(told, str) else limits.number(told, pointer)}", pointer
    )


def _sent(delivery: WebhookDelivery) -> datetime | None:
    """Return the time at which the request was sent, None if it does not say."""
    sent = delivery.headers.get("sentry-hook-timestamp", "")
    return (
        limits.parse_event_time(int(sent), delivery.received_at)
        if sent.isascii() and sent.isdigit() and len(sent) <= 12
        else None
    )


def _labels(values: Mapping[str, str | None]) -> dict[str, str]:
    return limits.labels({name: value for name, value in values.items() if value})


SOURCE = Source(
    "sentry",
    "Sentry",
    parse,
    {"": Hook},
    verify=verify,
    identity_pointers=(
        "/action",
        "/data/event/issue_id",
        "/data/metric_alert/id",
        "/data/issue/id",
    ),
)
