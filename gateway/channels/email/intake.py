"""The intake of every mail, whatever channel it came by.

A mail is read, sorted, and committed with its receipt and one outcome.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from gateway.access.permissions import visibility_of
from gateway.access.principal import Principal
from gateway.channels.email.handler import SOURCE, MailHandler
from gateway.channels.email.parsing.authentication import SenderCheck, sender_check
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.posted import DeliveredMail
from gateway.channels.email.sorting import (
    HandleMail,
    IgnoreMail,
    MakeAlert,
    SetMailAside,
    decide_on_mail,
)
from gateway.channels.memory_budget import MemoryBudget
from gateway.db.pool import acquire
from gateway.errors import Malformed
from gateway.ingest.failed_requests import counting_failures
from gateway.ingest.http import Submit
from gateway.ingest.reading.bounded_times import describe_future_time
from gateway.observe.metric_labels import RequestOutcome
from gateway.observe.metrics import Metrics
from gateway.quarantine import set_aside
from gateway.quarantine.operations import OpenedMail
from gateway.receipts.mended import WHOLE, RepairedValue
from gateway.receipts.submission import Receipt, RefusedItem, Submission
from gateway.settings import Mail
from gateway.timing.clock import Clock
from gateway.vocabulary import Outcome

REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class MailIntake:
    """The intake of mail.

    `fetched` returns the mail that a notification refers to, and any other mail unchanged.
    `sender` is the address that the gateway sends from, "" if it sends no mail.
    """

    fetched: Callable[[DeliveredMail], Awaitable[DeliveredMail]]
    read: Callable[[DeliveredMail], Awaitable[ParsedMail]]
    submit: Submit
    file: MailHandler
    sender: str
    mail: Mail
    metrics: Metrics
    clock: Clock
    places: MemoryBudget

    async def take(
        self, integration_id: int, posted: DeliveredMail, *, flag: str | None = None
    ) -> Receipt:
        """Commit one mail and return the receipt.

        A mail that cannot be understood is in quarantine when this returns, as its outcome says.
        Raises Overloaded and Unavailable: nothing was, or may not have been, committed; the same
        mail sent again counts once.
        """
        began = self.clock.monotonic()
        with counting_failures(self.metrics, SOURCE):
            async with self.places.one():
                receipt = await self._taken(integration_id, posted, flag)
        refused = any(result.outcome is Outcome.QUARANTINED for result in receipt.results)
        self.metrics.request(SOURCE, RequestOutcome.REFUSED if refused else RequestOutcome.ACCEPTED)
        self.metrics.intake_seconds.observe(self.clock.monotonic() - began)
        return receipt

    async def release(
        self, integration_id: int, headers: Mapping[str, str], body: bytes
    ) -> Receipt:
        """Take a mail from quarantine again; raises Malformed if it still cannot be understood."""
        mail = await self.fetched(DeliveredMail(headers.get("content-type", ""), body))
        await self.read(mail)
        return await self.take(integration_id, mail, flag=REPLAY)

    async def open_set_aside(self, entry: int, by: Principal) -> OpenedMail:
        """Open a record for a mail that was set aside, or add it to the open record it answers.

        It does so once. Raises NotFound, also for a mail about a record that `by` may not see,
        and Unavailable.
        """
        pool = self.file.report_service.uow.pool
        async with acquire(pool) as conn:
            kept = await set_aside.by_id(conn, entry, visibility_of(by))
        letter = await self.read(
            DeliveredMail(kept.content_type, kept.body, None, tuple(kept.recipients))
        )
        submission = Submission(
            kept.integration_id,
            SOURCE,
            kept.body,
            {"content-type": kept.content_type},
            (),
            delivery_id=f"set_aside:{entry}",
            flag=REPLAY,
        )
        receipt = await self.file.open(entry, letter, submission, by)
        async with acquire(pool) as conn:
            return OpenedMail(
                await set_aside.by_id(conn, entry, visibility_of(by)),
                receipt.id,
                receipt.results[0].outcome,
            )

    async def _taken(self, integration_id: int, posted: DeliveredMail, flag: str | None) -> Receipt:
        try:
            posted = await self.fetched(posted)
            letter = await self.read(posted)
        except Malformed as error:
            return await self.quarantine(integration_id, posted, error.detail)
        submission = Submission(
            integration_id,
            SOURCE,
            posted.body,
            {"content-type": posted.kind},
            (),
            delivery_id=f"mail:{letter.known_by}",
            flag=flag,
            same_as=letter.copy_hash,
            mended=letter.mended,
        )
        match decide_on_mail(letter, self.mail, self.sender, self.clock.now()):
            case MakeAlert(alert=alert):
                submission.alerts = ((0, alert),)
                if letter.sent_at is not None and (
                    what := describe_future_time(letter.sent_at, self.clock.now())
                ):
                    submission.mended += (RepairedValue(0, "/date", what),)
            case IgnoreMail(reason=reason):
                submission.ignored = ((0, reason),)
            case SetMailAside(reason=reason):
                return await self.file.set_aside(letter, submission, reason)
            case HandleMail(match=match):
                return await self.file(letter, submission, match, self._check(posted, letter))
        return await self.submit(submission)

    @staticmethod
    def _check(posted: DeliveredMail, letter: ParsedMail) -> SenderCheck:
        """Return whether the sender is authenticated, by the stamps of trusted servers alone."""
        return sender_check(
            letter.authors, letter.stamps, posted.servers, by_service=posted.by_service
        )

    async def quarantine(self, integration_id: int, posted: DeliveredMail, problem: str) -> Receipt:
        """Put a mail into quarantine, to be examined and replayed.

        That happens once, however often it arrives.
        """
        refused = (RefusedItem(WHOLE, problem[:1_000], "", posted.body),)
        name = f"mail-body:{sha256(posted.body).hexdigest()}"
        headers = {"content-type": posted.kind}
        return await self.submit(
            Submission(integration_id, SOURCE, posted.body, headers, (), refused, delivery_id=name)
        )
