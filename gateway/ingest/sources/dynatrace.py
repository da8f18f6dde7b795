"""Dynatrace's custom integration, with the payload in `integrations/dynatrace`.

https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration
"""

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, parse_tags, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

MERGED = "MERGED"
STATUS = {
    "OPEN": AlertStatus.FIRING,
    "RESOLVED": AlertStatus.RESOLVED,
    MERGED: AlertStatus.RESOLVED,
}
"""The status by state; a merged problem is resolved, as it is never notified of again.

The problem it became part of goes on, and the link leads there.
"""

TEST = "Dynatrace problem notification test run"
"""The title of a request of the test button."""


class Entity(msgspec.Struct):
    """An impacted entity."""

    type: str = ""
    name: str = ""
    entity: str = ""


class Problem(msgspec.Struct, rename={"pid": "PID"}):
    """A problem, the body of a request."""

    pid: str
    State: str
    ProblemID: str = ""
    ProblemTitle: str = ""
    ProblemSeverity: str = ""
    ProblemImpact: str = ""
    ProblemURL: str = ""
    ProblemDetailsText: str = ""
    ImpactedEntity: str = ""
    ImpactedEntities: list[Entity] = []
    Tags: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one problem; raises Malformed."""
    problem = limits.decode(delivery.body, Problem)
    if problem.State not in STATUS:
        raise limits.build_malformed(
            "/State", f"a state is OPEN, RESOLVED or MERGED, not {problem.State[:40]!r}"
        )
    return ParsedDelivery(((0, _alert(problem)),), delivery_id=delivery_id(delivery.headers))


def _alert(problem: Problem) -> Alert:
    merged = problem.State == MERGED
    first = (
        problem.ImpactedEntities[0]
        if problem.ImpactedEntities
        else Entity(name=problem.ImpactedEntity)
    )
    own = parse_tags(problem.Tags.split(","))
    labels = own | keep_texts(
        {"problem": problem.ProblemID, "impact": problem.ProblemImpact, "entity": first.entity}
    )
    return truncate_alert(
        Alert(
            namespace="dynatrace",
            dedup_key=problem.pid,
            status=STATUS[problem.State],
            title=problem.ProblemTitle or problem.ProblemID,
            description=problem.ProblemDetailsText,
            severity=problem.ProblemSeverity.casefold(),
            service=own.get("service", "") or (first.name if first.type == "SERVICE" else ""),
            ci=first.name,
            labels=labels | ({"merged": "true"} if merged else {}),
            annotations=keep_texts({"impacted": problem.ImpactedEntity}),
            links=limits.links(
                [(problem.ProblemURL, "the problem it was merged into" if merged else "Dynatrace")]
            ),
            test=problem.ProblemTitle == TEST,
        ),
        "/PID",
    )


SOURCE = Source(
    "dynatrace",
    "Dynatrace",
    parse,
    {"": Problem},
    identity_pointers=("/PID",),
    values_if_unreadable={"/State": "OPEN"},
)
