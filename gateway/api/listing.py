"""The list of records: filters, four orders, and cursors that survive whatever is written in between (keyset paging)."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from asyncpg import Connection
from msgspec import Meta

from gateway.api.wire import Moment, Name
from gateway.errors import Flaw, Malformed
from gateway.incidents.columns import incident_of
from gateway.incidents.ledger import EPOCH, microseconds
from gateway.incidents.model import State
from gateway.incidents.record import Incident

Sort = Literal["-recorded_at", "recorded_at", "-updated_at", "priority"]

MICROSECOND = timedelta(microseconds=1)


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What to list. `state` and `priority` take several values separated by commas; `q` is a number or part of the text."""

    state: Name = ""
    priority: Annotated[str, Meta(pattern=r"^([1-4](,[1-4]){0,3})?\Z")] = ""
    service: Name | None = None
    assignee: Name | None = None
    source: Name | None = None
    q: Name | None = None
    updated_since: Moment | None = None
    sort: Sort = "-recorded_at"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=128)] = ""


class Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """Behind which record a page begins: the order, that record's place in it, and its id."""

    sort: Sort
    key: Annotated[int, Meta(ge=0, le=253_402_300_799_999_999)]
    id: Annotated[int, Meta(ge=0, le=2**63 - 1)]

    def text(self) -> str:
        """Opaque to callers."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def cursor_of(query: Query) -> Cursor | None:
    """The cursor of a query; raises Malformed for one that was made for another order or not by us."""
    if not query.cursor:
        return None
    try:
        padded = query.cursor.encode() + b"=" * (-len(query.cursor) % 4)
        cursor = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise _no_cursor() from error
    if cursor.sort != query.sort:
        raise _no_cursor()
    return cursor


def _no_cursor() -> Malformed:
    flaw = Flaw("/cursor", "use `next` of the page before, with the same sort")
    return Malformed("the cursor is none of this list's", flaws=(flaw,))


def states_of(query: Query) -> list[State] | None:
    """The states asked for. Raises Malformed."""
    if not query.state:
        return None
    try:
        return [State(word) for word in query.state.split(",")]
    except ValueError as error:
        raise Malformed("there is no such state", flaws=(Flaw("/state", f"one of {', '.join(State)}"),)) from error


def containing(text: str) -> str:
    """An ILIKE pattern for text anywhere; what the caller writes is taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


WANTED = """
SELECT * FROM incident
WHERE ($1::text[] IS NULL OR state = ANY($1)) AND ($2::smallint[] IS NULL OR priority = ANY($2))
  AND ($3::text IS NULL OR service = $3) AND ($4::text IS NULL OR assignee = $4) AND ($5::text IS NULL OR source = $5)
  AND ($6::text IS NULL OR number = $6 OR title ILIKE $7::text OR description ILIKE $7)
  AND ($8::timestamptz IS NULL OR updated_at >= $8)
"""

NEWEST = (
    WANTED
    + """
  AND (recorded_at, id) < (coalesce($9::timestamptz, 'infinity'), coalesce($10::bigint, 0))
ORDER BY recorded_at DESC, id DESC LIMIT $11::int
"""
)

OLDEST = (
    WANTED
    + """
  AND (recorded_at, id) > (coalesce($9::timestamptz, '-infinity'), coalesce($10::bigint, 0))
ORDER BY recorded_at, id LIMIT $11::int
"""
)

CHANGED = (
    WANTED
    + """
  AND (updated_at, id) < (coalesce($9::timestamptz, 'infinity'), coalesce($10::bigint, 0))
ORDER BY updated_at DESC, id DESC LIMIT $11::int
"""
)

URGENT = (
    WANTED
    + """
  AND (priority, id) > (coalesce($9::smallint, 0::smallint), coalesce($10::bigint, 0))
ORDER BY priority, id LIMIT $11::int
"""
)

ORDERS: Mapping[Sort, tuple[str, str]] = {
    "-recorded_at": (NEWEST, "recorded_at"),
    "recorded_at": (OLDEST, "recorded_at"),
    "-updated_at": (CHANGED, "updated_at"),
    "priority": (URGENT, "priority"),
}
"""For every order its statement and the column its cursor speaks of."""


async def page(conn: "Connection[Any]", query: Query) -> tuple[list[Incident], str | None]:
    """One page and the cursor of the next, None at the end; raises Malformed."""
    statement, column = ORDERS[query.sort]
    cursor = cursor_of(query)
    priorities = [int(word) for word in query.priority.split(",")] if query.priority else None
    rows = await conn.fetch(
        statement, states_of(query), priorities, query.service, query.assignee, query.source, query.q,
        containing(query.q or ""), query.updated_since, _key(cursor), cursor and cursor.id, query.limit + 1,
    )  # fmt: skip
    found = [incident_of(row) for row in rows[: query.limit]]
    return found, _after(query.sort, found[-1], column) if len(rows) > query.limit else None


def _key(cursor: Cursor | None) -> datetime | int | None:
    if cursor is None:
        return None
    if cursor.sort == "priority":
        return min(cursor.key, 4)
    return EPOCH + MICROSECOND * cursor.key


def _after(sort: Sort, last: Incident, column: str) -> str:
    value = getattr(last, column)
    return Cursor(sort, value if isinstance(value, int) else microseconds(value), last.id).text()
