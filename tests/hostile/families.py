"""Families of hostile requests, generated from a target, a random generator and a size in bytes."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from gateway.web.described_endpoint import FORM, PARTS
from tests.hostile.routes import Target
from tests.hostile.samples import encoded
from tests.support.patterns import UNITS

FAR = (
    "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59+00:00", "10000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z", "infinity", "-infinity", "294276-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z", "1970-01-01T00:00:00-23:59", 253402300799, 253402300799999, 1e18,
    -62135596800, 2**63, "253402300799", "9223372036854775807",
)  # fmt: skip
"""Times that PostgreSQL, Python or a sum with a duration cannot represent, or not correctly."""

NUMBERS = (2**31, 2**63, -(2**63) - 1, 2**64, 10**40, 1e308, -1e308, -0.0, 5e-324, 0, -1, True)
ODD: tuple[Any, ...] = (
    None,
    "",
    "\0",
    "\ud800",
    "\u202e",
    "\r\nX: y",
    "' OR 1=1 --",
    "%s%n",
    [],
    {},
    [[]],
    {"a": {"a": []}},
    False,
)
BOUNDARY = b"b0"


@dataclass(frozen=True, slots=True)
class Hostile:
    """A hostile request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


Family = Callable[[Target, Random, int], Hostile]


def strings(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with one unit repeated in a text of a valid body, or as the whole body."""
    text = _repeated(chance.choice(UNITS), size)
    if chance.random() < 0.2:
        return _sent(target, chance.choice((b"", b'{"a":"', b"[")) + text.encode())
    return _sent(target, encoded(_placed(target.body(chance), text, chance)))


def items(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with a list or an object of as many members as fit the size."""
    whole = target.body(chance)
    one = chance.choice((b"{}", b"[]", b"0", b"null", b'""', encoded(whole)[: size // 4] or b"{}"))
    many = b"[" + b",".join([one] * max(1, size // (len(one) + 1))) + b"]"
    if chance.random() < 0.3:
        many = b"{" + b",".join(b'"%d":0' % number for number in range(size // 9)) + b"}"
    if not isinstance(whole, dict) or not whole or chance.random() < 0.2:
        return _sent(target, many)
    name = chance.choice(
        [name for name, value in whole.items() if isinstance(value, list | dict)] or list(whole)
    )
    head = encoded({key: value for key, value in whole.items() if key != name})[:-1]
    return _sent(
        target, head + (b"," if len(head) > 1 else b"") + encoded(name) + b":" + many + b"}"
    )


def deep(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with deeply nested brackets, closed or not."""
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")))
    levels = max(1, size // (len(opened) + len(closed)))
    nested = opened * levels + (b"1" + closed * levels if chance.random() < 0.7 else b"")
    return _sent(target, nested if chance.random() < 0.5 else b'{"title":' + nested + b"}")


def numbers(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with a number beyond every range, or of very many digits."""
    body = target.body(chance)
    if chance.random() < 0.7:
        return _sent(target, encoded(_placed(body, chance.choice(NUMBERS), chance)))
    digits = chance.choice(
        (b"9" * size, b"0." + b"9" * size, b"1e" + b"9" * min(size, 2_000), b"-" + b"1" * size)
    )
    marked = encoded(_placed(body, "\x01", chance))
    return _sent(target, marked.replace(b'"\\u0001"', digits, 1))


def times(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with an extreme value for every time, or else for any one value."""
    del size
    body, when = target.body(chance), chance.choice(FAR)
    far = _far(body, when)
    return _sent(target, encoded(far if far != body else _placed(body, when, chance)))


def odd(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with a value of the wrong type or an unknown member."""
    del size
    body = target.body(chance)
    if isinstance(body, dict) and chance.random() < 0.3:
        body = body | {
            chance.choice(("id", "state", "tenant_id", "__proto__", "")): chance.choice(ODD)
        }
    return _sent(target, encoded(_placed(body, chance.choice(ODD), chance)))


def encodings(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with invalid UTF-8, another charset, or a compressed body or bomb."""
    body = encoded(target.body(chance))
    way = chance.randrange(5)
    if way == 0:
        packed = gzip.compress(b" " * (size * 20), mtime=0)
        return _sent(target, packed, {"Content-Encoding": chance.choice(("gzip", "deflate", "br"))})
    if way == 1:
        return _sent(target, body.decode().encode(chance.choice(("utf-16", "utf-32"))))
    if way == 2:
        return _sent(
            target,
            body,
            {
                "Content-Type": (
                    f"application/json; charset={chance.choice(('utf-7', 'x' * 200, 'idna'))}"
                )
            },
        )
    if way == 3:
        return _sent(target, bytes([chance.choice((0x80, 0xFF, 0xC0, 0xED))]) * size)
    at = chance.randrange(len(body) + 1)
    return _sent(
        target,
        body[:at] + chance.choice((b"\xed\xa0\x80", b"\xff", b"\0", b"\xef\xbb\xbf")) + body[at:],
    )


def queries(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with long, extreme, odd or many query parameters, and a valid body."""
    names = (*target.query, "cursor", "limit", "q", "sort", "key", "a")
    values = (
        _repeated(chance.choice(UNITS), min(size, 3_000)),
        str(chance.choice(FAR)),
        str(chance.choice(NUMBERS)),
        "\0",
        "\ud800",
    )
    pairs = "&".join(
        f"{chance.choice(names)}={quote(chance.choice(values).encode('utf-8', 'surrogatepass'))}"[
            :3_000
        ]
        for _ in range(2)
    )
    path = f"{target.path}{'&' if '?' in target.path else '?'}{pairs}"[:7_000]
    sent = _sent(target, encoded(target.body(chance)))
    return Hostile(sent.method, path, sent.headers, sent.body)


def heads(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with long, odd or reinterpreting headers, and a valid body."""
    text = _repeated(
        chance.choice([unit for unit in UNITS if unit.isprintable()]), min(size, 6_000)
    )
    name = chance.choice(
        (
            "If-Match",
            "Idempotency-Key",
            "Accept-Language",
            "User-Agent",
            "X-Request-Id",
            "X-Forwarded-For",
            "webhook-signature",
            "X-Hub-Signature-256",
            "Cookie",
            "Content-Type",
            "Range",
            "If-None-Match",
            "Accept",
            "Authorization",
            "X-Api-Key",
        )
    )
    return _sent(
        target,
        encoded(target.body(chance)),
        {name: text.encode("latin-1", "replace").decode("latin-1").strip() or "a"},
    )


def forms(target: Target, chance: Random, size: int) -> Hostile:
    """Return a request with a form of many, long or broken fields, where forms are accepted."""
    if PARTS in target.forms and chance.random() < 0.6:
        return _sent(
            target,
            _parts(chance, size),
            {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"},
        )
    unit = chance.choice(
        (
            b"a=1&",
            b"a=%",
            b"=&",
            b"%00=1&",
            b"a[]=%F0%9F&",
            b"email=%3D%3Futf-8%3Fq%3F&",
            b"body-mime=%0A&",
        )
    )
    return _sent(target, (unit * (size // len(unit) + 1))[:size], {"Content-Type": FORM})


def _parts(chance: Random, size: int) -> bytes:
    """Return a multipart body of many small parts, with a hostile head, or wrong boundaries."""
    head = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n'
    long = (
        _repeated(chance.choice(UNITS), min(size, 7_000))
        .encode()
        .replace(b"\r", b"")
        .replace(b"\n", b"")
    )
    ended = b"\r\n--" + BOUNDARY + b"--\r\n"
    match chance.randrange(4):
        case 0:
            one = head % (b"a", b"") + b"1\r\n"
            return one * (size // len(one)) + ended
        case 1:
            return head % (b"email", b'; filename="' + long + b'"') + b"x" * size + ended
        case 2:
            return head % (b"email", b"") + (b"\r\n--" + BOUNDARY[:1]) * (size // 5)
    mail = (
        b"Content-Type: multipart/mixed; boundary=c\r\nSubject: "
        + long
        + b"\r\n\r\n"
        + b"--c\r\n\r\n" * (size // 7)
    )
    return head % (b"email", b"") + mail + ended


FAMILIES: Mapping[str, Family] = {
    one.__name__: one
    for one in (strings, items, deep, numbers, times, odd, encodings, queries, heads, forms)
}


def fits(family: str, target: Target) -> bool:
    """Return whether the family applies to the target."""
    if family == "forms":
        return bool(target.forms)
    return family in {"queries", "heads"} or target.takes_body


def _sent(target: Target, body: bytes, headers: Mapping[str, str] | None = None) -> Hostile:
    sent = {"Content-Type": "application/json", **target.headers, **(headers or {})}
    return Hostile(
        target.method, target.path, sent, body[: target.largest] if target.takes_body else None
    )


def _repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def _placed(value: Any, what: Any, chance: Random) -> Any:
    """Return the value with one random leaf replaced."""
    if isinstance(value, dict) and value:
        name = chance.choice(list(value))
        return value | {name: _placed(value[name], what, chance)}
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        return [
            _placed(one, what, chance) if index == at else one for index, one in enumerate(value)
        ]
    return what


def _far(value: Any, when: Any) -> Any:
    """Return the value with every time, or value named like a time, replaced."""
    if isinstance(value, dict):
        return {
            name: when if _is_time(name, one) else _far(one, when) for name, one in value.items()
        }
    return [_far(one, when) for one in value] if isinstance(value, list) else value


def _is_time(name: str, value: Any) -> bool:
    named = any(
        word in name.lower() for word in ("time", "date", "until", "_at", "expir", "since")
    ) or name.lower().endswith("at")
    return (named and isinstance(value, str | int | float)) or (
        isinstance(value, str) and value[:3] in {"202", "201"} and "T" in value
    )


def every(
    family: str, chosen: list[Target], chance: Random, count: int, size: Callable[[Random], int]
) -> Iterator[Hostile]:
    """Yield `count` inputs of a family, for its targets in turn, in random order."""
    fitting = [target for target in chosen if fits(family, target)]
    chance.shuffle(fitting)
    for number in range(count):
        target = fitting[number % len(fitting)]
        yield FAMILIES[family](target, chance, min(size(chance), target.largest))
