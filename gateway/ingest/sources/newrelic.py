"""New Relic's workflows, with their default payload template.

https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook
"""

from datetime import datetime

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

STATUS = {
    **dict.fromkeys(("CREATED", "ACTIVATED"), AlertStatus.FIRING),
    "ACKNOWLEDGED": AlertStatus.ACKNOWLEDGED,
    **dict.fromkeys(("CLOSED", "RESOLVED"), AlertStatus.RESOLVED),
}


class Issue(msgspec.Struct, rename="camel"):
    """An issue: incidents that New Relic considers related. Times are milliseconds."""

    id: str
    state: str
    title: str | None = None
    issue_url: str | None = None
    priority: str | None = None
    total_incidents: int | str | None = None
    trigger: str | None = None
    is_correlated: bool | str | None = None
    created_at: int | str | None = None
    updated_at: int | str | None = None
    impacted_entities: list[str] | None = None
    sources: list[str] | None = None
    alert_policy_names: list[str] | None = None
    alert_condition_names: list[str] | None = None
    workflow_name: str | None = None


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one issue; raises Malformed."""
    issue = limits.decode(delivery.body, Issue)
    status = STATUS.get(issue.state.upper())
    if status is None:
        raise limits.build_malformed(
            "/state",
            f"a state is CREATED, ACTIVATED, ACKNOWLEDGED or CLOSED, not {issue.state[:40]!r}",
        )
    return ParsedDelivery(
        ((0, _alert(issue, status, delivery)),), delivery_id=delivery_id(delivery.headers)
    )


def _alert(issue: Issue, status: AlertStatus, delivery: WebhookDelivery) -> Alert:
    several = {
        "policy": issue.alert_policy_names,
        "condition": issue.alert_condition_names,
        "source": issue.sources,
    }
    entities = issue.impacted_entities or []
    count = "" if issue.total_incidents is None else str(issue.total_incidents)
    return truncate_alert(
        Alert(
            namespace="newrelic",
            dedup_key=issue.id,
            status=status,
            title=issue.title or "",
            severity=(issue.priority or "").casefold(),
            ci=entities[0] if entities else "",
            labels=keep_texts(
                {name: ", ".join(words or []) for name, words in several.items()}
                | {"workflow": issue.workflow_name}
            ),
            annotations=keep_texts(
                {"entities": ", ".join(entities), "incidents": count, "trigger": issue.trigger}
            ),
            links=limits.links([(issue.issue_url or "", "New Relic")]),
            event_time=limits.parse_event_time(*_when(issue, status, delivery)),
        ),
        "/id",
    )


def _when(
    issue: Issue, status: AlertStatus, delivery: WebhookDelivery
) -> tuple[int | str | None, datetime, str]:
    """Return the time of creation, or of the last change unless it fires.

    With it come the time of arrival and the pointer to the time.
    """
    if status is AlertStatus.FIRING:
        return issue.created_at, delivery.received_at, "/createdAt"
    return issue.updated_at, delivery.received_at, "/updatedAt"


SOURCE = Source(
    "newrelic",
    "New Relic",
    parse,
    {"": Issue},
    identity_pointers=("/id",),
    values_if_unreadable={"/state": "ACTIVATED"},
)
