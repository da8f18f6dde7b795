"""The handler of mail that people write, which becomes a record or an entry in one.

All that a mail does, and its receipt, is written in one transaction.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from gateway.access.principal import Principal
from gateway.channels import report_service
from gateway.channels.email.acknowledgement import MailAcknowledger
from gateway.channels.email.doubted import notify_of_unverified_mail
from gateway.channels.email.filed_mails import filed_before, remember_mail
from gateway.channels.email.parsing.authentication import SenderCheck
from gateway.channels.email.parsing.letter import MailFile, ParsedMail
from gateway.channels.email.parsing.nature import seems_automatic
from gateway.channels.email.parsing.reading import WHOLE
from gateway.channels.email.parsing.reply import parse_reply
from gateway.channels.email.rules import MailRuleMatch, fill_template
from gateway.channels.email.sorting import language
from gateway.channels.email.staff_replies import execute_reply, read_staff_reply
from gateway.channels.email.threads import FoundRecord, find_record
from gateway.channels.email.writer import MailWriter, find_writer
from gateway.channels.report_service import ReportOutcome, ReportService
from gateway.db.buckets import SharedBucket, try_take_token
from gateway.errors import TooLarge
from gateway.incidents import commands, lifecycle
from gateway.incidents.record import Incident, Revision
from gateway.ingest.reading.limits import DESCRIPTION, KEY, TITLE, cut
from gateway.notify.reply_tokens import ReplyTokens
from gateway.operations.attach import AttachmentService as Files
from gateway.operations.attach import PendingFile
from gateway.operations.create import NewReport
from gateway.operations.reporter.answers import ReporterAnswer, apply_answer
from gateway.operations.unit_of_work import Transaction
from gateway.quarantine import set_aside
from gateway.quarantine.set_aside import MailToSetAside
from gateway.receipts.submission import ItemResult, Receipt, Submission
from gateway.settings import Mail
from gateway.vocabulary import Outcome, State

SOURCE = "email"
ENDED = frozenset({State.CLOSED, State.REJECTED})
NOTHING: Mapping[str, Any] = {}
LIKELY_AUTOMATIC, TOO_MANY = "likely_auto_reply", "too_many"
"""Reasons for setting a mail aside.

An answer that by its subject is automatic, and more mails of one sender than
`stranger_per_hour`.
"""

Work = Callable[[Transaction, Sequence[PendingFile]], Awaitable[ReportOutcome | ItemResult]]
"""A function that applies one mail, given the files that came with it, to the records."""


@dataclass(frozen=True, slots=True)
class MailHandler:
    """A handler of mails that people write."""

    report_service: ReportService
    files: Files
    tokens: ReplyTokens
    mail: Mail
    acknowledge: MailAcknowledger

    async def __call__(
        self,
        letter: ParsedMail,
        submission: Submission,
        match: MailRuleMatch | None,
        check: SenderCheck,
    ) -> Receipt:
        """Write the mail to a record and return the committed receipt.

        A mail received before changes nothing. Raises Unavailable, like ReportService.take.
        """

        async def work(
            tx: Transaction, waiting: Sequence[PendingFile]
        ) -> ReportOutcome | ItemResult:
            if before := await filed_before(tx.conn, letter, submission.integration_id):
                return before
            wrote = await find_writer(tx.conn, letter, check)
            if self.acknowledge.per_hour:
                await notify_of_unverified_mail(tx, wrote)
            earlier = await find_record(tx.conn, self.tokens, letter, wrote)
            ended = earlier is None or earlier.incident.state in ENDED
            if letter.thread and seems_automatic(letter.subject) and ended:
                return _aside(letter, LIKELY_AUTOMATIC, earlier)
            if (
                match is None
                and wrote.who.is_outsider
                and not await self._is_within(tx, wrote, earlier)
            ):
                return _aside(letter, TOO_MANY, earlier)
            done = await self._filed(tx, letter, wrote, earlier, match, waiting)
            acknowledged = None
            if done.incident is not None and done.outcome is not Outcome.ADDED:
                acknowledged = await self.acknowledge(tx, letter, wrote.to, done.incident)
            await remember_mail(tx, letter, wrote, submission.integration_id, done, acknowledged)
            return done

        return await self._taken(letter, submission, work)

    async def set_aside(self, letter: ParsedMail, submission: Submission, reason: str) -> Receipt:
        """Set aside a mail that a program wrote, for people to examine.

        The receipt says so. Raises Unavailable.
        """

        async def work(tx: Transaction) -> ReportOutcome:
            wrote = await find_writer(tx.conn, letter, SenderCheck.UNKNOWN)
            return _aside(letter, reason, await find_record(tx.conn, self.tokens, letter, wrote))

        return await self.report_service.take(submission, work)

    async def open(
        self, entry: int, letter: ParsedMail, submission: Submission, by: Principal
    ) -> Receipt:
        """Handle a mail that was set aside as one that a person wrote, without acknowledging it.

        It counts once, however often it is requested.
        """

        async def work(
            tx: Transaction, waiting: Sequence[PendingFile]
        ) -> ReportOutcome | ItemResult:
            if number := await set_aside.lock(tx.conn, entry):
                return ItemResult(letter.known_by[:KEY], number, Outcome.DUPLICATE, "opened before")
            wrote = await find_writer(tx.conn, letter, SenderCheck.UNKNOWN)
            earlier = await find_record(tx.conn, self.tokens, letter, wrote)
            done = await self._filed(
                tx,
                letter,
                wrote,
                earlier,
                None,
                waiting,
                {"set_aside": entry, "opened_by": by.name},
            )
            assert done.incident is not None  # noqa: S101 - a record was opened
            await set_aside.mark_opened(tx.conn, entry, tx.now, by.name, done.incident.id)
            await remember_mail(tx, letter, wrote, submission.integration_id, done, None)
            return done

        return await self._taken(letter, submission, work)

    async def _taken(self, letter: ParsedMail, submission: Submission, work: Work) -> Receipt:
        async def again(tx: Transaction) -> ReportOutcome | ItemResult:
            for one in waiting:
                one.taken = False
            return await work(tx, waiting)

        files = [(one.name, one.content) for one in letter.enclosed if one.content is not None]
        async with self.files.holding(files) as waiting:
            return await self.report_service.take(submission, again)

    async def _is_within(
        self, tx: Transaction, wrote: MailWriter, earlier: FoundRecord | None
    ) -> bool:
        """Count a mail of an outsider; return whether it is within `mail.stranger_per_hour`."""
        most = self.mail.stranger_per_hour
        subjects = [f"mail from\0{wrote.to.address.lower()}"]
        subjects += [f"mail to\0{earlier.incident.id}"] if earlier is not None else []
        buckets = [SharedBucket(subject, most, timedelta(hours=1) / most) for subject in subjects]
        return all([await try_take_token(tx.conn, bucket, tx.now) for bucket in buckets])

    async def _filed(
        self,
        tx: Transaction,
        letter: ParsedMail,
        wrote: MailWriter,
        earlier: FoundRecord | None,
        match: MailRuleMatch | None,
        waiting: Sequence[PendingFile],
        said: Mapping[str, Any] = NOTHING,
    ) -> ReportOutcome:
        said = {"mail": letter.known_by[:KEY], **said}
        reply = read_staff_reply(letter, wrote, earlier)
        if reply is not None:
            after = await execute_reply(tx, reply)
            if after is not None:
                after = await self._with_files(tx, letter, after, wrote.name, waiting)
                return ReportOutcome(letter.known_by[:KEY], after, Outcome.ADDED, "command")
            if reply.asked is not None:
                noted = await self._added(tx, letter, wrote, reply.found, waiting, said)
                return ReportOutcome(letter.known_by[:KEY], noted, Outcome.ADDED, "refused command")
        if earlier is not None and earlier.incident.state not in ENDED:
            noted = await self._added(tx, letter, wrote, earlier, waiting, said)
            return ReportOutcome(letter.known_by[:KEY], noted, Outcome.ADDED, "reply")
        report, before = (
            self._report(letter, wrote, match),
            earlier.incident if earlier is not None else None,
        )
        opened = await report_service.open_report(
            tx, report, wrote.who, {**said, **wrote.facts()}, before
        )
        opened = await self._with_files(tx, letter, opened, wrote.who, waiting)
        reason = "follows what has ended" if earlier else "report"
        outcome = report_service.outcome_of(opened)
        return ReportOutcome(letter.known_by[:KEY], opened, outcome, reason)

    async def _with_files(
        self,
        tx: Transaction,
        letter: ParsedMail,
        incident: Incident,
        by: Principal,
        waiting: Sequence[PendingFile],
    ) -> Incident:
        """Attach the files of a mail to a record, and return the record after it."""
        files = await self._files(tx, letter.enclosed, incident, by, waiting)
        if not files:
            return incident
        (after,) = await tx.write([Revision(after=incident, actor=by.name, events=files)])
        return after

    async def _added(
        self,
        tx: Transaction,
        letter: ParsedMail,
        wrote: MailWriter,
        found: FoundRecord,
        waiting: Sequence[PendingFile],
        more: Mapping[str, Any],
    ) -> Incident:
        """Add a reply: a note with the new text in it, its files, and its effects on the record."""
        incident, more = found.incident, {**more, **wrote.facts(proven=found.proven)}
        known = f"{incident.title}\n{incident.description}"
        said = parse_reply(letter.text, known, {letter.sender, wrote.to.address, *letter.reply_to})
        words = with_warning(
            said.note or letter.subject or "-",
            letter,
            wrote.locale or incident.labels.get("language", ""),
        )
        note = commands.Note(note=cut(words, DESCRIPTION))
        revision = lifecycle.apply_command(incident, note, wrote.name.name, tx.now)
        events = [(event, {**facts, **more}) for event, facts in revision.events]
        files = await self._files(tx, letter.enclosed, incident, wrote.name, waiting)
        (noted,) = await tx.write([replace(revision, events=(*events, *files))])
        answer = ReporterAnswer(
            said.new, said.note, certain=said.certain, by=wrote.author, proven=found.proven
        )
        return await apply_answer(tx, noted, wrote.who, answer)

    def _report(
        self, letter: ParsedMail, wrote: MailWriter, match: MailRuleMatch | None
    ) -> NewReport:
        rule, found = (match.rule, match.found) if match else (None, {})
        first_line = letter.text.partition("\n")[0].strip()
        return NewReport(
            title=cut(letter.subject or first_line or "(no subject)", TITLE),
            source=SOURCE,
            description=cut(
                with_warning(letter.text, letter, wrote.locale or language(letter)), DESCRIPTION
            ),
            impact=(rule and rule.impact) or self.mail.impact,
            urgency=(rule and rule.urgency) or self.mail.urgency,
            service=cut(
                (fill_template(rule.service, found) if rule else "") or self.mail.service, KEY
            ),
            ci=cut(fill_template(rule.ci, found), KEY) if rule else "",
            contact=wrote.to.address,
            contact_name=wrote.to.name,
            labels={"language": wrote.locale or language(letter)},
        )

    async def _files(
        self,
        tx: Transaction,
        enclosed: Sequence[MailFile],
        incident: Incident,
        who: Principal,
        waiting: Sequence[PendingFile],
    ) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Attach files and return the events, also of those that could not be attached.

        A mail is never refused for a file.
        """
        held = iter(waiting)
        return tuple(
            [
                await self._file(
                    tx, one, incident, who, None if one.content is None else next(held)
                )
                for one in enclosed
            ]
        )

    async def _file(
        self,
        tx: Transaction,
        file: MailFile,
        incident: Incident,
        who: Principal,
        held: PendingFile | None,
    ) -> tuple[str, Mapping[str, Any]]:
        reason = "larger than a file may be, or one too many"
        if held is not None:
            try:
                return "attached", await self.files.take(tx, incident, held, who)
            except TooLarge as error:
                reason = error.detail
        return "not_attached", {"name": file.name, "size": file.size, "reason": reason}


UNREAD = {
    "en": f"(This mail has words that could not be read: the whole mail is attached as {WHOLE}.)",
    "zh-CN": f"（此邮件的部分文字无法读取，原始邮件已作为附件 {WHOLE} 保存。）",
}


def with_warning(text: str, letter: ParsedMail, locale: str) -> str:
    """Return the text, below a warning if words of the mail could not be read."""
    if not letter.unread:
        return text
    return f"{UNREAD.get(locale, UNREAD['en'])}\n\n{text}".strip()


def _aside(letter: ParsedMail, reason: str, answers: FoundRecord | None) -> ReportOutcome:
    recipients = tuple(one for one in letter.recipients if "gwk_" not in one)
    aside = MailToSetAside(
        sender=letter.sender,
        subject=letter.subject,
        text=cut(letter.text, DESCRIPTION),
        answers=answers.incident.id if answers else None,
        recipients=recipients,
    )
    return ReportOutcome(letter.known_by[:KEY], None, Outcome.SET_ASIDE, reason, aside)
