"""The `gateway check` command: examine the configuration and the database without serving."""

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from redis.exceptions import RedisError

from gateway.app.recipients import find_unconfirmed, find_unreachable
from gateway.channels.chat.providers import PROVIDERS
from gateway.channels.recipient_checks import StaffSnapshot
from gateway.db.pool import Connection, open_pool
from gateway.errors import Flaw, GatewayError, Misconfigured
from gateway.escalation.inspection import configuration_notes
from gateway.escalation.management import EscalationRules
from gateway.failures import failure_line
from gateway.ingest.reading.source import find_unused_secrets
from gateway.ingest.sources import SOURCES
from gateway.network.ports import require_free
from gateway.settings import Settings
from gateway.settings.loading import LoadedSettings, quoted
from gateway.sla.policies import read_policies
from gateway.sla.timers.index import connect

MOST_PEOPLE = 100_000

NO_LINKS = "server.external_url is empty: no message holds a link that opens its record"


UNVERIFIED = (
    "mail.authentication.servers is empty: what staff write by mail stands in records "
    "as notes of unverified senders; "
    "name the receiving servers whose Authentication-Results are to be believed"
)


@dataclass(slots=True)
class CheckResults:
    """The results: errors that prevent serving, unreachable recipients, skipped checks, notes."""

    problems: list[Flaw] = field(default_factory=list)
    unreachable: list[Flaw] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def check_configuration(
    loaded: LoadedSettings, now: datetime, *, allow_unsafe: bool = False
) -> CheckResults:
    """Check everything, and go on after each problem."""
    found = CheckResults(
        problems=[*loaded.flaws, *loaded.flaws_of_readable(_contradictions(loaded))]
    )
    found.problems += _listening(loaded.settings, found.problems)
    if not {"sla", "escalation"} & loaded.broken and not found.problems:
        found.notes += configuration_notes(loaded.settings, now)
    if "server" not in loaded.broken and not loaded.settings.server.external_url:
        found.notes.append(NO_LINKS)
    if "mail" not in loaded.broken and _takes_unverified_mail(loaded.settings):
        found.notes.append(UNVERIFIED)
    staff = await _database(loaded.settings, found, allow_unsafe=allow_unsafe)
    await _index(loaded.settings, found)
    found.unreachable += loaded.flaws_of_readable(find_unreachable(loaded.settings, staff))
    found.problems = list(quoted(found.problems, loaded.tree))
    found.unreachable = list(quoted(found.unreachable, loaded.tree))
    return found


def _contradictions(loaded: LoadedSettings) -> Iterator[Flaw]:
    """Yield the problems that parts of the gateway would raise at the start."""
    settings = loaded.settings
    yield from find_unused_secrets({source.slug: source for source in SOURCES}, settings.intake)
    known = sorted(provider.slug for provider in PROVIDERS)
    yield from (
        Flaw(f"/chat/{name}", f"there are {', '.join(known)}")
        for name in settings.chat
        if name not in known
    )
    if "sla" in loaded.broken:
        return
    for read in (
        lambda: read_policies(settings.sla),
        lambda: EscalationRules.from_settings(settings),
    ):
        try:
            read()
        except Misconfigured as error:
            yield from error.flaws


def _takes_unverified_mail(settings: Settings) -> bool:
    """Return whether people can write by mail and no verification of senders is configured."""
    mail = settings.mail
    comes = bool(mail.reply_to or mail.listener.host or mail.imap)
    named = mail.authentication.servers or any(one.servers for one in mail.imap.values())
    return comes and not (named or mail.ses.accounts or mail.sendgrid_key)


def _listening(settings: Settings, known: Sequence[Flaw]) -> Iterator[Flaw]:
    """Yield a flaw for every address that cannot be listened on.

    A port in use is no flaw: it may be this gateway's own.
    """
    listener, server = settings.mail.listener, settings.server
    wanted = {"server": (server.host, server.port)}
    wanted |= {"mail/listener": (listener.host, listener.port)} if listener.host else {}
    wanted |= (
        {"metrics": (settings.metrics.host, settings.metrics.port)} if settings.metrics.host else {}
    )
    for where, (host, port) in wanted.items():
        try:
            require_free(
                host, 0 if any(flaw.pointer == f"/{where}/port" for flaw in known) else port
            )
        except Misconfigured as error:
            cause = error.__cause__
            if not (isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE):
                yield Flaw(f"/{where}/host", error.detail)


async def _database(
    settings: Settings, found: CheckResults, *, allow_unsafe: bool
) -> StaffSnapshot | None:
    if not settings.database.url:
        found.unchecked.append("DATABASE_URL is not set: the database was not looked at")
        found.unchecked += find_unconfirmed(settings)
        return None
    try:
        pool = await open_pool(settings.database, allow_unsafe=allow_unsafe)
    except Exception as error:
        if (line := failure_line(error)) is None:
            raise
        found.problems += (
            error.flaws
            if isinstance(error, GatewayError) and error.flaws
            else [Flaw("/database/url", line)]
        )
        found.unchecked += find_unconfirmed(settings)
        return None
    try:
        async with pool.acquire() as conn:
            return await read_staff(conn)
    except asyncpg.UndefinedTableError:
        found.unchecked += [
            "the database is empty until `python -m gateway migrate`",
            *find_unconfirmed(settings),
        ]
        return None
    finally:
        pool.terminate()


PEOPLE = "SELECT login, phone, roles FROM person WHERE active ORDER BY id LIMIT $1"
GROUPS = "SELECT slug FROM staff_group WHERE active"
SCHEDULES = "SELECT slug FROM schedule WHERE active"
LISTED = "SELECT role FROM role_recipient WHERE targets <> '{}'"
POLICIES = "SELECT DISTINCT policy FROM service WHERE policy <> ''"


async def read_staff(conn: Connection) -> StaffSnapshot:
    """Return the staff in the database; raises UndefinedTableError before it was migrated."""
    people = await conn.fetch(PEOPLE, MOST_PEOPLE)
    groups, policies = await conn.fetch(GROUPS), await conn.fetch(POLICIES)
    return StaffSnapshot(
        phones={row["login"]: row["phone"] for row in people},
        roles=frozenset(role for row in people for role in row["roles"]),
        groups=frozenset(row["slug"] for row in groups),
        policies=frozenset(row["policy"] for row in policies),
        schedules=frozenset(row["slug"] for row in await conn.fetch(SCHEDULES)),
        listed=frozenset(row["role"] for row in await conn.fetch(LISTED)),
    )


async def _index(settings: Settings, found: CheckResults) -> None:
    if not settings.redis.url:
        found.notes.append(
            "REDIS_URL is not set: PostgreSQL alone feeds the timers, which costs it more"
        )
        return
    if any(flaw.pointer == "/redis/url" for flaw in found.problems):
        return
    client = connect(settings.redis.url)
    try:
        await client.ping()
    except (RedisError, OSError, TimeoutError) as error:
        found.problems.append(
            Flaw(
                "/redis/url",
                f"no server answers at REDIS_URL: {str(error) or type(error).__name__}",
            )
        )
    finally:
        await client.aclose()
