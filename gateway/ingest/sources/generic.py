"""Any sender that can post JSON: one object or a list; a mapping reads foreign formats.

Only `title` is required.
"""

from functools import partial

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.reading import fields, limits
from gateway.ingest.reading.source import (
    ParsedDelivery,
    Source,
    WebhookDelivery,
    delivery_id,
    parse_each,
)
from gateway.settings import SourceSettings


def parse(delivery: WebhookDelivery, intake: SourceSettings) -> ParsedDelivery:
    """Return the alerts; a bad item is refused and the others are kept."""
    root = intake.mapping.get("items", "")
    found = _within(limits.decode_envelope(delivery.body, msgspec.Raw), root)
    many = bytes(found).lstrip()[:1] == b"["
    raws = msgspec.json.decode(found, type=list[msgspec.Raw]) if many else [found]
    alerts, refused = parse_each(
        delivery, raws, root if many else None, partial(_alert, delivery=delivery, intake=intake)
    )
    return ParsedDelivery(alerts, refused, delivery_id=delivery_id(delivery.headers))


def _within(body: msgspec.Raw, pointer: str) -> msgspec.Raw:
    """Return the part of a body at a pointer, as it was sent; raises Malformed if there is none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        inner = limits.decode_envelope(bytes(body), dict[str, msgspec.Raw]).get(name)
        if inner is None:
            raise limits.build_malformed(pointer, "the items are not where the mapping says")
        body = inner
    return body


def _alert(raw: msgspec.Raw, delivery: WebhookDelivery, intake: SourceSettings) -> Alert:
    item = fields.read_item(raw, intake.mapping)
    try:
        return fields.build_alert(item, fields.ItemDefaults("generic", delivery.received_at))
    except Malformed as error:
        flaws = tuple(
            Flaw(fields.translate_pointer(flaw.pointer, intake.mapping), flaw.detail)
            for flaw in error.flaws
        )
        raise Malformed(error.detail, flaws=flaws) from error


SOURCE = Source(
    "generic",
    "Any sender of JSON",
    parse,
    {"": fields.GenericAlert},
    identity_pointers=("/title", "/dedup_key"),
    fallbacks={"/title": ("message", "description", "dedup_key")},
)
