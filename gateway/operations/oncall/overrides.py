"""Making and withdrawing overrides; everybody whom they concern is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.access.authorization import raise_if_refused
from gateway.access.permissions import ALLOWED
from gateway.access.principal import Principal
from gateway.db.moment import fetch_now
from gateway.db.pool import Connection
from gateway.errors import Conflict, Flaw, Forbidden, Unprocessable
from gateway.oncall import overrides, schedules
from gateway.oncall.overrides import StoredOverride
from gateway.oncall.schedule import Override
from gateway.oncall.schedule_rosters import refresh_rosters
from gateway.oncall.schedules import StoredSchedule, active_logins, shifts_between
from gateway.operations.oncall.notices import facts_of_override, tell_people
from gateway.operations.oncall.rights import may_override, may_plan

LONGEST = timedelta(days=92)
"""The longest override."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """An override to make; without `since` it begins at once."""

    since: datetime | None
    until: datetime
    people: tuple[str, ...]
    replaces: str | None = None
    reason: str = ""

    def from_now(self, now: datetime) -> Override:
        """Return the override without a number."""
        return Override(
            id=0,
            starts_at=self.since or now,
            ends_at=self.until,
            people=self.people,
            replaces=self.replaces,
        )


async def create_override(
    conn: Connection, slug: str, asked: NewOverride, who: Principal, stamp: datetime | None
) -> StoredOverride:
    """Make an override, in force at once, and tell everybody whom it concerns.

    Raises NotFound, Forbidden, Conflict for a schedule that is not active, and Unprocessable with
    every flaw.
    """
    schedule = await schedules.by_slug(conn, slug, lock=True)
    now = await fetch_now(conn, stamp)
    one = asked.from_now(now)
    raise_if_refused(may_override(who, schedule.owner, one))
    if not schedule.active:
        raise Conflict(f"the schedule {slug} is not active: nobody is on call in it")
    if found := [*_flaws(one, now), *await _flaws_of_people(conn, schedule, one)]:
        raise Unprocessable("the override cannot be used", flaws=tuple(found))
    concerned = await people_concerned(conn, schedule, one)
    made = await overrides.insert(
        conn,
        schedule.id,
        (one.starts_at, one.ends_at),
        one.people,
        one.replaces,
        reason=asked.reason,
        made_by=who.name,
        made_at=now,
    )
    await refresh_rosters(conn, [slug], now)
    await tell_people(
        conn,
        concerned - {who.name},
        "on_call_changed",
        f"override:{made.override.id}",
        facts_of_override(schedule, made.override, asked.reason),
        stamp,
    )
    return made


def _flaws(one: Override, now: datetime) -> Iterator[Flaw]:
    if one.starts_at < now:
        yield Flaw("/from", "lies in the past: leave it out, and the override begins now")
    if one.ends_at <= max(one.starts_at, now):
        yield Flaw("/to", "lies after from, in the future")
    elif one.ends_at - one.starts_at > LONGEST:
        yield Flaw("/to", f"an override lasts {LONGEST.days} days at most: change the schedule")
    if not one.people:
        yield Flaw("/people", "nobody would be on call: name somebody")
    for place, login in enumerate(one.people):
        if login in one.people[:place]:
            yield Flaw(f"/people/{place}", f"{login} is named already")


async def _flaws_of_people(conn: Connection, schedule: StoredSchedule, one: Override) -> list[Flaw]:
    known = await active_logins(conn, one.people)
    found = [
        Flaw(f"/people/{place}", f"nobody active has the login {login}")
        for place, login in enumerate(one.people)
        if login not in known
    ]
    if one.replaces is not None and one.starts_at < one.ends_at <= one.starts_at + LONGEST:
        on_call = await people_on_call(conn, schedule.slug, one.starts_at, one.ends_at)
        if one.replaces not in on_call:
            found.append(Flaw("/replaces", f"{one.replaces} is not on call in that time"))
    return found


async def people_on_call(
    conn: Connection, slug: str, since: datetime, until: datetime
) -> frozenset[str]:
    """Return everybody who is on call at some time within [since, until)."""
    found = await shifts_between(conn, slug, since, until)
    return frozenset(login for one in found for login in one.people)


async def people_concerned(
    conn: Connection, schedule: StoredSchedule, one: Override
) -> frozenset[str]:
    """Return who is put on call by an override, and who is on call without it."""
    if one.replaces is not None:
        return frozenset((*one.people, one.replaces))
    return await people_on_call(conn, schedule.slug, one.starts_at, one.ends_at) | frozenset(
        one.people
    )


async def withdraw_override(
    conn: Connection, slug: str, override_id: int, who: Principal, stamp: datetime | None
) -> None:
    """Withdraw an override, from now on if it has begun, and tell everybody whom it concerns.

    Whoever made it may do so, and whoever may plan the schedule; one of a swap that both agreed to
    is withdrawn by the latter only. Raises NotFound, Forbidden, and Conflict when it is over.
    """
    schedule = await schedules.by_slug(conn, slug, lock=True)
    made = await overrides.by_id(conn, override_id, schedule.id)
    one, now = made.override, await fetch_now(conn, stamp)
    if may_plan(who, schedule.owner) != ALLOWED and (
        made.swap_id is not None or made.made_by != who.name or not who.identities
    ):
        raise Forbidden(
            f"{made.made_by} made it: ask them, the owner of the schedule or an incident manager"
        )
    if one.ends_at <= now:
        raise Conflict("it is over: what has passed stays as it was")
    await overrides.withdraw(conn, override_id, now, who.name)
    await refresh_rosters(conn, [slug], now)
    await tell_people(
        conn,
        await people_concerned(conn, schedule, one) - {who.name},
        "on_call_restored",
        f"override_withdrawn:{override_id}",
        facts_of_override(schedule, one, ""),
        stamp,
    )
