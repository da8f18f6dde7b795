"""Splunk's webhook alert action: the search that matched, with the first row of its result.

https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual/10.0/configure-alert-actions/use-a-webhook-alert-action
"""

from typing import Any

import msgspec

from gateway.incidents.alert import Alert
from gateway.ingest.reading import fields, limits
from gateway.ingest.reading.bounded import keep_texts, truncate_alert
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

UNNAMED = "ad hoc search"
SEVERITY = ("severity", "urgency", "alert_level")
"""Fields of a result that may hold its severity; the first one present is used."""


class Body(msgspec.Struct):
    """The body of a request.

    `sid` is new each time the search runs, and the same for every row of its result.
    """

    sid: str
    search_name: str | None = None
    app: str | None = None
    owner: str | None = None
    results_link: str | None = None
    result: dict[str, Any] | None = None


def parse(delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
    """Return the alert of one match; raises Malformed.

    Matches are distinguished by `host`, or by the field that the mapping's `dedup_key` points
    at.
    """
    body = limits.decode(delivery.body, Body)
    limits.check_numbers(body.result)
    pointed = fields.resolve_pointer(
        msgspec.to_builtins(body), intake.mapping.get("dedup_key", "/result/host")
    )
    part = keep_texts({"part": pointed}).get("part", "")
    return ParsedDelivery(((0, _alert(body, part)),), delivery_id=delivery_id(delivery.headers))


def _alert(body: Body, part: str) -> Alert:
    result, name = keep_texts(body.result or {}), body.search_name or UNNAMED
    return truncate_alert(
        Alert(
            namespace="splunk",
            dedup_key="/".join(text for text in (body.app, name, part) if text),
            status=AlertStatus.FIRING,
            title=f"{name} ({part})" if part else name,
            description=result.get("_raw", ""),
            severity=next((result[name] for name in SEVERITY if name in result), "").casefold(),
            service=result.get("service", ""),
            ci=result.get("host", ""),
            labels=keep_texts(
                {
                    "app": body.app,
                    "owner": body.owner,
                    "search_name": body.search_name,
                    "host": result.get("host"),
                }
            ),
            annotations={name: value for name, value in result.items() if not name.startswith("_")},
            links=limits.links([(body.results_link or "", "Splunk")]),
        ),
        "/search_name",
    )


SOURCE = Source(
    "splunk",
    "Splunk",
    parse,
    {"": Body},
    sends_resolution=False,
    identity_pointers=("/sid", "/search_name", "/app"),
)
