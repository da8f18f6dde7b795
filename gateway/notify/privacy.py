"""Removal of restricted content from messages about security incidents, before sending.

This is the only place that does it. It runs just before a message is sent and judges by the
present state: an incident may have been flagged, and somebody may have lost a role, since the
message was written.
"""

from collections.abc import Mapping
from dataclasses import replace

from gateway.db.pool import Pool, acquire
from gateway.incidents.announcements.addressing import BY_LOGIN
from gateway.incidents.facts import WITHHELD
from gateway.incidents.visibility import SECURITY_ROLES
from gateway.notify.outbox_row import OutboxRow
from gateway.notify.withholding import drop_incidents, find_named_incidents, withhold_message_facts
from gateway.settings.recipients import RecipientAddress

FLAGGED = "SELECT number FROM incident WHERE number = ANY($1::text[]) AND security"

HAS_SECURITY_ROLE = """
SELECT EXISTS (SELECT FROM person
  WHERE active AND roles && $1::text[] AND (login = $2 OR ($3 <> '' AND lower(email) = $3)))
"""


def privy_addresses(recipients: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the addresses that the configuration lists for the security roles."""
    return frozenset(target for role in SECURITY_ROLES for target in recipients.get(role, ()))


async def redact_message(pool: Pool, message: OutboxRow, privy: frozenset[str]) -> OutboxRow:
    """Return the message without what its recipient may not see.

    `privy` are the addresses listed for the security roles. A person is judged by the roles they
    have, whatever list they are on. Raises Unavailable and what asyncpg raises.
    """
    others = find_named_incidents(message.facts)
    if not (message.security or others):
        return message
    async with acquire(pool) as conn:
        hidden = [row[0] for row in await conn.fetch(FLAGGED, sorted(others))] if others else []
        if not (message.security or hidden) or _is_listed(message, privy):
            return message
        login = message.recipient if message.channel in BY_LOGIN else ""
        mail = message.recipient.lower() if message.channel == "smtp" else ""
        if await conn.fetchval(HAS_SECURITY_ROLE, sorted(SECURITY_ROLES), login, mail):
            return message
    facts = drop_incidents(message.facts, hidden)
    return replace(
        message,
        facts=withhold_message_facts(message.template, message.role, facts)
        if message.security
        else facts,
    )


def _is_listed(message: OutboxRow, privy: frozenset[str]) -> bool:
    """Return whether it goes to a listed address, or to a message in a listed chat conversation."""
    if message.channel in BY_LOGIN:
        return False
    conversation = str(RecipientAddress(message.channel, message.recipient.partition("/")[0]))
    return not privy.isdisjoint(
        {str(RecipientAddress(message.channel, message.recipient)), conversation}
    )


def shown_incident_id(message: OutboxRow, channel: str) -> int | None:
    """Return the id of the incident that a message shows, None if it shows none.

    A reporter's letter stays in its thread, and a call checks what the person who answers it may
    hear.
    """
    keeps = channel == "voice" or (channel == "smtp" and "number" in message.facts)
    return message.incident_id if keeps or not message.facts.get(WITHHELD) else None
