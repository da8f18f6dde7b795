"""The mail that sends a reporter the number and the link, to the address they entered."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.db.buckets import SharedBucket, try_take_token
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.labels import Locale
from gateway.incidents.record import Incident, Notice
from gateway.operations.unit_of_work import Transaction

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FormAcknowledger:
    """A sender of such mails, at most `per_hour` to one address.

    The limit is needed because anybody can enter anybody's address.
    """

    per_hour: int

    async def __call__(
        self, tx: Transaction, incident: Incident, address: str, locale: Locale
    ) -> None:
        """Queue one in the transaction of the session, unless the address is over its limit."""
        if await try_take_token(
            tx.conn, SharedBucket(f"mail\0{address}", self.per_hour, HOUR / self.per_hour), tx.now
        ):
            await queue_notices(
                tx.conn, [(incident.id, _notice(incident, address, locale))], tx.now
            )


def _notice(incident: Incident, address: str, locale: Locale) -> Notice:
    """Return the mail, without anything that was entered in the form.

    That way no form can be used to write to others.
    """
    facts = {"number": incident.number, "locale": locale}
    return Notice(
        cause="form", target=f"smtp:{address}", role="reporter", template="received", facts=facts
    )
