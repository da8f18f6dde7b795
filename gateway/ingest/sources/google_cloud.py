"""Google Cloud Monitoring, version 1.2, by webhook or by a Pub/Sub push subscription.

https://cloud.google.com/monitoring/support/notification-options#webhooks
https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import base64
import binascii

import msgspec

from gateway.errors import Flaw, Malformed, Unauthenticated
from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, tokens
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings
from gateway.tokens.foreign_tokens import TokenRequirements
from gateway.vocabulary import AlertStatus

STATUS = {"open": AlertStatus.FIRING, "closed": AlertStatus.RESOLVED}
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
KEYS = "https://www.googleapis.com/oauth2/v3/certs"
NO_SEVERITY = "no severity"
"""The severity of a policy that has none."""


class Labelled(msgspec.Struct):
    """A metric or a resource."""

    type: str | None = None
    labels: dict[str, str | None] | None = None


class Documentation(msgspec.Struct):
    """The instructions of a policy."""

    content: str | None = None


class Incident(msgspec.Struct):
    """One condition that is violated by one resource."""

    incident_id: str
    state: str
    policy_name: str | None = None
    condition_name: str | None = None
    summary: str | None = None
    severity: str | None = None
    url: str | None = None
    started_at: int | float | str | None = None
    ended_at: int | float | str | None = None
    scoping_project_id: str | None = None
    scoping_project_number: int | None = None
    resource_display_name: str | None = None
    resource_name: str | None = None
    resource: Labelled | None = None
    metric: Labelled | None = None
    policy_user_labels: dict[str, str | None] | None = None
    documentation: Documentation | str | None = None


class Body(msgspec.Struct):
    """A notification; the version is "test" if somebody tests the channel."""

    incident: Incident
    version: str = ""


class Message(msgspec.Struct):
    """A published message, in base64."""

    data: str
    message_id: str = msgspec.field(name="messageId")


class Push(msgspec.Struct):
    """A message as Pub/Sub pushes it."""

    message: Message
    subscription: str = ""


def certificate_at(_: WebhookDelivery, intake: SourceSettings) -> str:
    """Return the address of Google's keys, if the settings have an audience."""
    return KEYS if intake.audience else ""


def verify(delivery: WebhookDelivery, intake: SourceSettings) -> None:
    """Verify Google's token if the settings have an audience.

    It must be for that audience and of a service account among `senders`. Raises
    Unauthenticated.
    """
    if not intake.audience:
        return
    wanted = TokenRequirements(ISSUERS, intake.audience, delivery.received_at)
    told = tokens.verify_token(
        tokens.find_bearer_token(delivery.headers), delivery.certificate, wanted
    )
    if told.get("email_verified") is not True or told.get("email") not in intake.senders:
        raise Unauthenticated(
            "the token is of a service account that is not among intake.google_cloud.senders"
        )


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of one Google Cloud incident; raises Malformed."""
    pushed = b'"message"' in delivery.body and "message" in limits.decode(
        delivery.body, dict[str, msgspec.Raw]
    )
    body, named = (
        _pushed(limits.decode(delivery.body, Push))
        if pushed
        else (limits.decode(delivery.body, Body), None)
    )
    number = body.incident.scoping_project_number
    accounts = (body.incident.scoping_project_id, None if number is None else str(number))
    root = "/message/data" if pushed else ""
    return ParsedDelivery(
        ((0, _alert(body, delivery, root)),),
        delivery_id=named,
        accounts=tuple(filter(None, accounts)),
    )


def _pushed(push: Push) -> tuple[Body, str]:
    """Return the published body and its message id.

    Pub/Sub sends a message again until it is acknowledged, and sometimes after.
    """
    try:
        published = base64.b64decode(push.message.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise limits.build_malformed("/message/data", "data is not base64") from error
    try:
        body = limits.decode(published, Body)
    except Malformed as error:
        flaws = tuple(Flaw("/message/data" + flaw.pointer, flaw.detail) for flaw in error.flaws)
        raise Malformed("the message is no incident of Cloud Monitoring", flaws=flaws) from error
    return body, f"pubsub:{limits.key(push.message.message_id, '/message/messageId')}"


def _alert(body: Body, delivery: WebhookDelivery, root: str) -> Alert:
    told = body.incident
    status = STATUS.get(told.state.casefold())
    if status is None:
        raise limits.build_malformed(
            f"{root}/incident/state", f"open or closed, not {told.state[:40]!r}"
        )
    if not told.incident_id:
        raise limits.build_malformed(f"{root}/incident/incident_id", "an incident needs its id")
    when, pointer = (
        (told.started_at, "started_at")
        if status is AlertStatus.FIRING
        else (told.ended_at, "ended_at")
    )
    severity = (told.severity or "").casefold()
    labels = _labels(told)
    return Alert(
        namespace="google_cloud",
        dedup_key=limits.key(told.incident_id, f"{root}/incident/incident_id"),
        status=status,
        title=limits.cut(_title(told), limits.TITLE),
        description=limits.cut(_description(told), limits.DESCRIPTION),
        severity="" if severity == NO_SEVERITY else limits.cut(severity, limits.KEY),
        service=limits.cut(labels.get("service", ""), limits.KEY),
        ci=limits.cut(told.resource_display_name or told.resource_name or "", limits.KEY),
        labels=labels,
        links=limits.links([(told.url or "", "Google Cloud")]),
        event_time=limits.parse_event_time(
            when, delivery.received_at, f"{root}/incident/{pointer}"
        ),
        test=body.version == "test",
    )


def _title(told: Incident) -> str:
    """Return policy and condition, which often have the same name."""
    names = dict.fromkeys(name for name in (told.policy_name, told.condition_name) if name)
    return ": ".join(names) or told.incident_id


def _description(told: Incident) -> str:
    text = (
        told.documentation.content
        if isinstance(told.documentation, Documentation)
        else told.documentation
    )
    return "\n\n".join(part for part in (told.summary, text) if part)


def _labels(told: Incident) -> dict[str, str]:
    """Return the labels of the metric, the resource and the policy; the last one wins."""
    sets = (
        told.metric and told.metric.labels,
        told.resource and told.resource.labels,
        told.policy_user_labels,
    )
    merged = {name: value for labels in sets for name, value in (labels or {}).items() if value}
    place = {
        "project": told.scoping_project_id,
        "resource_type": told.resource and told.resource.type,
    }
    return limits.labels(merged | {name: value for name, value in place.items() if value})


SOURCE = Source(
    "google_cloud",
    "Google Cloud Monitoring",
    parse,
    {"": (Body, Push), "/message/data": Body},
    verify=verify,
    certificate_at=certificate_at,
    identity_pointers=(
        "/incident/incident_id",
        "/message/messageId",
        "/message/data/incident/incident_id",
    ),
    values_if_unreadable={"/incident/state": "open", "/message/data/incident/state": "open"},
)
