"""The mails that were filed: their records, and the people who take part by them."""

from gateway.channels.email.parsing.letter import ParsedMail, id_hash
from gateway.channels.email.writer import MailWriter
from gateway.channels.report_service import ReportOutcome
from gateway.db.pool import Connection
from gateway.ingest.reading.limits import KEY
from gateway.operations.unit_of_work import Transaction
from gateway.receipts.submission import ItemResult
from gateway.vocabulary import Outcome

FILED = """
SELECT i.number FROM mail m JOIN incident i ON i.id = m.incident_id
WHERE m.id_hash = $1 AND m.integration_id = $2 AND m.content_hash = $3
"""


async def filed_before(
    conn: Connection, letter: ParsedMail, integration_id: int
) -> ItemResult | None:
    """Return the result of a mail that was handled longer ago than deliveries are remembered."""
    number = await conn.fetchval(FILED, id_hash(letter.known_by), integration_id, letter.copy_hash)
    return (
        None
        if number is None
        else ItemResult(letter.known_by[:KEY], number, Outcome.DUPLICATE, "filed before")
    )


REMEMBER = """
INSERT INTO mail (id_hash, integration_id, content_hash, incident_id, people, acknowledged,
  received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def remember_mail(
    tx: Transaction,
    letter: ParsedMail,
    wrote: MailWriter,
    integration_id: int,
    done: ReportOutcome,
    acknowledged: str | None,
) -> None:
    """Remember the mail with its record, and the people whose answers to it belong there."""
    assert done.incident is not None  # noqa: S101 - a record was opened
    named = (letter.sender, wrote.to.address, *letter.reply_to, *letter.people)
    people = [one for one in dict.fromkeys(named) if one and "gwk_" not in one]
    key = id_hash(letter.known_by), integration_id, letter.copy_hash
    await tx.conn.execute(REMEMBER, *key, done.incident.id, people, acknowledged, tx.now)
