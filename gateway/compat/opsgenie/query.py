"""The part of Opsgenie's search syntax that clients use: `field:value` joined by AND. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import Flaw, Unprocessable

MOST, SHOWN = 100, 20
"""Alerts of one page: the maximum and the default."""

MAX_LIST_DEPTH = 20_000
"""The last alert that pages of a list reach."""

TERM = re.compile(
    r'\s*(?:(?i:AND)\s+)?(?P<field>[A-Za-z]+)\s*[:=]\s*(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"()]+))'
)
FIELDS = ("status", "acknowledged", "alias", "priority", "tag", "entity", "message")
VALUES: Mapping[str, tuple[str, ...]] = {
    "status": ("open", "closed"),
    "acknowledged": ("true", "false"),
}


@dataclass(frozen=True, slots=True)
class Search:
    """The conditions an alert must satisfy; None is any value. `message` is part of its title."""

    status: str | None = None
    acknowledged: bool | None = None
    alias: str | None = None
    priority: str | None = None
    tag: str | None = None
    entity: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A part of a list, sorted by descending date unless `ascending`."""

    offset: int = 0
    limit: int = SHOWN
    ascending: bool = False


def parse_search(text: str) -> Search:
    """Return a query as a search.

    Raises Unprocessable for what is not supported: OR, NOT, groups and other fields.
    """
    found: dict[str, str] = {}
    rest = text.strip()
    while rest:
        term = TERM.match(rest)
        field = term["field"].lower().replace("tags", "tag") if term else ""
        if term is None or field not in FIELDS or field in found:
            raise _unreadable(
                f"query is read as field:value joined by AND, with {', '.join(FIELDS)}: "
                f"not {rest[:80]!r}"
            )
        found[field] = term["quoted"] if term["quoted"] is not None else term["word"].strip("*")
        rest = rest[term.end() :].strip()
    return _checked(found)


def _checked(found: Mapping[str, str]) -> Search:
    for field, values in VALUES.items():
        if field in found and found[field].lower() not in values:
            raise _unreadable(f"{field} is {' or '.join(values)}")
    return Search(
        status=found["status"].lower() if "status" in found else None,
        acknowledged=found["acknowledged"].lower() == "true" if "acknowledged" in found else None,
        alias=found.get("alias"),
        priority=found["priority"].upper() if "priority" in found else None,
        tag=found.get("tag"),
        entity=found.get("entity"),
        message=found.get("message"),
    )


def parse_page(query: Mapping[str, str]) -> AlertPage:
    """Return the page that `offset`, `limit` and `order` describe; raises Unprocessable."""
    offset, limit = _number(query, "offset", 0), min(_number(query, "limit", SHOWN), MOST)
    if offset + limit > MAX_LIST_DEPTH:
        raise _unreadable(f"offset and limit reach {MAX_LIST_DEPTH} alerts at most")
    order = query.get("order", "desc").lower()
    if order not in {"asc", "desc"}:
        raise _unreadable("order is asc or desc")
    return AlertPage(offset, limit, order == "asc")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise _unreadable(f"{name} is a number")
    return int(text)


def _unreadable(detail: str) -> Unprocessable:
    return Unprocessable(detail, flaws=(Flaw("/query", detail),))
