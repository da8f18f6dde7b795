"""Azure Monitor's common alert schema, as an action group's webhook posts it.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema
"""

import re
from hashlib import sha256
from typing import Any

import msgspec

from gateway.errors import Unauthenticated
from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, tokens
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings
from gateway.tokens.foreign_tokens import TokenRequirements
from gateway.vocabulary import AlertStatus

SCHEMA = "azureMonitorCommonAlertSchema"
STATUS = {"fired": AlertStatus.FIRING, "resolved": AlertStatus.RESOLVED}
SUBSCRIPTION = re.compile(r"/subscriptions/([^/]{1,64})/", re.IGNORECASE)
GROUP = re.compile(r"/resourcegroups/([^/]{1,256})/", re.IGNORECASE)
MONITOR = "461e8683-5575-4561-ac7f-899cc907d62a"
"""The application id with which action groups of all directories sign in."""

TEST_ALERT = "/subscriptions/11111111-1111-1111-1111-111111111111/"
"""The prefix of the alert ids of "Test action group", whatever kind is chosen."""


class Essentials(msgspec.Struct, rename="camel"):
    """The fields that every kind of alert has."""

    monitor_condition: str
    alert_rule: str = ""
    alert_id: str = ""
    origin_alert_id: str = ""
    severity: str = ""
    signal_type: str | None = None
    monitoring_service: str | None = None
    description: str | None = None
    fired_date_time: str | None = None
    resolved_date_time: str | None = None
    alert_target_ids: list[str] | None = msgspec.field(default=None, name="alertTargetIDs")
    configuration_items: list[str] | None = None
    investigation_link: str | None = None


class Data(msgspec.Struct, rename="camel"):
    """The data of an alert; its context differs by kind and is not read."""

    essentials: Essentials
    custom_properties: dict[str, Any] | None = None


class Body(msgspec.Struct, rename="camel"):
    """The body of a request, which names its schema, as action groups know others."""

    schema_id: str
    data: Data


def certificate_at(_: WebhookDelivery, intake: SourceSettings) -> str:
    """Return the address of the keys of the directory in the settings, whatever a token says."""
    return (
        f"https://login.microsoftonline.com/{intake.tenant.lower()}/discovery/v2.0/keys"
        if intake.audience
        else ""
    )


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify the token of the directory if the settings have an audience.

    It must be for that audience and of Azure Monitor or one of `senders`. Raises
    Unauthenticated.
    """
    if not intake.audience:
        return
    tenant = intake.tenant.lower()
    issuers = (
        f"https://sts.windows.net/{tenant}/",
        f"https://login.microsoftonline.com/{tenant}/v2.0",
    )
    wanted = TokenRequirements(issuers, intake.audience, delivery.received_at)
    told = tokens.verify_token(
        tokens.find_bearer_token(delivery.headers), delivery.certificate, wanted
    )
    if told.get("appid", told.get("azp")) not in (intake.senders or (MONITOR,)):
        raise Unauthenticated("the token is of another application than Azure Monitor")


def _delivery_id(delivery: WebhookDelivery, intake: SourceSettings) -> str | None:
    """Return the hash of the body if tokens are required.

    So a request that somebody intercepted does nothing when it is sent again.
    """
    return f"azure:{sha256(delivery.body).hexdigest()}" if intake.audience else None


def parse(delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
    """Return the alert of one resource; raises Malformed."""
    if limits.decode(delivery.body, Named).schema_id != SCHEMA:
        raise limits.build_malformed(
            "/schemaId", "only the common alert schema is read: turn it on in the action group"
        )
    data = limits.decode(delivery.body, Body).data
    found = SUBSCRIPTION.match(data.essentials.alert_id)
    named = _delivery_id(delivery, intake)
    return ParsedDelivery(
        ((0, _alert(data, delivery)),), delivery_id=named, accounts=(found[1],) if found else ()
    )


class Named(msgspec.Struct, rename="camel"):
    """The field of a body that names its schema."""

    schema_id: str = ""


def _alert(data: Data, delivery: WebhookDelivery) -> Alert:
    told = data.essentials
    status = STATUS.get(told.monitor_condition.casefold())
    if status is None:
        raise limits.build_malformed(
            "/data/essentials/monitorCondition",
            f"Fired or Resolved, not {told.monitor_condition[:40]!r}",
        )
    key = told.alert_id or told.origin_alert_id
    if not key:
        raise limits.build_malformed("/data/essentials/alertId", "an alert needs its id")
    fired, ended = told.fired_date_time, told.resolved_date_time
    pointer = "/data/essentials/" + (
        "firedDateTime" if status is AlertStatus.FIRING else "resolvedDateTime"
    )
    labels = _labels(data)
    return Alert(
        namespace="azure",
        dedup_key=limits.key(key, "/data/essentials/alertId"),
        status=status,
        title=limits.cut(told.alert_rule or key, limits.TITLE),
        description=limits.cut(told.description or "", limits.DESCRIPTION),
        severity=limits.cut(told.severity, limits.KEY),
        service=limits.cut(labels.get("service", ""), limits.KEY),
        ci=limits.cut(_resource(told).rpartition("/")[2], limits.KEY),
        labels=labels,
        links=limits.links([(told.investigation_link or "", "Azure")]),
        occurrence=limits.cut(fired or "", limits.KEY),
        event_time=limits.parse_event_time(
            fired if status is AlertStatus.FIRING else ended, delivery.received_at, pointer
        ),
        test=key.startswith(TEST_ALERT),
    )


def _resource(told: Essentials) -> str:
    """Return the id of the affected resource.

    For a log alert that is another one than the target of the rule.
    """
    return next(iter([*(told.configuration_items or []), *(told.alert_target_ids or [])]), "")


def _labels(data: Data) -> dict[str, str]:
    """Return the rule's custom properties and the location of the alert as labels."""
    told = data.essentials
    target = next(iter(told.alert_target_ids or []), told.alert_id)
    places = {"subscription": SUBSCRIPTION.match(target), "resource_group": GROUP.search(target)}
    named = {"signal": told.signal_type, "monitoring_service": told.monitoring_service}
    own = {
        name: value
        for name, value in (data.custom_properties or {}).items()
        if isinstance(value, str)
    }
    return limits.labels(
        own
        | {name: found[1] for name, found in places.items() if found}
        | {name: value for name, value in named.items() if value}
    )


SOURCE = Source(
    "azure",
    "Azure Monitor",
    parse,
    {"": Body},
    verify=verify,
    certificate_at=certificate_at,
    identity_pointers=("/schemaId", "/data/essentials/alertId", "/data/essentials/originAlertId"),
    values_if_unreadable={"/data/essentials/monitorCondition": "Fired"},
)
