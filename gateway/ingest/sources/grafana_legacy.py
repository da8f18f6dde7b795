"""Grafana's alerting before version 9: the webhook of a dashboard alert.

See pkg/services/alerting/notifiers/webhook.go.
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

STATUS = {"alerting": AlertStatus.FIRING, "no_data": AlertStatus.FIRING, "ok": AlertStatus.RESOLVED}
"""The status by state; a rule without data fires, since all may not be well."""

QUIET = frozenset({"pending", "paused", "unknown"})
TEST_RULE = "Test notification"


class Match(msgspec.Struct):
    """One series that made the rule fire."""

    metric: str | None = None
    value: float | None = None


class Rule(msgspec.Struct, rename="camel"):
    """The state of a rule, the body of a request."""

    state: str
    rule_name: str | None = None
    rule_id: int = 0
    rule_url: str | None = None
    org_id: int = 0
    dashboard_id: int = 0
    title: str | None = None
    message: str | None = None
    image_url: str | None = None
    eval_matches: list[Match] | None = None
    tags: dict[str, Any] | None = None


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one rule; raises Malformed."""
    rule = limits.decode(delivery.body, Rule)
    named = delivery_id(delivery.headers)
    if rule.state in QUIET:
        return ParsedDelivery((), ignored=((0, f"state: {rule.state}"),), delivery_id=named)
    if rule.state not in STATUS:
        raise limits.build_malformed(
            "/state", f"state is alerting, no_data or ok, not {rule.state[:40]!r}"
        )
    if not (rule.rule_id or (rule.rule_name or rule.title or "").strip()):
        raise limits.build_malformed("/ruleName", "ruleName is missing or empty")
    return ParsedDelivery(((0, _alert(rule)),), delivery_id=named)


def _alert(rule: Rule) -> Alert:
    limits.check_numbers(rule.tags)
    tags = {name: _text(value) for name, value in (rule.tags or {}).items()}
    matches = {
        one.metric or "value": limits.number(one.value or 0.0, "/evalMatches")
        for one in rule.eval_matches or ()
    }
    name = (rule.rule_name or rule.title or "").strip()
    return Alert(
        namespace="grafana_legacy",
        dedup_key=limits.key(
            f"{_host(rule.rule_url or '')}/{rule.org_id}/{rule.rule_id or name}", "/ruleName"
        ),
        status=STATUS[rule.state],
        title=limits.cut(name or f"Rule {rule.rule_id}", limits.TITLE),
        description=limits.cut(rule.message or "", limits.DESCRIPTION),
        severity=limits.cut(tags.get("severity", ""), limits.KEY),
        service=limits.cut(tags.get("service", ""), limits.KEY),
        ci=limits.cut(tags.get("instance", tags.get("host", "")), limits.KEY),
        labels=limits.labels(tags | {"state": rule.state}),
        annotations=limits.labels(matches),
        links=limits.links(((rule.rule_url or "", "rule"), (rule.image_url or "", "image"))),
        test=rule.rule_id == 0 and name == TEST_RULE,
    )


def _text(value: Any) -> str:
    return limits.json_text(value)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


SOURCE = Source(
    "grafana_legacy",
    "Grafana before unified alerting",
    parse,
    {"": Rule},
    identity_pointers=("/ruleName",),
    values_if_unreadable={"/state": "alerting"},
)
