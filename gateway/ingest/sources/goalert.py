"""GoAlert's generic API (summary, details, action, dedup).

See target/goalert genericapi/handler.go.
"""

from binascii import a2b_qp
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import parse_qsl

import msgspec

from gateway.errors import Malformed
from gateway.incidents.alert import Alert
from gateway.ingest.mime.headers import decode_base64, parse_parameters, split_head
from gateway.ingest.mime.parts import split_at_boundary
from gateway.ingest.reading import limits
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery, delivery_id
from gateway.settings import SourceSettings
from gateway.vocabulary import AlertStatus

FIELDS = ("summary", "details", "action", "dedup")
MULTIPART, JSON = "multipart/form-data", "application/json"
MOST = 100
"""Maximum fields of a form that are read."""

DECODE: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": decode_base64,
    "quoted-printable": a2b_qp,
}
"""The decoder of a part, by its transfer encoding."""


class Call(msgspec.Struct):
    """The fields of a request, from JSON, a form or the query."""

    summary: str | None = None
    details: str | None = None
    action: str | None = None
    dedup: str | None = None


def parse(delivery: WebhookDelivery, _: SourceSettings) -> ParsedDelivery:
    """Return one alert, resolved when `action` is close; raises Malformed.

    Fields of the body take precedence over those of the query.
    """
    said = {name: _clean(text) for name, text in delivery.query.items() if name in FIELDS}
    if is_json(delivery.headers, delivery.body):
        inner = limits.decode(delivery.body, Call)
        said |= {name: text for name in FIELDS if (text := getattr(inner, name)) is not None}
    else:
        said |= {
            name: text
            for name, text in form(delivery.headers, delivery.body).items()
            if name in FIELDS
        }
    call = Call(**said)
    summary, details = (call.summary or "").strip(), call.details or ""
    key = limits.key(call.dedup or "", "/dedup")
    if not summary and not (key and call.action == "close"):
        raise limits.build_malformed("/summary", "summary is missing or empty")
    alert = Alert(
        namespace="goalert",
        dedup_key=key or _derived(summary, details),
        status=AlertStatus.RESOLVED if call.action == "close" else AlertStatus.FIRING,
        title=limits.cut(summary or key, limits.TITLE),
        description=limits.cut(details, limits.DESCRIPTION),
    )
    return ParsedDelivery(((0, alert),), delivery_id=delivery_id(delivery.headers))


def is_json(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a body is JSON, by its media type or its beginning."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == JSON or body.lstrip()[:1] in {b"{", b"["}


def form(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the first fields of a form, urlencoded or multipart; files in it are not read."""
    media, given = parse_parameters(headers.get("content-type", ""))
    if media != MULTIPART:
        first = b"&".join(body.split(b"&", MOST)[:MOST]).decode("utf-8", "replace")
        pairs = parse_qsl(first, keep_blank_values=True, encoding="utf-8", errors="replace")
        return {_clean(name): _clean(text) for name, text in pairs}
    try:
        parts = map(
            _part,
            split_at_boundary(body, given.get("boundary", "").encode("utf-8", "replace"), MOST),
        )
        return {name: _clean(content.decode("utf-8", "replace")) for name, content in parts if name}
    except Malformed:  # with so many parts, or headers so long, the form is not trusted
        return {}


def _part(piece: bytes) -> tuple[str, bytes]:
    """Return name and content of a part; the name of a file is ""."""
    fields, content = split_head(piece)
    _, given = parse_parameters(fields.raw("content-disposition"))
    name = "" if "filename" in given else given.get("name", "")
    decode = DECODE.get(fields.raw("content-transfer-encoding").strip().lower(), bytes)
    return name, decode(content)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _derived(summary: str, details: str) -> str:
    """Return a key made of summary and details, by which GoAlert distinguishes such alerts."""
    return "auto:" + sha256(msgspec.json.encode([summary, details])).hexdigest()[:16]


SOURCE = Source(
    "goalert", "GoAlert generic API", parse, {"": Call}, identity_pointers=("/summary", "/dedup")
)
