"""Kibana's rules and Elasticsearch's Watcher, with the bodies in `integrations/elastic`.

https://www.elastic.co/docs/explore-analyze/alerting/alerts/rule-action-variables and
https://www.elastic.co/docs/explore-analyze/alerting/watcher/actions-webhook
"""

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, parse_tags, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

RECOVERED = "recovered"
"""The action group of a recovered alert, for every rule."""

STATES = {"firing": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}


class Rule(msgspec.Struct, rename="camel"):
    """A rule of Kibana."""

    id: str = ""
    name: str = ""
    type: str = ""
    space_id: str = ""
    url: str = ""
    tags: str = ""


class Instance(msgspec.Struct, rename="camel"):
    """One alert of a rule; `uuid` is a new one each time it becomes active."""

    id: str = ""
    uuid: str = ""
    action_group: str = ""
    flapping: str = ""


class Body(msgspec.Struct):
    """An alert of a rule, or the state of a watch; the fields of the other are empty."""

    rule: Rule | None = None
    alert: Instance | None = None
    watch: str = ""
    state: str = ""
    date: str = ""
    reason: str = ""
    severity: str = ""
    service: str = ""
    host: str = ""
    url: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one rule or one watch; raises Malformed."""
    body = limits.decode(delivery.body, Body)
    alert = _ruled(body, delivery) if body.rule else _watched(body, delivery)
    return ParsedDelivery(((0, alert),), delivery_id=delivery_id(delivery.headers))


def _ruled(body: Body, delivery: WebhookDelivery) -> Alert:
    rule, one = body.rule or Rule(), body.alert or Instance()
    if not one.id or not one.action_group:
        raise limits.build_malformed(
            "/alert/id",
            "alerts are read one by one: let the action run for each alert, not for a summary",
        )
    own = parse_tags(rule.tags.split(","))
    labels = own | keep_texts(
        {
            "rule": rule.name,
            "rule_type": rule.type,
            "space": rule.space_id,
            "action_group": one.action_group,
        }
    )
    return truncate_alert(
        Alert(
            namespace="elastic",
            dedup_key=f"{rule.id}/{one.id}" if rule.id else "",
            status=AlertStatus.RESOLVED if one.action_group == RECOVERED else AlertStatus.FIRING,
            title=f"{rule.name}: {one.id}" if rule.name else one.id,
            description=body.reason,
            severity=body.severity.casefold(),
            service=body.service or own.get("service", ""),
            ci=body.host,
            labels=labels,
            annotations=keep_texts({"flapping": one.flapping}),
            links=limits.links([(rule.url, "Kibana"), (body.url, "")]),
            occurrence=one.uuid,
            event_time=limits.parse_event_time(body.date, delivery.received_at, "/date"),
        ),
        "/rule/id",
    )


def _watched(body: Body, delivery: WebhookDelivery) -> Alert:
    status = STATES.get(body.state)
    if status is None:
        raise limits.build_malformed(
            "/state", f"a watch says firing or resolved, not {body.state[:40]!r}"
        )
    return truncate_alert(
        Alert(
            namespace="elastic",
            dedup_key=f"watch/{body.watch}" if body.watch else "",
            status=status,
            title=body.watch,
            description=body.reason,
            severity=body.severity.casefold(),
            service=body.service,
            ci=body.host,
            labels=keep_texts({"watch": body.watch}),
            links=limits.links([(body.url, "")]),
            event_time=limits.parse_event_time(body.date, delivery.received_at, "/date"),
        ),
        "/watch",
    )


SOURCE = Source(
    "elastic",
    "Elastic: Kibana and Watcher",
    parse,
    {"": Body},
    identity_pointers=("/rule/id", "/alert/id", "/alert/actionGroup", "/watch"),
    values_if_unreadable={"/state": "firing"},
)
