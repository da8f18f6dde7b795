"""Lenient reading: a request that its source refuses is repaired and read once more. Pure.

A body that its source accepts costs nothing here. Of any other the text is repaired, the values
are converted to the expected types, and values that the source still refuses are left out unless
they name an alert. Every change is listed in `Parsed.mended`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from email.message import Message
from typing import Any

import msgspec

from gateway.errors import Malformed
from gateway.incidents.alert import NEWEST, Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded_times import find_cut_times, is_bounded
from gateway.ingest.reading.mendable_body import MendableBody, put_value, unwrapped
from gateway.ingest.reading.repair import Marks, encode_json, repair_json
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.quarantine import mapping as mappings
from gateway.quarantine import pointers
from gateway.quarantine.pointers import ABSENT, Steps, to_pointer
from gateway.receipts.mended import RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.settings import SourceSettings

LONG = (
    ("title", limits.TITLE),
    ("description", limits.DESCRIPTION),
    ("severity", limits.KEY),
    ("service", limits.KEY),
    ("ci", limits.KEY),
)
"""The texts of an alert with their maximum length."""


def read_strictly(
    source: Source, settings: SourceSettings, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> ParsedDelivery | None:
    """Return the content of a request that needs no repair, None for any other.

    Raises TooLarge, and Forbidden as `Source.read` does.
    """
    try:
        parsed = read_unmended(source, settings, mapping, delivery)
    except Malformed:
        return None
    ahead = delivery.received_at + NEWEST
    if parsed.refused or any(is_bounded(alert, ahead) for _, alert in parsed.alerts):
        return None
    return _with_cuts(parsed, len(delivery.body))


def read_unmended(
    source: Source, settings: SourceSettings, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> ParsedDelivery:
    """Read a request after applying the mapping, without repair; raises as `Source.read` does."""
    came = (
        replace(delivery, body=mappings.apply_mapping(mapping, delivery.body))
        if mapping
        else delivery
    )
    return source.read(came, settings)


def read_leniently(
    source: Source, settings: SourceSettings, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> ParsedDelivery:
    """Read a request, repaired if needed; raises Malformed, and Forbidden as `Source.read` does."""
    try:
        came = (
            replace(delivery, body=mappings.apply_mapping(mapping, delivery.body))
            if mapping
            else delivery
        )
        parsed = source.read(came, settings)
    except Malformed:
        if (mended := _mended(source, settings, mapping, delivery)) is None:
            raise
        return mended
    if parsed.refused:
        mended = _mended(source, settings, mapping, delivery, parsed.refused)
        return parsed if mended is None else mended
    return _with_limits(source, settings, came, parsed)


def _mended(
    source: Source,
    settings: SourceSettings,
    mapping: mappings.Mapping,
    delivery: WebhookDelivery,
    refused: Iterable[RefusedItem] = (),
) -> ParsedDelivery | None:
    """Read a repaired request; return None if it is no JSON.

    `refused` are the items that the source refused before the repair.
    """
    found = _decoded(source, mapping, delivery)
    if found is None:
        return None
    headers, tree, marks = found
    body = MendableBody(source, tree, _roots(source, settings, tree), marks)
    if not settings.mapping:
        body.conform()
    came = replace(delivery, headers=headers)
    parsed = body.read(came, settings, refused)
    return _with_limits(source, settings, replace(came, body=body.encoded()), parsed)


def _decoded(
    source: Source, mapping: mappings.Mapping, delivery: WebhookDelivery
) -> tuple[Mapping[str, str], Any, Marks] | None:
    """Return headers, the repaired and mapped body, and the repairs; None for no JSON."""
    found = repair_json(delivery.body, _charset(delivery.headers))
    tree, marks = found if found is not None else (ABSENT, {})
    if mapping and found is not None:
        tree = msgspec.json.decode(mappings.apply_mapping(mapping, encode_json(tree)))
    if source.whole is None or (whole := source.whole(delivery, tree)) is None:
        return None if found is None else (delivery.headers, tree, marks)
    told = {to_pointer(whole.body_at) + at: what for at, what in marks.items()}
    event = repair_json(encode_json(whole.event))
    assert event is not None  # noqa: S101 - it was parsed as JSON above
    return whole.headers, event[0], told | event[1] | dict(whole.done)


def _roots(source: Source, settings: SourceSettings, tree: Any) -> Steps | None:
    """Return the place of the list of items; None where the body is the one item."""
    mapped = settings.mapping.get("items", "")
    places = [
        mapped,
        *(pointer.removesuffix("/*") for pointer in source.expects if pointer.endswith("/*")),
        "",
    ]
    for place in places:
        if isinstance(pointers.value_at(tree, at := pointers.parse_pointer(place)), list):
            return at
    return None


def _charset(headers: Mapping[str, str]) -> str:
    told = Message()
    told["content-type"] = headers.get("content-type", "")
    return told.get_content_charset("")


def _with_limits(
    source: Source, settings: SourceSettings, came: WebhookDelivery, parsed: ParsedDelivery
) -> ParsedDelivery:
    """Add a receipt entry for every text and every time that was cut."""
    parsed, ahead = _with_cuts(parsed, len(came.body)), came.received_at + NEWEST
    late = [(item, alert) for item, alert in parsed.alerts if is_bounded(alert, ahead)]
    if not late:
        return parsed
    tree = _opened(source, came)
    items = _roots(source, settings, tree)
    told = list(parsed.mended)
    for item, alert in late:
        at = (*items, str(item)) if items is not None else ()
        part = pointers.value_at(tree, at)
        told += find_cut_times(
            item, alert, *((tree, ()) if part is ABSENT else (part, at)), came.received_at
        )
    return replace(parsed, mended=tuple(told))


def _opened(source: Source, came: WebhookDelivery) -> Any:
    """Return the decoded body, also with JSON in texts decoded; None for a body that is no JSON."""
    found = _decoded(source, (), came)
    tree = found[1] if found is not None else None
    for pointer in filter(None, source.expects):
        for at, value in list(pointers.find_places(tree, pointers.parse_pointer(pointer))):
            if isinstance(value, str) and (inner := unwrapped(value)) is not None:
                put_value(tree, at, inner[0])
    return tree


def _with_cuts(parsed: ParsedDelivery, size: int) -> ParsedDelivery:
    """Add a receipt entry for every text that was cut.

    In a batch of short alerts only titles and descriptions are examined.
    """
    count = len(parsed.alerts)
    thorough = size > limits.KEY if count == 1 else size > limits.LABEL * count
    long = [
        (item, alert)
        for item, alert in parsed.alerts
        if thorough
        or len(alert.title) == limits.TITLE
        or len(alert.description) == limits.DESCRIPTION
    ]
    cuts = [RepairedValue(item, "", what) for item, alert in long for what in _cuts(alert)]
    return replace(parsed, mended=(*parsed.mended, *cuts)) if cuts else parsed


def _is_cut(texts: Collection[str]) -> bool:
    """Return whether a text was cut to the length of a label; nearly always none is so long."""
    return limits.LABEL in map(len, texts) and any(
        len(one) == limits.LABEL and one[-1] == "…" for one in texts
    )


def _cuts(alert: Alert) -> Iterable[str]:
    for name, most in LONG:
        if len(text := getattr(alert, name)) == most and text.endswith("…"):
            yield f"{name} cut to {most} characters"
    for name, texts in (("labels", alert.labels), ("annotations", alert.annotations)):
        if len(texts) == limits.MAX_LABELS or _is_cut(texts.values()):
            yield f"{name} cut to {limits.MAX_LABELS} of {limits.LABEL} characters"
