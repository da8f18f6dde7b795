"""The message templates of administrators in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.notify.texts.custom_templates import CustomTemplate

ANY = "*"
"""The event or channel of a template that is for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTemplate:
    """A template for an event, a channel and a language, where "*" is any event or channel."""

    event: str
    channel: str
    locale: str
    subject: str
    body: str
    updated_at: datetime
    updated_by: str


COLUMNS = (
    "SELECT event, channel, locale, subject, body, updated_at, updated_by FROM message_template "
)
LIST = COLUMNS + "ORDER BY event, channel, locale LIMIT 1000"


async def every(conn: Connection) -> list[StoredTemplate]:
    """Return all templates."""
    return [StoredTemplate(**row) for row in await conn.fetch(LIST)]


OF_EVENT = """
SELECT channel, locale, subject, body FROM message_template WHERE event IN ($1, '*')
ORDER BY event = '*'
"""

EventTemplates = Mapping[tuple[str, str], CustomTemplate]
"""The templates of an event by channel and language."""


async def of_event(conn: Connection, event: str) -> EventTemplates:
    """Return the templates for messages of an event."""
    found: dict[tuple[str, str], CustomTemplate] = {}
    for row in await conn.fetch(OF_EVENT, event):
        template = CustomTemplate(row["subject"], row["body"])
        found.setdefault((row["channel"], row["locale"]), template)
    return found


def fitting(templates: EventTemplates, channel: str, locale: str) -> CustomTemplate | None:
    """Return the template for a channel and a language; None where there is none."""
    return templates.get((channel, locale)) or templates.get((ANY, locale))


PUT = """
INSERT INTO message_template (event, channel, locale, subject, body, updated_at, updated_by)
VALUES ($1, $2, $3, $4, $5, moment($6), $7)
ON CONFLICT (event, channel, locale) DO UPDATE
SET subject = excluded.subject, body = excluded.body, updated_at = excluded.updated_at,
  updated_by = excluded.updated_by
RETURNING event, channel, locale, subject, body, updated_at, updated_by
"""


async def put(
    conn: Connection,
    place: tuple[str, str, str],
    template: CustomTemplate,
    by: str,
    stamp: datetime | None,
) -> StoredTemplate:
    """Store a template for its event, channel and language."""
    row = await conn.fetchrow(PUT, *place, template.subject, template.body, stamp, by)
    if row is None:
        raise AssertionError("an INSERT returns its row")
    return StoredTemplate(**row)


DELETE = """
DELETE FROM message_template WHERE event = $1 AND channel = $2 AND locale = $3 RETURNING event
"""


async def delete(conn: Connection, place: tuple[str, str, str]) -> None:
    """Delete a template: the gateway's own words come back; raises NotFound."""
    if await conn.fetchval(DELETE, *place) is None:
        raise NotFound("there is no template for this event, channel and language")
