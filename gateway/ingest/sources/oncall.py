"""Grafana OnCall's webhook and formatted webhook, which accept any object.

https://grafana.com/docs/oncall/latest/integrations/webhook/
"""

import re
from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

FIELDS = frozenset(
    {"alert_uid", "title", "image_url", "state", "link_to_upstream_details", "message"}
)
"""The fields of the formatted webhook; all other fields of an object are labels."""

GENERAL = "General notification"
"""The title of Uptime Kuma's messages that are not about one monitor.

The message then says what it is about.
"""

STANDING = (" is down", " is up")
"""The ends of Uptime Kuma's titles of firing and resolved alerts, after the monitor's name."""

TESTED = "Testing"
OVER = frozenset({"ok", "resolved"})


NUMBER = re.compile(r"\d+")


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return one alert, resolved when its `state` is ok; raises Malformed for no object."""
    body = limits.decode(delivery.body, dict[str, Any])
    limits.check_numbers(body)
    return ParsedDelivery(((0, _alert(body, delivery)),), delivery_id=delivery_id(delivery.headers))


def _alert(body: dict[str, Any], delivery: WebhookDelivery) -> Alert:
    title, uid = _text(body, "title").strip(), _text(body, "alert_uid")
    over = _text(body, "state").strip().lower() in OVER
    down = title.endswith(STANDING[0]) and not over
    first = _text(body, "message").partition("\n")[0].strip()
    named = first or title if title in {"", GENERAL} else title
    others = {name: value for name, value in body.items() if name and name not in FIELDS}
    labels = limits.labels(
        {
            name: _plain(value)
            for name, value in others.items()
            if not isinstance(value, dict | list)
        }
    )
    return Alert(
        namespace="oncall",
        dedup_key=limits.key(uid, "/alert_uid") or _derived(title, body),
        status=AlertStatus.RESOLVED if over else AlertStatus.FIRING,
        title=limits.cut(named or "Incident", limits.TITLE),
        description=limits.cut(
            _text(body, "message") or delivery.body.decode(), limits.DESCRIPTION
        ),
        severity=limits.cut(labels.get("severity", "down" if down else ""), limits.KEY),
        service=limits.cut(labels.get("service", ""), limits.KEY),
        ci=limits.cut(labels.get("instance", labels.get("host", "")), limits.KEY),
        labels=labels,
        test=title == GENERAL and _text(body, "message").endswith(TESTED),
        links=limits.links(
            (
                (_text(body, "link_to_upstream_details"), "source"),
                (_text(body, "image_url"), "image"),
            )
        ),
    )


def _derived(title: str, body: dict[str, Any]) -> str:
    """Return the key of an alert without one.

    It is made of its title without the state, or else of all fields but the state.
    """
    for standing in STANDING:
        title = title.removesuffix(standing)
    said = title or {
        name: value for name, value in body.items() if name != "state" and value not in (None, "")
    }
    if title == GENERAL:
        said = f"{title}: {NUMBER.sub('0', _text(body, 'message'))}"
    return "auto:" + sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:16]


def _text(body: dict[str, Any], name: str) -> str:
    return _plain(body.get(name))


def _plain(value: Any) -> str:
    return "" if value is None else limits.json_text(value)


SOURCE = Source(
    "oncall",
    "Grafana OnCall webhook",
    parse,
    {"": dict[str, Any]},
    identity_pointers=("/title", "/alert_uid"),
)
