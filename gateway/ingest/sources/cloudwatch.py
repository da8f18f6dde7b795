"""Amazon CloudWatch alarms, metric and composite, delivered by SNS.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from hashlib import sha256

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits, sns
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

QUIET = "INSUFFICIENT_DATA"
"""The unknown state, which neither fires nor resolves an alert."""

STATUS = {"ALARM": AlertStatus.FIRING, "OK": AlertStatus.RESOLVED}


class Dimension(msgspec.Struct):
    """One dimension of the metric."""

    name: str
    value: str


class Trigger(msgspec.Struct, rename="pascal"):
    """The metric of an alarm; a metric computed from others has no name."""

    metric_name: str | None = None
    namespace: str | None = None
    dimensions: list[Dimension] | None = None


class Alarm(msgspec.Struct, rename="pascal"):
    """The alarm in a message; a composite alarm has no trigger."""

    alarm_name: str
    new_state_value: str
    alarm_description: str | None = None
    new_state_reason: str | None = None
    old_state_value: str | None = None
    state_change_time: str | None = None
    region: str | None = None
    alarm_arn: str | None = None
    account: str | None = msgspec.field(default=None, name="AWSAccountId")
    trigger: Trigger | None = None


def verify(delivery: WebhookDelivery, _: SourceSettings) -> None:
    """Verify the signature of SNS; always, since no secret is shared. Raises Unauthenticated."""
    sns.verify(delivery)


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return one alarm, or the request to confirm a subscription; raises Malformed."""
    envelope = limits.decode(delivery.body, sns.SnsMessage)
    told, delivery_id = envelope.accounts(), f"sns:{limits.key(envelope.message_id, '/MessageId')}"
    if envelope.type == sns.SUBSCRIPTION:
        said = ((0, "subscription confirmed"),)
        return ParsedDelivery(
            (),
            ignored=said,
            delivery_id=delivery_id,
            accounts=told,
            confirm=sns.find_confirmation_url(envelope),
        )
    if envelope.type == sns.UNSUBSCRIPTION:
        return ParsedDelivery(
            (), ignored=((0, "subscription ended"),), delivery_id=delivery_id, accounts=told
        )
    try:
        alarm = limits.decode(envelope.message.encode("utf-8", "replace"), Alarm)
        alerts = ((0, _alert(alarm, delivery)),) if alarm.new_state_value != QUIET else ()
    except Malformed as error:
        if "AlarmName" not in envelope.message:
            return ParsedDelivery(
                ((0, _notice(envelope, delivery)),), delivery_id=delivery_id, accounts=told
            )
        flaws = tuple(Flaw("/Message" + flaw.pointer, flaw.detail) for flaw in error.flaws)
        raise Malformed("the message is no CloudWatch alarm", flaws=flaws) from error
    ignored = () if alerts else ((0, f"state {limits.cut(alarm.new_state_value, 40)}"),)
    return ParsedDelivery(alerts, ignored=ignored, delivery_id=delivery_id, accounts=told)


def _alert(alarm: Alarm, delivery: WebhookDelivery) -> Alert:
    trigger = alarm.trigger or Trigger()
    dimensions = {one.name: one.value for one in trigger.dimensions or []}
    place = {
        "account": alarm.account,
        "region": _region(alarm),
        "namespace": trigger.namespace,
        "metric": trigger.metric_name,
    }
    return Alert(
        namespace="cloudwatch",
        dedup_key=limits.key(
            alarm.alarm_arn or f"{alarm.account}/{alarm.region}/{alarm.alarm_name}", "/AlarmArn"
        ),
        status=STATUS.get(alarm.new_state_value, AlertStatus.FIRING),
        title=limits.cut(alarm.alarm_name, limits.TITLE),
        description=limits.cut(
            "\n\n".join(filter(None, (alarm.alarm_description, alarm.new_state_reason))),
            limits.DESCRIPTION,
        ),
        severity="alarm" if alarm.new_state_value == "ALARM" else "",
        ci=limits.cut("/".join(dimensions.values()), limits.KEY),
        labels=limits.labels(dimensions | {name: value for name, value in place.items() if value}),
        event_time=limits.parse_event_time(
            alarm.state_change_time, delivery.received_at, "/StateChangeTime"
        ),
    )


def _notice(envelope: sns.SnsMessage, delivery: WebhookDelivery) -> Alert:
    """Return an alert by its subject for any other message of the topic; people end it."""
    title = envelope.subject or envelope.message.strip().partition("\n")[0] or envelope.topic_arn
    name = sha256(title.encode("utf-8", "replace")).hexdigest()[:16]
    return Alert(
        namespace="cloudwatch",
        dedup_key=limits.key(f"{envelope.topic_arn}/{name}", "/TopicArn"),
        status=AlertStatus.FIRING,
        title=limits.cut(title, limits.TITLE),
        description=limits.cut(envelope.message, limits.DESCRIPTION),
        labels=limits.labels({"topic": envelope.topic_arn}),
        event_time=limits.parse_event_time(envelope.timestamp, delivery.received_at, "/Timestamp"),
    )


def _region(alarm: Alarm) -> str | None:
    """Return the code of the region, from the ARN; the alarm itself has only its display name."""
    parts = (alarm.alarm_arn or "").split(":")
    return parts[3] if len(parts) > 3 else alarm.region


SOURCE = Source(
    "cloudwatch",
    "Amazon CloudWatch by SNS",
    parse,
    {"": sns.SnsMessage, "/Message": Alarm},
    verify=verify,
    certificate_at=sns.certificate_at,
    identity_pointers=(
        "/Type",
        "/Signature",
        "/SignatureVersion",
        "/SigningCertURL",
        "/Timestamp",
        "/Subject",
        "/MessageId",
        "/TopicArn",
        "/Message/AlarmName",
        "/Message/AlarmArn",
        "/Message/AWSAccountId",
        "/Message/Region",
    ),
)
