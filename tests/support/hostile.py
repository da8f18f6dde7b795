"""Request bodies of a given size that cost their parser much time or memory."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Bodies = Iterator[tuple[str, bytes]]
"""Names and bodies."""

UNITS: Mapping[str, bytes] = {
    "objects": b"{},",
    "lists": b"[],",
    "nulls": b"null,",
    "numbers": b"1,",
    "floats": b"1.7976931348623157e308,",
    "not finite": b"1e999,",
    "texts": b'"",',
    "pairs": b'{"a":1},',
    "true": b"true,",
}
"""Items that a list is filled with."""

STRINGS: Mapping[str, bytes] = {
    "plain text": b"a",
    "wide text": "\u4e2d".encode(),
    "escapes": b"\\u4e2d",
    "escaped quotes": b'\\"',
    "escaped backslashes": b"\\\\",
    "escaped nul": b"\\u0000",
    "half characters": b"\\ud800",
    "broken utf-8": b"\xff",
    "halves in utf-8": b"\xed\xa0\x80",
    "control characters": b"\x01",
    "newlines": b"\\n",
    "spaces": b" ",
    "base64": b"e30K",
    "brackets": b"[{",
    "html": b"<a href=x>",
    "json in text": b'{\\"a\\":',
}
"""Units that a text is filled with."""

BROKEN: Mapping[str, bytes] = {
    "quote and backslash": b'"\\',
    "quotes": b'"',
    "open lists": b"[",
    "open objects": b'{"a":',
    "digits": b"9",
    "blanks": b" ",
    "nul": b"\0",
    "utf-16": b"{\0",
    "escape": b"\\u0000",
    "commas": b",",
    "minus": b"-",
    "high bytes": b"\xff",
    "form fields": b"a=1&",
    "percent": b"%",
    "lines": b"a\r\n",
}
"""Units that are invalid JSON when repeated."""


def filled(before: bytes, unit: bytes, after: bytes, size: int) -> bytes:
    """Return as many whole units between `before` and `after` as fit."""
    return before + unit * max(0, (size - len(before) - len(after)) // len(unit)) + after


def long_lists(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield lists of one repeated item, between `before` and `after`."""
    for name, unit in UNITS.items():
        yield f"list of {name}", filled(before + b"[", unit, b"0]" + after, size)


def texts(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield single texts of one repeated unit, between `before` and `after`."""
    for name, unit in STRINGS.items():
        yield name, filled(before + b'"', unit, b'"' + after, size)


def large_objects(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield objects of many members, and of one member many times, between `before` and `after`."""
    names = b",".join(b'"k%d":"v"' % number for number in range(max(1, size // 14)))
    yield "members", before + b"{" + names[: names.rfind(b",", 0, max(20, size))] + b"}" + after
    yield (
        "one member again and again",
        filled(before + b"{", b'"labels":{},', b'"z":0}' + after, size),
    )


def nested(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield nested values, between `before` and `after`."""
    for name, opening, closing in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}")):
        deep = max(1, (size - len(before) - len(after)) // (len(opening) + len(closing)))
        yield f"{name} within {name}", before + opening * deep + b"1" + closing * deep + after
        shallow = opening * 31 + b"1" + closing * 31 + b","
        yield f"many {name} of 31 levels", filled(before + b"[", shallow, b"1]" + after, size)


def numbers(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield single numbers that are as long as the body, between `before` and `after`."""
    yield "long whole number", filled(before, b"9", after, size)
    yield "long fraction", filled(before + b"1.", b"9", after, size)
    yield "long exponent", filled(before + b"1e", b"9", after, size)


def broken(size: int) -> Bodies:
    """Yield bodies that are invalid JSON."""
    for name, unit in BROKEN.items():
        yield f"broken: {name}", (unit * (size // len(unit) + 1))[:size]


def values(size: int, before: bytes = b"", after: bytes = b"") -> Bodies:
    """Yield every kind of value, between `before` and `after`."""
    for make in (long_lists, texts, large_objects, nested, numbers):
        yield from make(size, before, after)


def any_json(size: int) -> Bodies:
    """Yield every kind of body that a parser of JSON may meet."""
    yield from values(size)
    yield from broken(size)


def inflate_values(example: bytes, size: int) -> Bodies:
    """Yield variants of a valid body with one value each made huge.

    Each value is replaced by every kind of value, and each list is filled with its first item.
    """
    tree = msgspec.json.decode(example)
    for at, value in _places(tree, ()):
        where = "/".join(map(str, at))
        for name, grown in values(size):
            yield f"{where}: {name}", _with(tree, at, grown)
        if isinstance(value, list) and value:
            item = msgspec.json.encode(value[0]) + b","
            yield (
                f"{where}: its own items",
                _with(tree, at, filled(b"[", item, item[:-1] + b"]", size)),
            )


def forms(size: int) -> Iterator[tuple[str, str, bytes]]:
    """Yield names, media types and bodies of forms."""
    plain, many = "application/x-www-form-urlencoded", 'multipart/form-data; boundary="b"'
    for name, unit in (
        ("fields", b"a=1&"),
        ("escapes", b"%e4%b8%ad"),
        ("ampersands", b"&"),
        ("names", b"a&"),
        ("percents", b"%"),
    ):
        yield f"form of {name}", plain, filled(b"note=", unit, b"", size)
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    yield "many parts", many, filled(b"", part, b"--b--\r\n", size)
    yield "boundaries", many, filled(b"", b"--b\r\n", b"--b--\r\n", size)
    yield "almost boundaries", many, filled(b"--b\r\n\r\n", b"\r\n--", b"\r\n--b--\r\n", size)
    yield "long head", many, filled(b"--b\r\n", b"X: y\r\n", b"\r\n1\r\n--b--\r\n", size)
    yield "folded head", many, filled(b"--b\r\nX: y\r\n", b" y\r\n", b"\r\n1\r\n--b--\r\n", size)
    yield (
        "parameters",
        many,
        filled(b"--b\r\nContent-Disposition: form-data", b"; a=1", b"\r\n\r\n1\r\n--b--\r\n", size),
    )
    yield "no boundary", "multipart/form-data", b"--\r\n" * (size // 4)


def _places(tree: Any, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every value of a tree with its place; of lists, only the first item."""
    yield at, tree
    if isinstance(tree, dict):
        for name, one in tree.items():
            yield from _places(one, (*at, name))
    elif isinstance(tree, list):
        for one in tree[:1]:
            yield from _places(one, (*at, 0))


MARK = "\x7fhere\x7f"


def _with(tree: Any, at: tuple[str | int, ...], grown: bytes) -> bytes:
    """Return the JSON of a tree with the value at one place replaced by `grown`."""
    if not at:
        return grown
    other = copy.deepcopy(tree)
    parent = other
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = MARK
    return msgspec.json.encode(other).replace(msgspec.json.encode(MARK), grown)
