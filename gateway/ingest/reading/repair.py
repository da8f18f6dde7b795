"""Repair of bodies that are almost JSON: unreadable values are replaced or left out. Pure."""

import json
import math
import re
from typing import Any

from gateway.ingest.reading import limits
from gateway.ingest.reading.encodings import decode_body
from gateway.quarantine.pointers import Steps, parse_pointer, to_pointer
from gateway.receipts.mended import RepairedValue
from gateway.untrusted.json_limits import MAX_DEPTH

Marks = dict[str, str]
"""Descriptions of repairs, by the pointer of the repaired place."""

MOST = 100
"""Maximum repairs that are described for one body."""

UNREADABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL's texts cannot hold, and surrogates, which UTF-8 cannot."""

REPLACEMENT = "\ufffd"


def repair_json(body: bytes, charset: str = "") -> tuple[Any, Marks] | None:
    """Return the decoded body and its repairs; None where it cannot be repaired to JSON."""
    text, what = decode_body(body, charset)
    marks: Marks = {"": what} if what else {}
    bare = text.strip("\0 \t\r\n")
    if (
        "\0"
        in text[: len(text) - len(text.lstrip("\0 \t\r\n"))] + text[len(text.rstrip("\0 \t\r\n")) :]
    ):
        add_mark(marks, (), "NUL bytes around the body were taken off")
    try:
        tree = json.loads(bare, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        try:
            tree = json.loads(bare, parse_constant=_not_a_number, strict=False)
        except (ValueError, RecursionError):
            return None
        add_mark(marks, (), "control characters within texts were taken as they stand")
    return _sound(tree, (), marks), marks


def add_mark(marks: Marks, at: Steps, what: str) -> None:
    """Add the description of a repair at one place, unless there are too many."""
    pointer = limits.cut(to_pointer(at), limits.KEY)
    if pointer in marks:
        marks[pointer] = f"{marks[pointer]}; {what}"[:500]
    elif len(marks) < MOST:
        marks[pointer] = what


def add_marks(marks: Marks, at: Steps, done: Marks) -> None:
    """Add all repairs of a value that is at `at`."""
    for pointer, what in done.items():
        add_mark(marks, (*at, *parse_pointer(pointer)), what)


def list_repairs_of_one_item(marks: Marks) -> tuple[RepairedValue, ...]:
    """Return the repairs of a request that is one item."""
    return tuple(RepairedValue(0, at, what) for at, what in marks.items())


def encode_json(tree: Any) -> bytes:
    """Return the JSON of a decoded body."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def _not_a_number(_: str) -> float:
    return math.nan


def _sound(value: Any, at: Steps, marks: Marks) -> Any:
    if isinstance(value, str):
        return _readable(value, at, marks)
    if isinstance(value, int | float) and not abs(value) <= limits.HUGE:
        add_mark(marks, at, "a number that is none, or too large, was left out")
        return None
    if isinstance(value, dict | list) and len(at) >= MAX_DEPTH:
        add_mark(marks, at, f"nested deeper than {MAX_DEPTH} levels: left out")
        return None
    if isinstance(value, dict):
        named = ((_readable(name, at, marks), one) for name, one in value.items())
        return {name: _sound(one, (*at, name), marks) for name, one in named}
    if isinstance(value, list):
        return [_sound(one, (*at, str(index)), marks) for index, one in enumerate(value)]
    return value


def _readable(text: str, at: Steps, marks: Marks) -> str:
    if text.isascii() and "\0" not in text:
        return text
    clean, count = UNREADABLE.subn(REPLACEMENT, text)
    if count:
        add_mark(marks, at, "characters that cannot be kept were replaced by U+FFFD")
    return clean
