"""GoAlert's generic API: target/goalert genericapi/handler.go (summary, details, action, dedup)."""

from binascii import a2b_qp
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import parse_qsl

import msgspec

from gateway.errors import Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.mime.headers import base64, head, parameters
from gateway.ingest.mime.parts import split
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import Delivery, Parsed, Source, delivery_id
from gateway.settings import Intake
from gateway.vocabulary import AlertStatus

FIELDS = ("summary", "details", "action", "dedup")
MULTIPART, JSON = "multipart/form-data", "application/json"
MOST = 100
"""Fields of a form that are looked at."""

DECODE: Mapping[str, Callable[[bytes], bytes]] = {"base64": base64, "quoted-printable": a2b_qp}
"""How a part is decoded, by its transfer encoding."""


class Call(msgspec.Struct):
    """What a call says, however it came: as JSON, as a form or in the address."""

    summary: str | None = None
    details: str | None = None
    action: str | None = None
    dedup: str | None = None


def parse(delivery: Delivery, _: Intake) -> Parsed:
    """One alert, over when `action` is close; raises Malformed. What is nearer to the body wins: the address says least."""
    said = {name: _clean(text) for name, text in delivery.query.items() if name in FIELDS}
    if is_json(delivery.headers, delivery.body):
        inner = limits.decode(delivery.body, Call)
        said |= {name: text for name in FIELDS if (text := getattr(inner, name)) is not None}
    else:
        said |= {name: text for name, text in form(delivery.headers, delivery.body).items() if name in FIELDS}
    call = Call(**said)
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


def is_json(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a body is JSON, by its media type or by how it begins."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == JSON or body.lstrip()[:1] in {b"{", b"["}


def form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the texts of a form, urlencoded or in parts, of which the first are looked at; files in it are not read."""
    media, given = parameters(headers.get("content-type", ""))
    if media != MULTIPART:
        first = b"&".join(body.split(b"&", MOST)[:MOST]).decode("utf-8", "replace")
        pairs = parse_qsl(first, keep_blank_values=True, encoding="utf-8", errors="replace")
        return {_clean(name): _clean(text) for name, text in pairs}
    try:
        parts = map(_part, split(body, given.get("boundary", "").encode("utf-8", "replace"), MOST))
        return {name: _clean(content.decode("utf-8", "replace")) for name, content in parts if name}
    except Malformed:  # of so many parts, or heads so long, nothing is believed
        return {}


def _part(piece: bytes) -> tuple[str, bytes]:
    """Return name and content of a part, "" as the name of a file."""
    fields, content = head(piece)
    _, given = parameters(fields.raw("content-disposition"))
    name = "" if "filename" in given else given.get("name", "")
    decode = DECODE.get(fields.raw("content-transfer-encoding").strip().lower(), bytes)
    return name, decode(content)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _derived(summary: str, details: str) -> str:
    """Summary and details together, which is what GoAlert tells such alerts apart by."""
    return "auto:" + sha256(msgspec.json.encode([summary, details])).hexdigest()[:16]


SOURCE = Source("goalert", "GoAlert generic API", parse, {"": Call}, named_by=("/summary", "/dedup"))
