"""The notifier: finds the recipients of announcements and adds the messages to the changes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.db.pool import Connection
from gateway.directory.reachable import find_reachable
from gateway.incidents.announcement import ON_CALL, Announcement, CallChoice, Recipient
from gateway.incidents.announcements.addressing import (
    BY_LOGIN,
    GROUP,
    PERSON,
    SCHEDULE,
    RecipientDirectory,
    address_announcement,
    addresses_of_recipient,
)
from gateway.incidents.announcements.call_turns import CallTurns
from gateway.incidents.declining import declined_by
from gateway.incidents.escalation_run import with_called
from gateway.incidents.record import Notice, Revision
from gateway.oncall.schedules import on_call_now


async def address_all(
    conn: Connection, revisions: Sequence[Revision], now: datetime
) -> Sequence[Revision]:
    """Return the revisions with their announcements turned into messages and timeline entries.

    It takes one query, or none if there are no announcements, and three more where somebody on
    call in a schedule is to be notified.
    """
    if not any(revision.announcements for revision in revisions):
        return revisions
    asked = [
        one for r in revisions for announcement in r.announcements for one in _for(announcement)
    ]
    directory = await _directory(conn, asked, now)
    return [
        _addressed(revision, directory) if revision.announcements else revision
        for revision in revisions
    ]


def _for(announcement: Announcement) -> Sequence[Recipient]:
    """Return all recipients that an announcement may have."""
    others = (announcement.officers, announcement.stand_in)
    return (*announcement.recipients, *(one for one in others if one is not None))


async def fetch_addresses(conn: Connection, recipient: Recipient, now: datetime) -> Sequence[str]:
    """Return the addresses of a recipient, for messages that concern no incident."""
    return addresses_of_recipient(recipient, await _directory(conn, [recipient], now))


async def _directory(
    conn: Connection, asked: Sequence[Recipient], now: datetime
) -> RecipientDirectory:
    wanted = [one for recipient in asked for one in _with_stand_ins(recipient)]
    roles = {one.role for one in wanted if not one.own}
    names = {name for one in wanted for person in one.people for name in (person, person.lower())}
    listed = [target for one in wanted for target in one.listed]
    names |= {
        login
        for target in listed
        for channel, _, login in (target.partition(":"),)
        if channel in BY_LOGIN
    }
    groups = {target.removeprefix(GROUP) for target in listed if target.startswith(GROUP)}
    groups |= {one.group for one in wanted if one.group}
    slugs = sorted({one.removeprefix(SCHEDULE) for one in listed if one.startswith(SCHEDULE)})
    on_call = await on_call_now(conn, slugs, now) if slugs else {}
    names |= {login for logins in on_call.values() for login in logins}
    people = await find_reachable(conn, roles, names, groups, now)
    if all(one.turn is CallChoice.ALL for one in wanted):
        return RecipientDirectory(people, on_call)
    return RecipientDirectory(people, on_call, await _turns(conn, [one.login for one in people]))


LAST_CALLS = """
SELECT recipient, max(created_at) AS at FROM outbox
WHERE role = 'on_call' AND channel = 'person' AND recipient = ANY($1::text[]) GROUP BY recipient
"""

OPEN_WORK = """
SELECT handler, count(*)::int AS open FROM incident
WHERE handler = ANY($1::text[]) AND is_open(state) GROUP BY handler
"""


async def _turns(conn: Connection, logins: Sequence[str]) -> CallTurns:
    """Return when these people were called last by an escalation policy, and their open work."""
    calls = await conn.fetch(LAST_CALLS, logins)
    work = await conn.fetch(OPEN_WORK, logins)
    return CallTurns(
        {row["recipient"]: row["at"] for row in calls},
        {row["handler"]: row["open"] for row in work},
    )


def _with_stand_ins(recipient: Recipient) -> Iterator[Recipient]:
    yield recipient
    if recipient.instead is not None:
        yield from _with_stand_ins(recipient.instead)


def _addressed(revision: Revision, directory: RecipientDirectory) -> Revision:
    """Return the revision with its messages.

    A person who works on the record gets one message about the change, even if they have one of
    the roles to notify; addresses of programs and of roles get every message.
    """
    declined = declined_by(revision.after)
    found = [
        (one, *address_announcement(one, directory, revision.actor, declined))
        for one in revision.announcements
    ]
    heard = {notice.target for notice in revision.notices}
    at_work: list[Notice] = []
    for announcement, owed, _ in found:
        if not announcement.recorded:
            at_work += [one for one in owed if one.target not in heard]
            heard |= {one.target for one in owed}
    busy = {one.target for one in at_work if one.target.startswith(PERSON)}
    by_role = [
        one
        for announcement, owed, _ in found
        if announcement.recorded
        for one in owed
        if one.target not in busy
    ]
    events = [entry for _, _, told in found for entry in told]
    called = [
        notice.target.removeprefix(PERSON)
        for notice in by_role
        if notice.role == ON_CALL and notice.target.startswith(PERSON)
    ]
    after = revision.after
    if called:
        after = replace(after, escalation=with_called(after.escalation, called))
    return replace(
        revision,
        after=after,
        events=(*revision.events, *events),
        notices=(*revision.notices, *by_role, *at_work),
        announcements=(),
    )
