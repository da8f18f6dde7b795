"""Lists of incidents: filters, order, and pages that neither skip nor repeat what does not change (keyset cursors)."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from multidict import MultiMapping

from gateway.api.body import check_written
from gateway.db.pool import Connection
from gateway.errors import Flaw, Malformed
from gateway.incidents.columns import incident_of
from gateway.incidents.custom import Fields
from gateway.incidents.model import ReportStatus, State
from gateway.incidents.record import Incident
from gateway.incidents.sight import Sight

BIGGEST = 2**63 - 1

Text = Annotated[str, Meta(max_length=256)]


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What to list; state, priority, source and report may name several, separated by commas.

    `field.NAME` asks for a value of a field of the configuration; it can be asked of several fields at once.
    """

    state: list[State] | None = None
    priority: list[Annotated[int, Meta(ge=1, le=4)]] | None = None
    service: Text | None = None
    assignee: Text | None = None
    source: list[Text] | None = None
    report: list[ReportStatus] | None = None
    q: Text | None = None
    updated_since: Annotated[datetime, Meta(tz=True)] | None = None
    field: Text | None = msgspec.field(name="field.NAME", default=None)
    sort: str = "-recorded_at"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=512)] | None = None


LISTS = frozenset({"state", "priority", "source", "report"})


FIELD = "field."
"""What the name of a parameter begins with that filters by a field of the configuration."""


def query_of(parameters: MultiMapping[str]) -> Query:
    """The query string as a Query, but for fields of the configuration; raises Malformed naming the parameter."""
    given: dict[str, Any] = {}
    for name in parameters:
        if len(parameters.getall(name)) > 1 and name not in LISTS:
            raise Malformed(f"{name} is given twice", flaws=(Flaw(f"/{name}", "give it once"),))
        values = parameters.getall(name)
        if any("\0" in value for value in values):
            raise Malformed(f"{name} holds NUL", flaws=(Flaw(f"/{name}", "holds NUL"),))
        if not name.startswith(FIELD):
            given[name] = [part for value in values for part in value.split(",")] if name in LISTS else values[0]
    try:
        query = msgspec.convert(given, Query, strict=False)
    except msgspec.ValidationError as error:
        detail, _, where = str(error).partition(" - at `$.")
        raise Malformed(f"the query: {detail}", flaws=(Flaw("/" + where.rstrip("`").partition("[")[0], detail),)) from error
    check_written(query, parameters)
    if query.sort not in PAGES:
        raise Malformed("sort is one of " + ", ".join(PAGES), flaws=(Flaw("/sort", "unknown order"),))
    return query


def fields_of(parameters: MultiMapping[str], fields: Fields) -> Mapping[str, Any]:
    """What the fields of the configuration must hold; raises Malformed naming the parameter."""
    return fields.filter({name.removeprefix(FIELD): text for name, text in parameters.items() if name.startswith(FIELD)})


FILTER = """
SELECT * FROM incident
WHERE ($1::text[] IS NULL OR state = ANY($1::text[])) AND ($2::smallint[] IS NULL OR priority = ANY($2::smallint[]))
  AND ($3::text IS NULL OR service = $3::text)
  AND ($4::text IS NULL OR assignee = $4::text OR assignee_group = $4::text)
  AND ($5::text[] IS NULL OR source = ANY($5::text[]))
  AND ($6::text IS NULL OR number = $6::text OR strpos(lower(title), lower($6::text)) > 0
       OR strpos(lower(description), lower($6::text)) > 0)
  AND updated_at >= coalesce($7::timestamptz, '-infinity')
  AND ($11::text[] IS NULL OR id IN (SELECT incident_id FROM major_report_standing WHERE status = ANY($11::text[])))
  AND CASE WHEN security THEN $8::bool
      ELSE $9::bool OR lower(owner) = ANY($10::text[]) OR lower(contact) = ANY($10::text[]) END
  AND ($12::jsonb IS NULL OR fields @> $12::jsonb)
"""
NEWEST = FILTER + "AND ($14::bigint IS NULL OR id < $14::bigint) AND $15::timestamptz IS NULL ORDER BY id DESC LIMIT $13::int"
OLDEST = FILTER + "AND ($14::bigint IS NULL OR id > $14::bigint) AND $15::timestamptz IS NULL ORDER BY id LIMIT $13::int"
UPDATED = (
    FILTER
    + """
AND ($14::bigint IS NULL OR (updated_at, id) < ($15::timestamptz, $14::bigint)) ORDER BY updated_at DESC, id DESC LIMIT $13::int
"""
)
URGENT = (
    FILTER
    + """
AND ($14::bigint IS NULL OR (priority, id) > ($15::smallint, $14::bigint)) ORDER BY priority, id LIMIT $13::int
"""
)

PAGES: Mapping[str, tuple[str, str | None]] = {
    "-recorded_at": (NEWEST, None),
    "recorded_at": (OLDEST, None),
    "-updated_at": (UPDATED, "updated_at"),
    "priority": (URGENT, "priority"),
}
"""For each order its statement, and the column that the cursor carries beside the id."""


FEW = 10_000
"""How many records somebody who sees few of them may page through: the newest."""

OWN = """
SELECT id FROM (
  SELECT id FROM incident WHERE contact <> '' AND lower(contact) = ANY($1::text[]) UNION
  SELECT id FROM incident WHERE owner <> '' AND lower(owner) = ANY($1::text[]) UNION
  SELECT id FROM incident WHERE security AND $2::bool) AS own
ORDER BY id DESC LIMIT $3::int
"""

AMONG_FEW = {
    sort: (statement.replace("WHERE", "WHERE id = ANY($16::bigint[]) AND", 1), column)
    for sort, (statement, column) in PAGES.items()
}
"""The same among records found before: whoever sees few would have most of the table looked through in vain."""


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ended."""

    sort: str
    id: Annotated[int, Meta(ge=0, le=BIGGEST)]
    key: datetime | Annotated[int, Meta(ge=1, le=4)] | None


async def page(
    conn: Connection, query: Query, sight: Sight, having: Mapping[str, Any] | None = None
) -> tuple[list[Incident], str | None]:
    """One page of what is seen and the cursor of the next one, None at the end; raises Malformed for a cursor of another list.

    `having` are values that fields of the configuration must hold.
    """
    few = [] if sight.ordinary else [await _few(conn, sight)]
    statement, column = (AMONG_FEW if few else PAGES)[query.sort]
    cursor = read_cursor(query.cursor, query.sort, column) if query.cursor else None
    rows = await conn.fetch(
        statement, query.state, query.priority, query.service, query.assignee, query.source, query.q, query.updated_since,
        *sight.parameters(), query.report, msgspec.json.encode(having).decode() if having else None,
        query.limit + 1, cursor and cursor.id, cursor and cursor.key, *few,
    )  # fmt: skip
    found = [incident_of(row) for row in rows[: query.limit]]
    if len(rows) <= query.limit:
        return found, None
    last = found[-1]
    return found, write_cursor(Cursor(query.sort, last.id, getattr(last, column) if column else None))


async def _few(conn: Connection, sight: Sight) -> list[int]:
    return [row[0] for row in await conn.fetch(OWN, list(sight.names), sight.security, FEW)]


KINDS: Mapping[str | None, type] = {"updated_at": datetime, "priority": int, None: type(None)}


def write_cursor(cursor: Cursor) -> str:
    """A cursor as callers carry it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, sort: str, column: str | None) -> Cursor:
    """The cursor of a page in this order; raises Malformed for anything else."""
    try:
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Malformed("the cursor is not one of ours", flaws=(Flaw("/cursor", "not a cursor"),)) from error
    if cursor.sort != sort or not isinstance(cursor.key, KINDS[column]):
        raise Malformed("the cursor belongs to another order", flaws=(Flaw("/cursor", "another order"),))
    return cursor
