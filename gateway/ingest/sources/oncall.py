"""Grafana OnCall's webhook and formatted webhook: https://grafana.com/docs/oncall/latest/integrations/webhook/ (any object)."""

from hashlib import sha256
from typing import Any

import msgspec

from gateway.incidents.model import Alert, AlertStatus
from gateway.ingest import limits
from gateway.ingest.source import Delivery, Parsed, Source, delivery_id
from gateway.settings import Intake

FIELDS = frozenset({"alert_uid", "title", "image_url", "state", "link_to_upstream_details", "message"})
"""The fields of the formatted webhook; what else stands in an object are labels."""

OVER = frozenset({"ok", "resolved"})


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """One alert, over when its `state` is ok; raises Malformed for what is no object."""
    body = limits.decode(delivery.body, dict[str, Any])
    limits.sound(body)
    return Parsed(((0, _alert(body, delivery)),), delivery_id=delivery_id(delivery.headers))


def _alert(body: dict[str, Any], delivery: Delivery) -> Alert:
    title, uid = _text(body, "title").strip(), _text(body, "alert_uid")
    named = title or _text(body, "message").partition("\n")[0].strip()
    others = {name: value for name, value in body.items() if name and name not in FIELDS}
    labels = limits.labels({name: _plain(value) for name, value in others.items() if not isinstance(value, dict | list)})
    return Alert(
        namespace="oncall",
        dedup_key=limits.key(uid, "/alert_uid") or _derived(title, body),
        status=AlertStatus.RESOLVED if _text(body, "state").strip().lower() in OVER else AlertStatus.FIRING,
        title=limits.cut(named or "Incident", limits.TITLE),
        description=limits.cut(_text(body, "message") or delivery.body.decode(), limits.DESCRIPTION),
        severity=limits.cut(labels.get("severity", ""), limits.KEY),
        service=limits.cut(labels.get("service", ""), limits.KEY),
        ci=limits.cut(labels.get("instance", labels.get("host", "")), limits.KEY),
        labels=labels,
        links=limits.links(((_text(body, "link_to_upstream_details"), "source"), (_text(body, "image_url"), "image"))),
    )


def _derived(title: str, body: dict[str, Any]) -> str:
    """The key of an alert without one: its title, else all it says but its state."""
    said = title or {name: value for name, value in body.items() if name != "state"}
    return "auto:" + sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:16]


def _text(body: dict[str, Any], name: str) -> str:
    return _plain(body.get(name))


def _plain(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


SOURCE = Source("oncall", "Grafana OnCall webhook", parse, {"": dict[str, Any]})
