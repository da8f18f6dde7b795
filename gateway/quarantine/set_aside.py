"""Mail that was set aside because a program wrote it.

It stays in the database until somebody opens it as a record or its retention ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from gateway.db.pool import Connection
from gateway.errors import NotFound
from gateway.incidents.visibility import Visibility
from gateway.tokens.key_texts import redact_body_keys, redact_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class MailToSetAside:
    """A mail to be set aside; `answers` is the id of the record that it replies to, if any."""

    sender: str
    subject: str
    text: str
    answers: int | None = None
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAsideMail:
    """A mail that was set aside.

    `incident` is the number of the record that it became, None while it waits.
    """

    id: int
    receipt_id: UUID
    integration_id: int
    integration: str
    source: str
    received_at: datetime
    reason: str
    sender: str
    subject: str
    text: str
    answers: str | None
    content_type: str
    recipients: Sequence[str]
    body: bytes
    size: int
    state: str
    opened_at: datetime | None
    opened_by: str
    incident: str | None


class ReceivedMail(Protocol):
    """A delivery as it was received: the bytes, their headers, and where they were sent."""

    @property
    def integration_id(self) -> int:
        """Return the id of the integration it was sent to."""
        ...

    @property
    def source(self) -> str:
        """Return the source that it came by."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Return its headers, in lower case."""
        ...

    @property
    def body(self) -> bytes:
        """Return its bytes."""
        ...


INSERT = """
INSERT INTO set_aside (receipt_id, integration_id, source, received_at, reason, sender, subject,
                       text, answers_id, content_type, recipients, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


async def insert(
    conn: Connection,
    receipt: UUID,
    came: ReceivedMail,
    reason: str,
    aside: MailToSetAside,
    now: datetime,
) -> None:
    """Store a mail that was received with that receipt."""
    told = (
        reason,
        aside.sender,
        redact_keys(aside.subject),
        redact_keys(aside.text),
        aside.answers,
        came.headers.get("content-type", ""),
    )
    await conn.execute(
        INSERT,
        receipt,
        came.integration_id,
        came.source,
        now,
        *told,
        list(aside.recipients),
        redact_body_keys(came.body),
    )


COLUMNS = """
SELECT s.id, s.receipt_id, s.integration_id, coalesce(g.slug, '') AS integration, s.source,
       s.received_at, s.reason, s.sender, s.subject, s.text, a.number AS answers, s.content_type,
       s.recipients, substr(s.body, 1, $1::int) AS body, octet_length(s.body) AS size, s.state,
       s.opened_at, s.opened_by, i.number AS incident
FROM set_aside s LEFT JOIN integration g ON g.id = s.integration_id
  LEFT JOIN incident a ON a.id = s.answers_id LEFT JOIN incident i ON i.id = s.incident_id
WHERE ($2::boolean OR NOT coalesce(a.security, false) AND NOT coalesce(i.security, false))
"""
WHOLE = 2**30

NEWEST = (
    COLUMNS
    + """
AND s.state = $3::text AND ($4::text IS NULL OR s.reason = $4::text) AND s.id < $5::bigint
ORDER BY s.id DESC LIMIT $6::int
"""
)


async def newest(
    conn: Connection, sight: Visibility, state: str, reason: str | None, before: int, limit: int
) -> list[SetAsideMail]:
    """Return mails below the id `before` without their bodies, the newest first.

    Mails about records that the caller may not see are left out.
    """
    return [
        SetAsideMail(**dict(row))
        for row in await conn.fetch(NEWEST, 0, sight.security, state, reason, before, limit)
    ]


BY_ID = COLUMNS + "AND s.id = $3::bigint"


async def by_id(conn: Connection, entry: int, sight: Visibility) -> SetAsideMail:
    """Return one mail with its body.

    Raises NotFound, also for one about a record hidden to the caller.
    """
    row = await conn.fetchrow(BY_ID, WHOLE, sight.security, entry)
    if row is None:
        raise NotFound(f"there is no {entry} among what was set aside")
    return SetAsideMail(**dict(row))


LOCK = """
SELECT i.number FROM set_aside s LEFT JOIN incident i ON i.id = s.incident_id
WHERE s.id = $1 FOR UPDATE OF s
"""


async def lock(conn: Connection, entry: int) -> str | None:
    """Lock one mail until the transaction ends.

    Returns the number of the record that it has become, None if it has not.
    """
    number: str | None = await conn.fetchval(LOCK, entry)
    return number


OPENED = """
UPDATE set_aside SET state = 'opened', opened_at = $2, opened_by = $3, incident_id = $4
WHERE id = $1
"""


async def mark_opened(
    conn: Connection, entry: int, at: datetime, by: str, incident_id: int
) -> None:
    """Store which record a mail became, and who opened it."""
    await conn.execute(OPENED, entry, at, by, incident_id)
