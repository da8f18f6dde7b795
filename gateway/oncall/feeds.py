"""Feeds of shifts in the database: whose they are, and the version of their addresses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from gateway.db.pool import Connection
from gateway.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """The feed of a person, or of a schedule, that has an address.

    `login`, `locale` and `credentials_since` are those of its person, "" and None for the feed of
    a schedule, whose slug is `slug`.
    """

    id: int
    generation: int
    made_at: datetime
    made_by: str
    login: str
    locale: str
    credentials_since: datetime | None
    slug: str


FEEDS = """
SELECT f.id, f.generation, f.made_at, f.made_by, coalesce(p.login, '') AS login,
  coalesce(p.locale, '') AS locale, p.credentials_since, coalesce(s.slug, '') AS slug
FROM calendar_feed f
  LEFT JOIN person p ON p.id = f.person_id LEFT JOIN schedule s ON s.id = f.schedule_id
WHERE f.revoked_at IS NULL AND coalesce(p.active, s.active)
"""
BY_ID = FEEDS + "AND f.id = $1 AND f.generation = $2"
OF_PERSON = FEEDS + "AND p.login = $1"
OF_SCHEDULE = FEEDS + "AND s.slug = $1"


async def feed_by_id(conn: Connection, feed_id: int, generation: int) -> StoredFeed | None:
    """Return the feed of an address, None if the address is not valid any more."""
    return _feed_of(await conn.fetchrow(BY_ID, feed_id, generation))


async def feed_of_person(conn: Connection, login: str) -> StoredFeed | None:
    """Return the feed of a person, None if it has no address."""
    return _feed_of(await conn.fetchrow(OF_PERSON, login))


async def feed_of_schedule(conn: Connection, slug: str) -> StoredFeed | None:
    """Return the feed of a schedule, None if it has no address."""
    return _feed_of(await conn.fetchrow(OF_SCHEDULE, slug))


def _feed_of(row: Record | None) -> StoredFeed | None:
    return None if row is None else StoredFeed(**row)


RENEW_OF_PERSON = """
INSERT INTO calendar_feed AS f (person_id, made_at, made_by)
SELECT p.id, moment($2), $3 FROM person p WHERE p.login = $1
ON CONFLICT (person_id) DO UPDATE SET generation = f.generation + 1, made_at = excluded.made_at,
  made_by = excluded.made_by, revoked_at = NULL
"""
RENEW_OF_SCHEDULE = """
INSERT INTO calendar_feed AS f (schedule_id, made_at, made_by)
SELECT s.id, moment($2), $3 FROM schedule s WHERE s.slug = $1
ON CONFLICT (schedule_id) DO UPDATE SET generation = f.generation + 1,
  made_at = excluded.made_at, made_by = excluded.made_by, revoked_at = NULL
"""


async def renew_feed_of_person(
    conn: Connection, login: str, by: str, stamp: datetime | None
) -> StoredFeed:
    """Make a new address of a person's feed, which ends the one before; raises NotFound."""
    await conn.execute(RENEW_OF_PERSON, login, stamp, by)
    if (made := await feed_of_person(conn, login)) is None:
        raise NotFound(f"nobody active has the login {login}")
    return made


async def renew_feed_of_schedule(
    conn: Connection, slug: str, by: str, stamp: datetime | None
) -> StoredFeed:
    """Make a new address of a schedule's feed, which ends the one before; raises NotFound."""
    await conn.execute(RENEW_OF_SCHEDULE, slug, stamp, by)
    if (made := await feed_of_schedule(conn, slug)) is None:
        raise NotFound(f"there is no active schedule {slug}")
    return made


REVOKE = "UPDATE calendar_feed SET revoked_at = moment($2) WHERE id = $1"


async def revoke_feed(conn: Connection, feed: StoredFeed | None, stamp: datetime | None) -> None:
    """End the address of a feed; raises NotFound where it has none."""
    if feed is None:
        raise NotFound("this calendar has no address")
    await conn.execute(REVOKE, feed.id, stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson:
    """The name and the time zone of a person."""

    name: str
    zone: str


NAMED = "SELECT login, name, zone FROM person WHERE login = ANY($1::text[])"


async def people_by_login(conn: Connection, logins: Collection[str]) -> dict[str, NamedPerson]:
    """Return these people by login."""
    rows = await conn.fetch(NAMED, sorted(logins))
    return {row["login"]: NamedPerson(name=row["name"], zone=row["zone"]) for row in rows}


CHANGED_AT = """
SELECT greatest(
  (SELECT max(s.updated_at) FROM schedule s WHERE s.slug = ANY($1::text[])),
  (SELECT max(greatest(o.made_at, o.withdrawn_at)) FROM schedule_override o
     JOIN schedule s ON s.id = o.schedule_id WHERE s.slug = ANY($1::text[])),
  (SELECT max(greatest(p.updated_at, p.absences_changed_at)) FROM person p
     WHERE p.login = ANY($2::text[])))
"""


async def last_change(
    conn: Connection, slugs: Collection[str], logins: Collection[str]
) -> datetime | None:
    """Return when one of these schedules, or something of these people, last changed."""
    changed: datetime | None = await conn.fetchval(CHANGED_AT, sorted(slugs), sorted(logins))
    return changed
