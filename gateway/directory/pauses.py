"""The pauses of people in the database: quiet hours and do-not-disturb."""

from datetime import datetime, timedelta

from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.directory.contact_methods import methods_of_id, person_id_of
from gateway.directory.quiet_hours import DoNotDisturb, Pauses
from gateway.directory.reaches import write_spans
from gateway.errors import Flaw, Unprocessable

LONGEST = timedelta(days=92)
"""The longest do-not-disturb."""

QUIET = """
INSERT INTO person_pause (person_id, quiet, passes, silent_methods)
VALUES ($1, $2::text::json, $3, $4::bigint[])
ON CONFLICT (person_id) DO UPDATE SET quiet = excluded.quiet, passes = excluded.passes,
  silent_methods = excluded.silent_methods
"""
DISTURB = """
INSERT INTO person_pause (person_id, disturb_until, disturb_reason, disturb_absolute)
VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id) DO UPDATE SET disturb_until = excluded.disturb_until,
  disturb_reason = excluded.disturb_reason, disturb_absolute = excluded.disturb_absolute
"""
RELEASE = """
UPDATE outbox SET next_attempt_at = moment($2), held_until = moment($2)
WHERE channel = 'person' AND recipient = $1 AND state = 'pending' AND bundle IS NULL
  AND held_for IN ('quiet_hours', 'do_not_disturb') AND held_until > moment($2)
"""
"""The update by which messages that wait for the end of a pause are looked at again."""


async def set_quiet_hours(
    conn: Connection, login: str, pauses: Pauses, stamp: datetime | None
) -> None:
    """Set the quiet hours of a person, with what passes and the silent methods.

    Raises NotFound, and Unprocessable for a method that is not theirs.
    """
    person_id = await person_id_of(conn, login, lock=True)
    known = {one.id for one in await methods_of_id(conn, person_id)}
    if foreign := sorted(pauses.silent_methods - known):
        flaw = Flaw("/silent_methods", f"the person has no contact method {foreign[0]}")
        raise Unprocessable("the quiet hours cannot be used", flaws=(flaw,))
    silent = sorted(pauses.silent_methods)
    await conn.execute(QUIET, person_id, write_spans(pauses.quiet), pauses.passes, silent)
    await conn.execute(RELEASE, login, stamp)


async def set_do_not_disturb(
    conn: Connection, login: str, disturb: DoNotDisturb | None, stamp: datetime | None
) -> None:
    """Begin or end a do-not-disturb; raises NotFound, and Unprocessable for one that is over."""
    person_id = await person_id_of(conn, login, lock=True)
    now = await fetch_now(conn, stamp)
    if disturb is not None and not now < disturb.until <= now + LONGEST:
        flaw = Flaw("/until", f"a time from now on, at most {LONGEST.days} days ahead")
        raise Unprocessable("do-not-disturb has an end", flaws=(flaw,))
    given = disturb or DoNotDisturb(now)
    await conn.execute(DISTURB, person_id, given.until, given.reason, given.absolute)
    await conn.execute(RELEASE, login, stamp)
