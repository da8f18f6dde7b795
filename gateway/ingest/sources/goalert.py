"""GoAlert's generic API: target/goalert genericapi/handler.go (summary, details, action, dedup)."""

from hashlib import sha256

import msgspec

from gateway.incidents.model import Alert, AlertStatus
from gateway.ingest import limits
from gateway.ingest.source import Delivery, Parsed, Source, delivery_id
from gateway.settings import Intake


class Call(msgspec.Struct):
    """What a call says, however it came: as JSON, as a form or in the address."""

    summary: str | None = None
    details: str | None = None
    action: str | None = None
    dedup: str | None = None


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """One alert, over when `action` is close; raises Malformed."""
    call = limits.decode(delivery.body, Call)
    summary, details = (call.summary or "").strip(), call.details or ""
    key = limits.key(call.dedup or "", "/dedup")
    if not summary and not (key and call.action == "close"):
        raise limits.fault("/summary", "summary is missing or empty")
    alert = Alert(
        namespace="goalert",
        dedup_key=key or _derived(summary, details),
        status=AlertStatus.RESOLVED if call.action == "close" else AlertStatus.FIRING,
        title=limits.cut(summary or key, limits.TITLE),
        description=limits.cut(details, limits.DESCRIPTION),
    )
    return Parsed(((0, alert),), delivery_id=delivery_id(delivery.headers))


def _derived(summary: str, details: str) -> str:
    """Summary and details together, which is what GoAlert tells such alerts apart by."""
    return "auto:" + sha256(msgspec.json.encode([summary, details])).hexdigest()[:16]


SOURCE = Source("goalert", "GoAlert generic API", parse, {"": Call})
