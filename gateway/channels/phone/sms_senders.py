"""Senders of text messages: those who refuse messages, and the time when each was helped."""

from datetime import datetime, timedelta

from gateway.db.pool import Connection

HELP_EVERY = timedelta(days=1)

REFUSE = """
INSERT INTO sms_sender (phone, refused_at) VALUES ($1, $2)
ON CONFLICT (phone) DO UPDATE SET refused_at = coalesce(sms_sender.refused_at, excluded.refused_at)
"""
ALLOW = "UPDATE sms_sender SET refused_at = NULL WHERE phone = $1 AND refused_at IS NOT NULL"
HELP = """
INSERT INTO sms_sender (phone, helped_at) VALUES ($1, $2)
ON CONFLICT (phone) DO UPDATE SET helped_at = excluded.helped_at
WHERE sms_sender.helped_at IS NULL OR sms_sender.helped_at <= excluded.helped_at - $3::interval
RETURNING phone
"""


async def refuse_messages(conn: Connection, phone: str, now: datetime) -> None:
    """Record that a number refuses text messages."""
    await conn.execute(REFUSE, phone, now)


async def allow_messages(conn: Connection, phone: str) -> None:
    """Record that a number takes text messages again."""
    await conn.execute(ALLOW, phone)


async def may_help(conn: Connection, phone: str, now: datetime) -> bool:
    """Return whether a number is to be told what it can reply: once a day; that is recorded."""
    return await conn.fetchval(HELP, phone, now, HELP_EVERY) is not None
