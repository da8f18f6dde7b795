"""A decoded body that is repaired value by value until its source reads it. Pure."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.errors import Flaw, Malformed
from gateway.ingest.reading.conform import conform_types, is_kept
from gateway.ingest.reading.repair import Marks, add_mark, add_marks, encode_json, repair_json
from gateway.ingest.reading.source import ParsedDelivery, Source, WebhookDelivery
from gateway.quarantine import pointers
from gateway.quarantine.pointers import ABSENT, EVERY_ITEM, Steps
from gateway.receipts.mended import WHOLE, RepairedValue
from gateway.receipts.refused import RefusedItem
from gateway.settings import SourceSettings

MISSING = "Object missing required field"
"""The beginning of msgspec's message about a missing field."""

MISSING_FIELD = re.compile(rf"{MISSING} `(.+)`")

ROUNDS = 8
"""The maximum number of times a body is read again after something was left out of it."""


@dataclass(slots=True)
class MendableBody:
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
            put_value(self.tree, at, wrap(encode_json(value)))
        body = encode_json(self.tree)
        for at, _, value in inner:
            put_value(self.tree, at, value)
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
            if (inner := unwrapped(value)) is None:
                return
            value, wrap, done = inner
            self.wrapped.append((at, wrap))
            add_marks(self.marks, at, done)
        if isinstance(value, dict):
            put_value(self.tree, at, self._noted(conform_types(value, kinds, self.kept, at)))

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
        return replace(parsed, refused=tuple(refused), mended=self._told())

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
            put_value(self.tree, at, instead)
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


def unwrapped(text: str) -> Unwrapped | None:
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


def put_value(tree: Any, at: Steps, value: Any) -> None:
    """Put a value at a place of a decoded body."""
    parent = pointers.value_at(tree, at[:-1])
    parent[int(at[-1]) if isinstance(parent, list) else at[-1]] = value


def _same(pattern: Steps, at: Steps) -> bool:
    return len(pattern) == len(at) and pointers.overlap(pattern, at)
