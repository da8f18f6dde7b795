"""The effects of a reporter's answer on their record, besides the note, by any channel.

A record on hold for the reporter is resumed, or, where a program may have written the answer,
whoever has the record is notified to read it. One that is shelved until a reply returns. A
resolved one is reopened where they plainly say that it is not solved and may refuse; thanks leave
it to close. Where it is unclear the record stays resolved, whoever has it is notified to read the
answer, and it does not close automatically until somebody looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from gateway.access.permissions import ALLOWED, Action, may
from gateway.access.principal import Principal
from gateway.incidents import commands
from gateway.incidents.custom_fields import moments_of
from gateway.incidents.record import Incident, Revision
from gateway.incidents.shelving import returned_by_reply
from gateway.operations.actions.revising import revise
from gateway.operations.author import Author
from gateway.operations.reporter.meaning import AnswerMeaning, answer_meaning
from gateway.operations.unit_of_work import Transaction
from gateway.sla import reporter_answers
from gateway.vocabulary import LIVE, HoldReason, State

CAUSE = "reporter_replied"
UNVERIFIED = "unverified"
SHOWN = 32_768
"""The characters of an answer that are sent to whoever has the record."""

REPORTER_HOLDS = frozenset({HoldReason.AWAITING_USER, HoldReason.USER_UNREACHABLE})
"""The hold reasons that wait for the reporter."""


@dataclass(frozen=True, slots=True)
class ReporterAnswer:
    """An answer of a reporter.

    `new` are the words that are certainly its writer's own and new, `shown` all that may be.

    `certain` says that nothing besides `new` may be new; `by` how sure it is that a person wrote
    it; `seen` that whoever works on the record sees it anyway, as in a chat; `proven` that its
    writer was really notified of the record, so that nobody else can have written it.
    """

    new: str
    shown: str
    certain: bool = True
    by: Author = Author.PERSON
    seen: bool = False
    proven: bool = True


class AnswerEffect(StrEnum):
    """The effect of an answer, as the timeline names it."""

    NOTHING = "nothing"
    RESUMED = "resumed"
    REOPENED = "reopened"
    WAITS = "close_put_off"
    UNSOLVED = "not_solved"
    UNSURE = "reply_unsure"
    SHOWN = "reply_shown"


def decide_effect(incident: Incident, who: Principal, answer: ReporterAnswer) -> AnswerEffect:
    """Return the effect of an answer on the record. Pure.

    Only words of the record's contact count, and none that a program wrote.
    """
    if answer.by is Author.PROGRAM or incident.contact.lower() not in who.identities:
        return AnswerEffect.NOTHING
    sure = answer.by is Author.PERSON
    if incident.state is State.ON_HOLD and incident.hold_reason in REPORTER_HOLDS:
        return AnswerEffect.RESUMED if sure and answer.proven else AnswerEffect.UNSURE
    if incident.state is not State.RESOLVED:
        return AnswerEffect.NOTHING
    meant = (
        answer_meaning(answer.new, incident.contact_name, who.name)
        if sure
        else AnswerMeaning.UNCLEAR
    )
    if (
        meant is AnswerMeaning.REFUSES
        and answer.proven
        and may(who, Action.REFUSE, incident) == ALLOWED
    ):
        return AnswerEffect.REOPENED
    return (
        AnswerEffect.NOTHING
        if meant is AnswerMeaning.AGREES and answer.certain
        else AnswerEffect.WAITS
    )


async def apply_answer(
    tx: Transaction, incident: Incident, who: Principal, answer: ReporterAnswer
) -> Incident:
    """Return the record after the effect of an answer.

    It is locked and has the answer noted already.
    """
    incident = await _return_from_shelf(tx, incident, who, answer)
    found = decide_effect(incident, who, answer)
    if found is AnswerEffect.NOTHING and _is_news(incident, who, answer):
        found = await _found_open(tx, incident, answer)
    if found is AnswerEffect.REOPENED and _lacks_fields(tx, incident):
        found = AnswerEffect.WAITS
    if found is AnswerEffect.NOTHING:
        return incident
    revision = await _revision(tx, incident, who, found)
    more = _shown(incident, found, answer)
    told = tx.uow.rules.escalation.replied(revision.after, f"{CAUSE}#{incident.version + 1}", more)
    return (await tx.write([replace(revision, announcements=(*revision.announcements, *told))]))[0]


async def _return_from_shelf(
    tx: Transaction, incident: Incident, who: Principal, answer: ReporterAnswer
) -> Incident:
    """Return the record, returned from the shelf if it waits there for its contact's words."""
    if answer.by is Author.PROGRAM or incident.contact.lower() not in who.identities:
        return incident
    returned = returned_by_reply(incident, who.name)
    return (await tx.write([returned]))[0] if returned.events else incident


LET_GO = """
SELECT (SELECT t.facts->>'state' FROM timeline t
        WHERE t.incident_id = $1 AND t.event IN ('unlinked', 'linked', 'resolved', 'reopened')
        ORDER BY t.seq DESC LIMIT 1) IS NOT DISTINCT FROM 'resolved'
"""


def _is_news(incident: Incident, who: Principal, answer: ReporterAnswer) -> bool:
    """Return whether the contact of an open record wrote more than thanks."""
    theirs = answer.by is Author.PERSON and incident.contact.lower() in who.identities
    if incident.state not in LIVE or not theirs:
        return False
    return answer_meaning(answer.new, incident.contact_name, who.name) is not AnswerMeaning.AGREES


async def _found_open(tx: Transaction, incident: Incident, answer: ReporterAnswer) -> AnswerEffect:
    """Return the effect of an answer on an open record.

    Whoever works on it is to read the answer; of a related record the master's handler is
    notified anyway. A contact who was notified that the master is resolved means that it is not
    solved.
    """
    if await tx.conn.fetchval(LET_GO, incident.id):
        return AnswerEffect.UNSOLVED
    at_work = incident.handler and incident.master_id is None and not answer.seen
    return AnswerEffect.SHOWN if at_work else AnswerEffect.NOTHING


def _lacks_fields(tx: Transaction, incident: Incident) -> bool:
    return bool(tx.uow.fields.missing(incident.kind, incident.fields, moments_of(commands.Refuse)))


async def _revision(
    tx: Transaction, incident: Incident, who: Principal, found: AnswerEffect
) -> Revision:
    if found is AnswerEffect.WAITS:
        assert incident.resolved_at is not None  # noqa: S101 - it is resolved
        after = replace(
            incident, marks=reporter_answers.mark_unread(incident.marks, incident.resolved_at)
        )
        return Revision(
            after=after, actor=who.name, events=((AnswerEffect.WAITS, {"cause": CAUSE}),)
        )
    if found in (AnswerEffect.UNSOLVED, AnswerEffect.UNSURE, AnswerEffect.SHOWN):
        return Revision(after=incident, actor=who.name, events=((found, {"cause": CAUSE}),))
    command = commands.Resume() if found is AnswerEffect.RESUMED else commands.Refuse()
    revision = await revise(tx, incident, command, who)
    return replace(
        revision,
        events=tuple((event, {**facts, "cause": CAUSE}) for event, facts in revision.events),
    )


def _shown(incident: Incident, found: AnswerEffect, answer: ReporterAnswer) -> Mapping[str, Any]:
    """Return the facts of the notification about an answer.

    They are its text unless the incident is a security incident, whether its sender is
    unverified, and the next step.
    """
    said = {} if incident.security else {"text": answer.shown[:SHOWN]}
    doubt = {} if answer.proven else {"sender": UNVERIFIED}
    return said | doubt | ({"to_do": TO_DO[found]} if found in TO_DO else {})


TO_DO: Mapping[AnswerEffect, str] = {
    AnswerEffect.WAITS: "judge_reply",
    AnswerEffect.RESUMED: "go_on",
    AnswerEffect.REOPENED: "go_on",
}
"""The next step of whoever has the record, where it is not just to read the answer."""
