"""The API that previews the due times of open records under an edited configuration."""

import asyncio
from datetime import datetime

import msgspec
from aiohttp import web

from gateway.access.permissions import visibility_of
from gateway.api import clock_events
from gateway.api.context import ApiCall, respond
from gateway.db.moment import fetch_now
from gateway.db.pool import acquire
from gateway.errors import Flaw, Unprocessable
from gateway.escalation.preview import PARTS, edited_rules, moved_deadlines
from gateway.incidents.columns import incident_of
from gateway.sla.public_days import load


class MovedClock(msgspec.Struct):
    """A clock that would be due at another instant; null means never."""

    number: str
    clock: str
    due_before: datetime | None
    due_after: datetime | None


class SlaPreview(msgspec.Struct):
    """The clocks that would change on one page of open records, the most urgent first.

    `next` is the cursor of the next page, null at the end.
    """

    moved: list[MovedClock]
    examined: int
    next: str | None


OPEN = """
SELECT * FROM incident
WHERE is_open(state) AND (priority, id) > ($1::smallint, $2::bigint)
  AND ($4::bool OR NOT security)
ORDER BY priority, id LIMIT $3
"""


async def preview_sla(call: ApiCall[clock_events.Preview]) -> web.Response:
    """Compute the clocks of open records under both configurations; nothing is changed."""
    uow, asked = call.context.uow, call.body
    named = (calendar.get("holidays") for calendar in asked.calendars.values())
    await asyncio.to_thread(load, [one for one in named if isinstance(one, str)])
    after = edited_rules(uow.rules, {part: getattr(asked, part) for part in PARTS})
    sees = visibility_of(call.who).security
    priority, _, last = asked.cursor.partition("-")
    async with acquire(uow.pool) as conn:
        now = await fetch_now(conn, uow.clock.stamp())
        incidents = [
            incident_of(row)
            for row in await conn.fetch(OPEN, int(priority), int(last), asked.limit, sees)
        ]
    try:
        moves = [
            MovedClock(m.number, m.clock, m.due_before, m.due_after)
            for m in moved_deadlines(uow.rules, after, incidents, now)
        ]
    except OverflowError as error:
        raise Unprocessable(
            "a clock would be due further away than can be counted", flaws=(Flaw("", str(error)),)
        ) from error
    full = len(incidents) == asked.limit
    following = f"{incidents[-1].priority}-{incidents[-1].id}" if full else None
    return respond(SlaPreview(moves, len(incidents), following))
