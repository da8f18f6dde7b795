"""Messages to the reporter about a change of their incident. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.incidents.facts import TEXT
from gateway.incidents.record import Incident, Revision
from gateway.vocabulary import HoldReason, State, TimerKind

LINK = "reporter"
"""The actor of what is done with a reporter's link."""


TAKEN_UP = "taken_up"
"""The message that somebody works on the report."""


@dataclass(frozen=True, slots=True)
class ReporterMessage:
    """A message to the reporter; each `cause` is sent once."""

    template: str
    cause: str
    facts: Mapping[str, Any]


def reporter_message_of(revision: Revision) -> ReporterMessage | None:
    """Return the message about a revision, or None.

    There is none for what the reporter did, or if only marks changed. The note of a hold is sent
    if it is a question to the reporter, but not if the reporter could not be reached. A closing
    without a closure is the reporter's own confirmation. That somebody works on the report,
    assigned or accepted, is sent once. Of a security incident, the reporter gets the number
    only.
    """
    after = revision.after
    found = None if revision.marks_only else next(_found(revision), None)
    if found is None:
        return None
    facts = {"title": after.title, **found.facts} if not after.security else {}
    return ReporterMessage(found.template, found.cause, {"number": after.number, **_filled(facts)})


def _found(revision: Revision) -> Iterator[ReporterMessage]:  # noqa: C901 - one arm an event
    after = revision.after
    for event, told in revision.events:
        match event:
            case "assigned" | "accepted":
                yield ReporterMessage(TAKEN_UP, TAKEN_UP, {})
            case "resolved":
                yield _resolved(revision)
            case "unlinked" if told.get("state") == State.RESOLVED:
                yield ReporterMessage("master_resolved", f"master#{after.version}", {})
            case "held" if told.get("reason") == HoldReason.AWAITING_USER:
                question = str(told.get("note", ""))[:TEXT]
                yield ReporterMessage(
                    "awaiting_reporter", f"asked#{after.version}", {"question": question}
                )
            case "held" if told.get("reason") == HoldReason.USER_UNREACHABLE:
                yield ReporterMessage("awaiting_reporter", f"asked#{after.version}", {})
            case "rejected":
                reason = str(told.get("note", ""))[:TEXT]
                yield ReporterMessage("rejected", "rejected", {"reason": reason})
            case "closed" if "closure" in told and not _is_reporter(revision.actor, after):
                yield ReporterMessage(
                    "closed", f"ended#{after.reopened}", _outcome(after) | _silence(after)
                )
            case "shelved" if after.shelved_tells_reporter:
                until = {"shelved_until": told["until"].isoformat()}
                yield ReporterMessage("shelved", f"shelved#{after.version}", until)
            case "unshelved" if told["tell_reporter"]:
                yield ReporterMessage("unshelved", f"unshelved#{after.version}", {})
            case "reopened" if not _is_reporter(revision.actor, after):
                yield ReporterMessage("reopened", f"again#{after.reopened}", {})
            case _:
                pass


def _is_reporter(actor: str, incident: Incident) -> bool:
    return actor.lower() in (LINK, incident.contact.lower())


def _resolved(revision: Revision) -> ReporterMessage:
    after = revision.after
    facts = _outcome(after)
    closes_at = next(
        (one.due_at for one in revision.timers if one.kind is TimerKind.AUTO_CLOSE), None
    )
    if closes_at is not None and after.resolved_at is not None:
        facts |= {
            "closes_at": closes_at.isoformat(),
            "closes_in_s": _rest(after.resolved_at, closes_at),
        }
    return ReporterMessage("resolved", f"answered#{after.reopened}", facts)


def _rest(since: datetime, until: datetime) -> int:
    return int((until - since).total_seconds())


def _outcome(incident: Incident) -> dict[str, Any]:
    return {
        "resolution": str(incident.resolution or ""),
        "solution": incident.solution[:TEXT],
        "satisfaction": incident.satisfaction,
    }


def _silence(incident: Incident) -> dict[str, Any]:
    return {"closure": str(incident.closure or "")}


def _filled(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "")}
