"""Lists of records: filters, order and pages (keyset cursors).

Pages neither skip nor repeat records that do not change.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from msgspec import Meta
from multidict import MultiMapping

from gateway.db.pool import Connection
from gateway.errors import Flaw, Malformed
from gateway.incidents.columns import incident_of
from gateway.incidents.custom_fields import CustomFields
from gateway.incidents.record import Incident
from gateway.incidents.visibility import Visibility
from gateway.views.list_query import (
    BOOLEAN_FILTERS,
    LIST_FILTERS,
    TEXT_FILTERS,
    IncidentQuery,
)
from gateway.views.source_channels import CHANNEL_OF
from gateway.vocabulary import LIVE as OPEN
from gateway.web.body import reject_numeric_times

MAX_BIGINT = 2**63 - 1

FIELD, LABEL = "field.", "label."
"""The prefixes of filters by a field of the configuration and by a label."""


def parse_query(parameters: MultiMapping[str]) -> IncidentQuery:
    """Return the query string as a Query, without filters by configured fields and labels.

    Raises Malformed naming the parameter.
    """
    given: dict[str, Any] = {}
    for name in parameters:
        if len(parameters.getall(name)) > 1 and name not in LIST_FILTERS:
            raise Malformed(f"{name} is given twice", flaws=(Flaw(f"/{name}", "give it once"),))
        values = parameters.getall(name)
        if any("\0" in value for value in values):
            raise Malformed(f"{name} holds NUL", flaws=(Flaw(f"/{name}", "holds NUL"),))
        if not name.startswith((FIELD, LABEL)):
            given[name] = (
                [part for value in values for part in value.split(",")]
                if name in LIST_FILTERS
                else values[0]
            )
    try:
        query = msgspec.convert(given, IncidentQuery, strict=False)
    except msgspec.ValidationError as error:
        detail, _, where = str(error).partition(" - at `$.")
        raise Malformed(
            f"the query: {detail}", flaws=(Flaw("/" + where.rstrip("`").partition("[")[0], detail),)
        ) from error
    reject_numeric_times(query, parameters)
    if query.sort not in PAGES:
        raise Malformed(
            "sort is one of " + ", ".join(PAGES), flaws=(Flaw("/sort", "unknown order"),)
        )
    return query


def parse_field_filters(parameters: MultiMapping[str], fields: CustomFields) -> Mapping[str, Any]:
    """Return the values that fields of the configuration must have.

    Raises Malformed naming the parameter.
    """
    return fields.filter(
        {
            name.removeprefix(FIELD): text
            for name, text in parameters.items()
            if name.startswith(FIELD)
        }
    )


def parse_label_filters(parameters: MultiMapping[str]) -> Mapping[str, str]:
    """Return the labels that records must have."""
    return {
        name.removeprefix(LABEL): text
        for name, text in parameters.items()
        if name.startswith(LABEL)
    }


ALL = "SELECT * FROM incident "

FILTER = """
WHERE ($1::text[] IS NULL OR state = ANY($1::text[]))
  AND ($2::smallint[] IS NULL OR priority = ANY($2::smallint[]))
  AND ($3::text IS NULL OR service = $3::text)
  AND ($4::text IS NULL OR assignee = $4::text OR assignee_group = $4::text)
  AND ($5::text[] IS NULL OR source = ANY($5::text[]))
  AND ($6::text IS NULL OR number = $6::text OR strpos(lower(title), lower($6::text)) > 0
       OR strpos(lower(description), lower($6::text)) > 0)
  AND updated_at >= coalesce($7::timestamptz, '-infinity')
  AND ($11::text[] IS NULL OR id IN (
    SELECT incident_id FROM major_report_standing WHERE status = ANY($11::text[])))
  AND may_see(security, recorded_by, owner, contact, $8, $9, $10)
  AND ($12::jsonb IS NULL OR fields @> $12::jsonb)
  AND ($16::text[] IS NULL OR assignee_group = ANY($16::text[]))
  AND ($17::text[] IS NULL OR handler = ANY($17::text[]))
  AND ($18::text[] IS NULL OR coalesce(nullif(owner, ''), 'service_desk') = ANY($18::text[]))
  AND ($19::text[] IS NULL OR kind = ANY($19::text[]))
  AND ($20::text[] IS NULL OR CHANNEL_OF = ANY($20::text[]))
  AND ($21::text[] IS NULL OR tier = ANY($21::text[]))
  AND ($22::text[] IS NULL OR ci = ANY($22::text[]))
  AND ($23::text[] IS NULL OR category = ANY($23::text[]))
  AND ($24::text[] IS NULL OR lower(contact) = ANY($24::text[]))
  AND ($25::text[] IS NULL OR reporting_unit = ANY($25::text[]))
  AND ($26::bool IS NULL OR (kind = 'incident' AND (major OR priority <= 2)) = $26::bool)
  AND ($27::bool IS NULL OR security = $27::bool)
  AND ($28::bool IS NULL OR breached = $28::bool)
  AND ($29::bool IS NULL OR (state = 'on_hold') = $29::bool)
  AND ($30::bool IS NULL OR (shelved_until IS NOT NULL) = $30::bool)
  AND ($31::jsonb IS NULL OR labels::jsonb @> $31::jsonb)
""".replace("CHANNEL_OF", CHANNEL_OF)
NEWEST = (
    ALL
    + FILTER
    + (
        "AND ($14::bigint IS NULL OR id < $14::bigint) AND $15::timestamptz IS NULL "
        "ORDER BY id DESC LIMIT $13::int"
    )
)
OLDEST = (
    ALL
    + FILTER
    + (
        "AND ($14::bigint IS NULL OR id > $14::bigint) AND $15::timestamptz IS NULL "
        "ORDER BY id LIMIT $13::int"
    )
)
UPDATED = (
    ALL
    + FILTER
    + """
AND ($14::bigint IS NULL OR (updated_at, id) < ($15::timestamptz, $14::bigint))
ORDER BY updated_at DESC, id DESC LIMIT $13::int
"""
)
URGENT = (
    ALL
    + FILTER
    + """
AND ($14::bigint IS NULL OR (priority, id) > ($15::smallint, $14::bigint))
ORDER BY priority, id LIMIT $13::int
"""
)

LIVE = "is_open(state)"
DUE = (
    ALL
    + FILTER
    + f"AND {LIVE} "
    + """AND next_due_at IS NOT NULL
AND ($14::bigint IS NULL OR (next_due_at, id) > ($15::timestamptz, $14::bigint))
ORDER BY next_due_at, id LIMIT $13::int
"""
)
NEVER_DUE = (
    ALL
    + FILTER
    + f"AND ({LIVE} AND next_due_at IS NOT NULL) IS FALSE "
    + (
        "AND ($14::bigint IS NULL OR id > $14::bigint) AND $15::timestamptz IS NULL "
        "ORDER BY id LIMIT $13::int"
    )
)
"""The statement for records after the last due one: those over, waiting or without a target."""

PAGES: Mapping[str, tuple[str, str | None]] = {
    "-recorded_at": (NEWEST, None),
    "recorded_at": (OLDEST, None),
    "-updated_at": (UPDATED, "updated_at"),
    "priority": (URGENT, "priority"),
    "next_due": (DUE, "next_due_at"),
}
"""The statement of each order, and the column that its cursor carries besides the id."""


MOST_OWN_RECORDS = 10_000
"""The number of records that somebody with limited visibility may page through: the newest."""

OWN = """
SELECT id FROM (
  SELECT id FROM incident WHERE contact <> '' AND lower(contact) = ANY($1::text[]) UNION
  SELECT id FROM incident WHERE recorded_by <> '' AND lower(recorded_by) = ANY($1::text[]) UNION
  SELECT id FROM incident WHERE owner <> '' AND lower(owner) = ANY($1::text[]) UNION
  SELECT id FROM incident WHERE security AND $2::bool) AS own
ORDER BY id DESC LIMIT $3::int
"""


def _among_few(statement: str) -> str:
    return statement.replace("WHERE", "WHERE id = ANY($32::bigint[]) AND", 1)


PAGES_OF_OWN = {
    sort: (_among_few(statement), column) for sort, (statement, column) in PAGES.items()
}
NEVER_DUE_AMONG_FEW = _among_few(NEVER_DUE)
"""The same statements limited to the ids found by OWN, for principals who see few records.

Without the limit most of the table would be searched in vain.
"""


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """The end of a page, from which the next one continues."""

    sort: str
    id: Annotated[int, Meta(ge=0, le=MAX_BIGINT)]
    key: datetime | Annotated[int, Meta(ge=1, le=4)] | None


async def fetch_page(
    conn: Connection,
    query: IncidentQuery,
    sight: Visibility,
    having: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[list[Incident], str | None]:
    """Return one page of the visible records and the cursor of the next one, None at the end.

    `having` are values that fields of the configuration must hold, `labels` those that labels
    must. Raises Malformed for a cursor of another list.
    """
    few = [] if sight.ordinary else [await _few(conn, sight)]
    statement, column = (PAGES_OF_OWN if few else PAGES)[query.sort]
    cursor = read_cursor(query.cursor, query.sort, column) if query.cursor else None
    filters = [
        query.state,
        query.priority,
        query.service,
        query.assignee,
        query.source,
        query.q,
        query.updated_since,
        *sight.parameters(),
        query.report,
        _json(having),
    ]
    more = [
        *(_lowered(name, getattr(query, name)) for name in TEXT_FILTERS),
        *(getattr(query, name) for name in BOOLEAN_FILTERS),
    ]

    async def fetch(statement: str, count: int, place: Cursor | None) -> list[Record]:
        at = (place and place.id, place and place.key)
        return list(await conn.fetch(statement, *filters, count, *at, *more, _json(labels), *few))

    ended = query.sort == "next_due" and cursor is not None and cursor.key is None
    rows = [] if ended else await fetch(statement, query.limit + 1, cursor)
    if query.sort == "next_due" and len(rows) <= query.limit:
        tail = NEVER_DUE_AMONG_FEW if few else NEVER_DUE
        rows += await fetch(tail, query.limit + 1 - len(rows), cursor if ended else None)
    found = [incident_of(row) for row in rows[: query.limit]]
    if len(rows) <= query.limit:
        return found, None
    return found, write_cursor(Cursor(query.sort, found[-1].id, _key(found[-1], column)))


def _json(wanted: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(wanted).decode() if wanted else None


def _lowered(name: str, values: list[str] | None) -> list[str] | None:
    return [value.lower() for value in values] if values and name == "contact" else values


def _key(last: Incident, column: str | None) -> Any:
    """Return the sort key of the last record besides its id; None for one that is never due."""
    if column == "next_due_at" and last.state not in OPEN:
        return None
    return getattr(last, column) if column else None


async def _few(conn: Connection, sight: Visibility) -> list[int]:
    return [
        row[0] for row in await conn.fetch(OWN, list(sight.names), sight.security, MOST_OWN_RECORDS)
    ]


CURSOR_KEY_TYPES: Mapping[str | None, tuple[type, ...]] = {
    "updated_at": (datetime,),
    "priority": (int,),
    "next_due_at": (datetime, type(None)),
    None: (type(None),),
}


def write_cursor(cursor: Cursor) -> str:
    """Return a cursor as the text that callers get."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, sort: str, column: str | None) -> Cursor:
    """Return the cursor in a text; raises Malformed for anything but a cursor of this order."""
    try:
        cursor = msgspec.json.decode(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise Malformed(
            "the cursor is not one of ours", flaws=(Flaw("/cursor", "not a cursor"),)
        ) from error
    if cursor.sort != sort or not isinstance(cursor.key, CURSOR_KEY_TYPES[column]):
        raise Malformed(
            "the cursor belongs to another order", flaws=(Flaw("/cursor", "another order"),)
        )
    return cursor
