"""Icinga: notifications of Icinga 2's NotificationCommand, and events for Icinga Notifications.

https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notification-commands and
https://icinga.com/docs/icinga-notifications/latest/doc/20-HTTP-API/
"""

from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import checks, limits
from gateway.ingest.reading.bounded import truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

NAMESPACE = "icinga"
SEVERITIES = ("ok", "debug", "info", "notice", "warning", "err", "crit", "alert", "emerg")
STATE, ACKNOWLEDGED = "state", "acknowledgement-set"
BY_PEOPLE = {"acknowledgement-cleared": AlertStatus.UNACKNOWLEDGED, "custom": AlertStatus.COMMENTED}
QUIET = ("downtime-", "flapping-", "mute", "unmute", "incident-age")
"""The prefixes of event types, of clients before 1.0, that change no alert.

An unknown type is an alert, and so is none.
"""


class Event(msgspec.Struct):
    """An event of Icinga Notifications.

    Clients before 1.0 send `type`, those since send `incident`, `close` and `muted`.
    """

    tags: dict[str, str]
    name: str = ""
    id: str | None = None
    url: str = ""
    severity: str | None = None
    message: str = ""
    type: str = ""
    extra_tags: dict[str, Any] | None = None
    incident: bool | None = None
    close: bool | None = None
    muted: bool | None = None
    muted_reason: str = ""
    username: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of an event, which has tags, or of a notification, which has none.

    Raises Malformed.
    """
    if "tags" not in limits.decode(delivery.body, dict[str, msgspec.Raw]):
        return checks.parse(delivery, NAMESPACE)
    event = limits.decode(delivery.body, Event)
    named_by = event.id or delivery_id(delivery.headers)
    if event.severity and event.severity not in SEVERITIES:
        raise limits.build_malformed("/severity", f"severity is one of {', '.join(SEVERITIES)}")
    if not event.tags:
        raise limits.build_malformed("/tags", "an event needs the tags of its object")
    status = _status(event)
    if status is None:
        why = (
            "muted"
            if event.muted
            else event.type or ("no_incident" if event.incident is False else "unmuted")
        )
        return ParsedDelivery((), ignored=((0, why),), delivery_id=named_by)
    return ParsedDelivery(((0, _alert(event, status)),), delivery_id=named_by)


def _status(event: Event) -> AlertStatus | None:
    """Return the alert status for an event, None if it is not about the object's state.

    An object that is well again is resolved even if muted.
    """
    silent = not event.type and event.incident is None and event.muted is None
    about_state = (
        event.incident
        or event.close
        or event.type == STATE
        or (event.muted is False and event.severity)
        or silent
    )
    if event.close or (about_state and event.severity == "ok"):
        return AlertStatus.RESOLVED
    if event.type == ACKNOWLEDGED or (
        event.muted and "acknowledg" in event.muted_reason.casefold()
    ):
        return AlertStatus.ACKNOWLEDGED
    if event.type in BY_PEOPLE:
        return BY_PEOPLE[event.type]
    unknown = event.type and not event.type.startswith(QUIET)
    return AlertStatus.FIRING if (about_state or unknown) and not event.muted else None


def _alert(event: Event, status: AlertStatus) -> Alert:
    host, service = event.tags.get("host", ""), event.tags.get("service", "")
    by_people = status not in (AlertStatus.FIRING, AlertStatus.RESOLVED)
    more = {
        name: value if isinstance(value, str) else "true"
        for name, value in (event.extra_tags or {}).items()
    }
    return truncate_alert(
        Alert(
            namespace=NAMESPACE,
            dedup_key=_key(event.tags),
            status=status,
            title=event.name or checks.build_object_key(host, service),
            description=event.message,
            severity=event.severity or "",
            author=event.username if by_people else "",
            note=(event.muted_reason or event.message) if by_people else "",
            service=more.get("business_service", event.tags.get("business_service", "")),
            ci=host,
            labels=more | event.tags,
            links=limits.links([(event.url, "Icinga")]),
        ),
        "/tags",
    )


def _key(tags: dict[str, str]) -> str:
    """Return the key by host and service, so that events and notifications use the same key.

    An object with other tags has a key of all its tags.
    """
    if tags.get("host") and tags.keys() <= {"host", "service"}:
        return checks.build_object_key(tags["host"], tags.get("service", ""))
    return "tags:" + sha256(msgspec.json.encode(sorted(tags.items()))).hexdigest()[:32]


SOURCE = Source(
    "icinga",
    "Icinga",
    parse,
    {"": (checks.CheckNotification, Event)},
    identity_pointers=("/host", "/service", "/tags"),
    values_if_unreadable={"/type": "PROBLEM"},
)
