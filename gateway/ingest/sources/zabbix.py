"""Zabbix, with the media type in `integrations/zabbix`: its macros by name, as texts.

https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded import keep_texts, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

TRIGGERS = "0"
ENDLESS = ("1", "2")
"""The event sources of discovery and autoregistration, whose events never end."""

LEVELS = ("not_classified", "information", "warning", "average", "high", "disaster")
"""Zabbix's default severities by their numbers; people rename them."""

WORDED = re.compile(
    r"(?P<user>.{1,200}?) "
    r"(?P<action>(?:(?:un)?acknowledged|commented|closed|changed severity|(?:un)?suppressed)"
    r"[^:]{0,300}):",
    re.DOTALL,
)
"""The wording of an update in the shipped media type: the user, the action, and the text."""

CANCELLED = "NOTE: Escalation cancel"
"""The beginning of the message when the trigger, its host or the action was disabled.

No recovery will follow.
"""


class Tag(msgspec.Struct):
    """One of EVENT.TAGSJSON."""

    tag: str
    value: str = ""


class Event(msgspec.Struct):
    """The parameters of the media type; a macro that Zabbix could not fill in arrives literally."""

    event_id: str
    event_value: str
    event_update_status: str = "0"
    event_source: str = TRIGGERS
    event_name: str = ""
    severity: str = ""
    severity_number: str = ""
    ack: str = ""
    trigger_id: str = ""
    trigger_description: str = ""
    opdata: str = ""
    host: str = ""
    host_ip: str = ""
    message: str = ""
    update_message: str = ""
    update_action: str = ""
    user: str = ""
    tags: list[Tag] = []
    event_timestamp: str = ""
    recovery_timestamp: str = ""
    zabbix_url: str = ""


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return the alert of a problem, its recovery or an update of it; raises Malformed."""
    event = limits.decode(delivery.body, Event)
    named_by = delivery_id(delivery.headers)
    if event.event_id != "{EVENT.ID}" and event.event_value not in {"0", "1"}:
        raise limits.build_malformed(
            "/event_value", f"EVENT.VALUE is 1 or 0, not {event.event_value[:40]!r}"
        )
    said = _said(event)
    status = _status(event, said)
    if status is None:
        return ParsedDelivery((), ignored=((0, "updated"),), delivery_id=named_by)
    return ParsedDelivery(((0, _alert(event, status, said, delivery)),), delivery_id=named_by)


@dataclass(frozen=True, slots=True)
class Said:
    """An update of a problem by a person: the user, Zabbix's words for the action, and the text."""

    user: str = ""
    action: str = ""
    words: str = ""


def _said(event: Event) -> Said:
    """Return the update, from macros or else from the message of the media type.

    Media types of earlier releases send only the message.
    """
    if event.message.startswith(CANCELLED):
        return Said(words=event.message.partition("\n")[0])
    if event.event_update_status != "1":
        return Said()
    user, action = _filled(event.user), _filled(event.update_action)
    told = WORDED.match(event.message[:600])
    if told is not None:
        user, action = user or told["user"], action or told["action"]
    return Said(user, action.casefold(), _filled(event.update_message))


def _status(event: Event, said: Said) -> AlertStatus | None:
    """Return the alert status; None for an update that needs nothing done here."""
    if event.event_value == "0" and event.event_source not in ENDLESS:
        return AlertStatus.RESOLVED
    if event.message.startswith(CANCELLED):
        return AlertStatus.RESOLVED
    return _updated(event, said) if event.event_update_status == "1" else AlertStatus.FIRING


def _updated(event: Event, said: Said) -> AlertStatus | None:
    """Return the status for an update; a changed severity fires the alert once more."""
    if "unacknowledged" in said.action:
        return AlertStatus.UNACKNOWLEDGED
    if "acknowledged" in said.action or (not said.action and event.ack == "Yes"):
        return AlertStatus.ACKNOWLEDGED
    if "severity" in said.action:
        return AlertStatus.FIRING
    return AlertStatus.COMMENTED if said.words else None


def _filled(text: str) -> str:
    """Return the value of a macro, "" if Zabbix had none."""
    return "" if text.startswith(("{", "*UNKNOWN*")) else text


def _alert(event: Event, status: AlertStatus, said: Said, delivery: WebhookDelivery) -> Alert:
    labels = {one.tag: one.value or "true" for one in event.tags if one.tag}
    when, pointer = event.event_timestamp, "/event_timestamp"
    if status is AlertStatus.RESOLVED:
        when, pointer = event.recovery_timestamp, "/recovery_timestamp"
    host, url = _filled(event.host), _filled(event.zabbix_url).rstrip("/")
    page = f"{url}/tr_events.php?triggerid={event.trigger_id}&eventid={event.event_id}"
    notes = {"opdata": event.opdata, "message": event.message, "trigger_id": event.trigger_id}
    return truncate_alert(
        Alert(
            namespace="zabbix",
            dedup_key=_key(event.event_id, url),
            status=status,
            title=_filled(event.event_name) or event.message.partition("\n")[0],
            description=_filled(event.trigger_description),
            severity=_severity(event),
            service=labels.get("service", ""),
            ci=host,
            labels=labels | keep_texts({"host": host, "address": _filled(event.host_ip)}),
            annotations=keep_texts({name: _filled(text) for name, text in notes.items()}),
            links=limits.links([(page, "Zabbix")] if url else ()),
            event_time=limits.parse_event_time(_filled(when), delivery.received_at, pointer),
            author=said.user,
            note=said.words,
            test=event.event_id.startswith("{"),
        ),
        "/event_id",
    )


def _severity(event: Event) -> str:
    """Return the severity by its number, however it is named.

    Media types of earlier releases send only the name.
    """
    number = event.severity_number.strip()
    if number.isascii() and number.isdigit() and int(number[:4]) < len(LEVELS):
        return LEVELS[int(number)]
    return _filled(event.severity).casefold().replace(" ", "_")


def _key(event_id: str, url: str) -> str:
    """Return the problem's id with its server, since ids repeat between servers."""
    server = urlsplit(url).netloc
    return f"{server}/{event_id}" if server and event_id else event_id


SOURCE = Source(
    "zabbix",
    "Zabbix",
    parse,
    {"": Event},
    identity_pointers=("/event_id",),
    values_if_unreadable={"/event_value": "1"},
)
