"""A parser of the notifications of Nagios and Icinga 2: macros by short names. Pure.

`integrations/nagios/notify_incident_gateway.py` posts them.
"""

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery, delivery_id
from gateway.vocabulary import AlertStatus

STATUS = {
    "PROBLEM": AlertStatus.FIRING,
    "RECOVERY": AlertStatus.RESOLVED,
    "ACKNOWLEDGEMENT": AlertStatus.ACKNOWLEDGED,
    "CUSTOM": AlertStatus.COMMENTED,
}
BY_PEOPLE = (AlertStatus.ACKNOWLEDGED, AlertStatus.COMMENTED)
OTHERS = ("FLAPPING", "DOWNTIME")
"""The prefixes of notification types that change no alert.

Planned work and flapping are the sender's to suppress. What a person wrote with such a
notification is a comment.
"""


class CheckNotification(msgspec.Struct):
    """A notification. `time` is seconds since 1970; the notification of a host has no service.

    `service` is the name of the check, which many hosts share. `business_service` is the service
    of the catalogue that it is about, where the sender's objects name one.
    """

    type: str
    host: str
    service: str = ""
    state: str = ""
    output: str = ""
    long_output: str = ""
    address: str = ""
    groups: str = ""
    author: str = ""
    comment: str = ""
    url: str = ""
    time: str = ""
    business_service: str = ""


def parse(delivery: WebhookDelivery, namespace: str) -> ParsedDelivery:
    """Return the alert of one notification; raises Malformed."""
    told = limits.decode(delivery.body, CheckNotification)
    kind = told.type.strip().upper()
    status, named_by = STATUS.get(kind), delivery_id(delivery.headers)
    if status is None and not kind.startswith(OTHERS):
        raise limits.build_malformed(
            "/type",
            f"a notification type is PROBLEM, RECOVERY or ACKNOWLEDGEMENT, not {told.type[:40]!r}",
        )
    status = status or AlertStatus.COMMENTED
    if status is AlertStatus.COMMENTED and not told.comment.strip():
        return ParsedDelivery((), ignored=((0, kind.lower()),), delivery_id=named_by)
    return ParsedDelivery(((0, _alert(told, status, namespace, delivery)),), delivery_id=named_by)


def build_object_key(host: str, service: str) -> str:
    """Return the name of the checked object that both Nagios and Icinga use."""
    return f"{host}!{service}" if service else host


def _alert(
    told: CheckNotification, status: AlertStatus, namespace: str, delivery: WebhookDelivery
) -> Alert:
    groups = {f"group:{name.strip()}": "true" for name in told.groups.split(",") if name.strip()}
    what = f"{told.service} on {told.host}" if told.service else told.host
    said = status in BY_PEOPLE
    notes = {} if said else keep_texts({"author": told.author, "comment": told.comment})
    return truncate_alert(
        Alert(
            namespace=namespace,
            dedup_key=build_object_key(told.host, told.service) if told.host else "",
            status=status,
            title=f"{what} is {told.state or told.type}",
            description="\n".join(
                text for text in (told.output, told.long_output.replace("\\n", "\n")) if text
            ),
            severity=told.state.casefold(),
            service=told.business_service,
            ci=told.host,
            labels=keep_texts({"host": told.host, "service": told.service, "address": told.address})
            | groups,
            annotations=notes,
            links=limits.links([(told.url, "")]),
            event_time=limits.parse_event_time(told.time, delivery.received_at, "/time"),
            author=told.author.strip() if said else "",
            note=told.comment.strip() if said else "",
        ),
        "/host",
    )
