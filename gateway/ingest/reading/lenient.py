"""Lenient reading: a request that its source refuses is repaired and read once more. Pure.

A body that its source accepts costs nothing here. Of any other the text is repaired, the values
are converted to the expected types, and values that the source still refuses are left out unless
they name an alert. Every change is listed in `Parsed.mended`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import Any

import msgspec

from gateway.errors import Flaw, Malformed
from gateway.incidents.alert import NEWEST, Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.bounded_times import find_cut_times, is_bounded
from gateway.ingest.reading.conform import conform_types, is_kept
from gateway.ingest.reading.repair import Marks, add_mark, add_marks, encode_json, repair_json
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.quarantine import mapping as mappings
from gateway.quarantine import pointers
from gateway.quarantine.pointers import ABSENT, EVERY_ITEM, Steps, to_pointer
from gateway.receipts.mended import WHOLE, RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.settings import SourceSettings

MISSING = "Object missing required field"
"""The beginning of msgspec's message about a missing field."""

MISSING_FIELD = re.compile(rf"{MISSING} `(.+)`")

ROUNDS = 8
"""The maximum number of times a body is read again after something was left out of it."""

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
    body = _Body(source, tree, _roots(source, settings, tree), marks)
    if not settings.mapping:
        body.conform()
    return body.read(replace(delivery, headers=headers), settings, refused)


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


@dataclass(slots=True)
class _Body:
    """A decoded body that is being repaired."""

    source: Source
    tree: Any
    items: Steps | None
    marks: Marks
    kept: frozenset[Steps] = field(init=False)
    left: dict[Steps, Flaw] = field(default_factory=dict)
    wrapped: list[tuple[Steps, Callable[[bytes], str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        named = [
            (),
            *(pointers.parse_pointer(pointer) for pointer in self.source.identity_pointers),
        ]
        within = [] if self.items is None else [(*self.items, EVERY_ITEM, *one) for one in named]
        self.kept = frozenset([*named, *within])

    def encoded(self) -> bytes:
        """Return the repaired body as bytes."""
        inner = [(at, wrap, pointers.value_at(self.tree, at)) for at, wrap in self.wrapped]
        for at, wrap, value in inner:
            _put(self.tree, at, wrap(encode_json(value)))
        body = encode_json(self.tree)
        for at, _, value in inner:
            _put(self.tree, at, value)
        return body

    def conform(self) -> None:
        """Convert every value to its type, also in texts that contain a JSON body of their own."""
        for pointer, kinds in self.source.expects.items():
            if not pointer:
                self.tree = self._noted(conform_types(self.tree, kinds, self.kept))
        for pointer, kinds in self.source.expects.items():
            for at, value in (
                list(pointers.find_places(self.tree, pointers.parse_pointer(pointer)))
                if pointer
                else ()
            ):
                self._conform_part(at, value, kinds)

    def _conform_part(self, at: Steps, value: Any, kinds: Any) -> None:
        if isinstance(value, str):
            if (inner := _unwrapped(value)) is None:
                return
            value, wrap, done = inner
            self.wrapped.append((at, wrap))
            add_marks(self.marks, at, done)
        if isinstance(value, dict):
            _put(self.tree, at, self._noted(conform_types(value, kinds, self.kept, at)))

    def _noted(self, done: tuple[Any, Marks]) -> Any:
        add_marks(self.marks, (), done[1])
        return done[0]

    def read(
        self, delivery: WebhookDelivery, settings: SourceSettings, as_sent: Iterable[RefusedItem]
    ) -> ParsedDelivery:
        """Read the body repeatedly, each time without the values that the source refused.

        Items that stay refused are stored as they were sent. Raises Malformed if the whole body
        stays refused.
        """
        sent = {one.item: one.body for one in as_sent}
        for _ in range(ROUNDS):
            try:
                parsed = self.source.read(replace(delivery, body=self.encoded()), settings)
                flaws: Iterable[Flaw] = [Flaw(one.pointer, one.problem) for one in parsed.refused]
            except Malformed as error:
                parsed, flaws = None, error.flaws
            if not self._without(flaws):
                break
        if parsed is None:
            flaws = [self._cause(flaw) for flaw in flaws]
            raise Malformed(flaws[0].detail, flaws=tuple(flaws))
        whole = {None: delivery.body} if self.items is None else {}
        refused = []
        for one in parsed.refused:
            cause = self._cause(Flaw(one.pointer, one.problem))
            body = sent.get(one.item, whole.get(None, one.body))
            refused.append(RefusedItem(one.item, cause.detail, cause.pointer, body))
        told = replace(parsed, refused=tuple(refused), mended=self._told())
        return _with_limits(self.source, settings, replace(delivery, body=self.encoded()), told)

    def _cause(self, flaw: Flaw) -> Flaw:
        """Return the flaw, or for a missing value the flaw because of which it was left out."""
        at = _place(flaw)
        within = (
            left
            for where, left in self.left.items()
            if len(where) > len(at) and where[: len(at)] == at
        )
        return next(within, flaw) if flaw.detail.startswith(MISSING) else flaw

    def _without(self, flaws: Iterable[Flaw]) -> bool:
        """Repair the flaws; return whether anything changed, so that it is worth reading again."""
        done = [self._mend(flaw) for flaw in flaws]
        return any(done)

    def _mend(self, flaw: Flaw) -> bool:
        if (done := self._stand_in(flaw)) is not None:
            at, instead, what = done
            _put(self.tree, at, instead)
            add_mark(self.marks, at, f"{what}: {flaw.detail}")
            return True
        at = _place(flaw)
        parent, there = pointers.value_at(self.tree, at[:-1]), pointers.value_at(self.tree, at)
        if there is None and isinstance(parent, list) and not is_kept(at, self.kept):
            at, there = at[:-1], parent
            parent = pointers.value_at(self.tree, at[:-1])
        if (
            there is ABSENT
            or is_kept(at, self.kept)
            or (there is None and isinstance(parent, list))
        ):
            return False
        if isinstance(parent, dict):
            del parent[at[-1]]
        else:
            parent[int(at[-1])] = None
        self.left[at] = flaw
        add_mark(self.marks, at, f"left out: {flaw.detail}")
        return True

    def _stand_in(self, flaw: Flaw) -> tuple[Steps, Any, str] | None:
        """Return a replacement for a refused value: its place, the value, and its description."""
        at = _place(flaw)
        if (missing := MISSING_FIELD.match(flaw.detail)) is not None:
            at = (*at, missing[1])
        parent, there = pointers.value_at(self.tree, at[:-1]), pointers.value_at(self.tree, at)
        if not isinstance(parent, dict):
            return None
        for pointer, instead in self.source.values_if_unreadable.items():
            if _same(pointers.parse_pointer(pointer), at) and (type(there), there) != (
                type(instead),
                instead,
            ):
                return at, instead, f"read as {instead!r}"
        for pointer, names in self.source.fallbacks.items():
            for name, text in (
                (name, parent.get(name))
                for name in names
                if pointers.parse_pointer(pointer) == self._in_item(at)
            ):
                if (
                    isinstance(text, str)
                    and text.strip()
                    and there != (line := text.strip().splitlines()[0])
                ):
                    return at, line, f"read from {name}"
        return None

    def _in_item(self, at: Steps) -> Steps:
        """Return a place relative to its item."""
        return at if self.items is None else at[len(self.items) + 1 :]

    def _told(self) -> tuple[RepairedValue, ...]:
        return tuple(
            RepairedValue(self._item(pointers.parse_pointer(at)), at, what)
            for at, what in self.marks.items()
        )

    def _item(self, at: Steps) -> int:
        """Return the index of the item that a place is in, WHOLE for none."""
        if self.items is None:
            return 0 if at else WHOLE
        depth = len(self.items)
        return (
            int(at[depth])
            if len(at) > depth and at[:depth] == self.items and at[depth].isdigit()
            else WHOLE
        )


def _place(flaw: Flaw) -> Steps:
    """Return the place of a flaw; the whole body if its pointer is none."""
    return pointers.parse_pointer(flaw.pointer if flaw.pointer.startswith("/") else "")


Unwrapped = tuple[Any, Callable[[bytes], str], Marks]


def _unwrapped(text: str) -> Unwrapped | None:
    """Return the object in a text of JSON or base64, its way back to text, and the repairs."""
    with suppress(binascii.Error, ValueError):  # no base64, so it may be JSON itself
        plain = base64.b64decode(text, validate=True)
        if (found := repair_json(plain)) is not None and isinstance(found[0], dict):
            return found[0], lambda body: base64.b64encode(body).decode(), found[1]
    found = repair_json(text.encode())
    return (
        (found[0], bytes.decode, found[1])
        if found is not None and isinstance(found[0], dict)
        else None
    )


def _put(tree: Any, at: Steps, value: Any) -> None:
    parent = pointers.value_at(tree, at[:-1])
    parent[int(at[-1]) if isinstance(parent, list) else at[-1]] = value


def _same(pattern: Steps, at: Steps) -> bool:
    return len(pattern) == len(at) and pointers.overlap(pattern, at)


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
            if isinstance(value, str) and (inner := _unwrapped(value)) is not None:
                _put(tree, at, inner[0])
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
