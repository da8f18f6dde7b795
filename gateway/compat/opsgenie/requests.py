"""The requests about one alert, and the changes to its record that they ask for. Pure.

Closing and acknowledging go through intake like any alert; everything else changes the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.errors import Flaw, Unprocessable
from gateway.incidents import commands

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
"""Opsgenie's five priorities, for our four."""


RESERVED_LABELS = frozenset({"tags", "source", "user"})
"""Labels that are shown as fields of their own, not as details."""


class NamedParty(msgspec.Struct):
    """A user, team or escalation, named by whichever field the sender knows."""

    id: str | None = None
    name: str | None = None
    username: str | None = None

    @property
    def text(self) -> str:
        """The name by which it is found."""
        return self.username or self.name or self.id or ""


class AlertRequestBody(msgspec.Struct, rename="camel"):
    """The body of a request about one alert; the fields that count depend on the request."""

    user: str | None = None
    note: str | None = None
    source: str | None = None
    tags: list[str] | str | None = None
    details: dict[str, str] | None = None
    keys: str | None = None
    owner: NamedParty | None = None
    escalation: NamedParty | None = None
    end_time: str | None = None
    message: str | None = None
    description: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentChange:
    """A change that assigns the record to the person with this log-in name or e-mail address."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """A change that edits these fields of the record."""

    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriorityChange:
    """A change of the alert's priority; `word` is the sender's value for it."""

    word: str


Change = commands.Command | AssignmentChange | FieldEdit | PriorityChange


@dataclass(frozen=True, slots=True)
class RequestKind:
    """A kind of request: its name, the status text when it is done, and the change it makes."""

    name: str
    done: str
    change: Callable[[AlertRequestBody, Mapping[str, str]], Change]


def attribute_text(told: AlertRequestBody, text: str) -> str:
    """Return a text for the timeline, prefixed with the person the sender names."""
    return f"{told.user}: {text}" if told.user else text


def require_text(value: str | None, name: str) -> str:
    """Return the value; raises Unprocessable when it is empty."""
    if not (value or "").strip():
        raise Unprocessable(
            f"{name} can not be empty", flaws=(Flaw(f"/{name}", f"{name} can not be empty."),)
        )
    return (value or "").strip()


def parse_tag_label(labels: Mapping[str, str]) -> list[str]:
    """Return the tags of an alert, which are stored in one label."""
    return [tag for tag in labels.get("tags", "").split(", ") if tag]


def _wanted(told: AlertRequestBody) -> list[str]:
    given = told.tags.split(",") if isinstance(told.tags, str) else told.tags or []
    clean = [tag.strip() for tag in given if tag.strip()]
    require_text(" ".join(clean), "tags")
    return clean


def _tagged(told: AlertRequestBody, labels: Mapping[str, str]) -> FieldEdit:
    tags = dict.fromkeys([*parse_tag_label(labels), *_wanted(told)])
    return FieldEdit({"labels": {**labels, "tags": ", ".join(tags)}})


def _untagged(told: AlertRequestBody, labels: Mapping[str, str]) -> FieldEdit:
    gone = set(_wanted(told))
    return FieldEdit(
        {
            "labels": {
                **labels,
                "tags": ", ".join(tag for tag in parse_tag_label(labels) if tag not in gone),
            }
        }
    )


def _detailed(told: AlertRequestBody, labels: Mapping[str, str]) -> FieldEdit:
    given = {
        name: text
        for name, text in (told.details or {}).items()
        if name.strip() and name not in RESERVED_LABELS
    }
    require_text(" ".join(given), "details")
    return FieldEdit({"labels": {**labels, **given}})


def _undetailed(told: AlertRequestBody, labels: Mapping[str, str]) -> FieldEdit:
    gone = {name.strip() for name in require_text(told.keys, "keys").split(",")} - RESERVED_LABELS
    return FieldEdit({"labels": {name: text for name, text in labels.items() if name not in gone}})


def _assigned(told: AlertRequestBody, _: Mapping[str, str]) -> AssignmentChange:
    return AssignmentChange(
        require_text(told.owner.text if told.owner else "", "owner"),
        attribute_text(told, told.note or ""),
    )


def _escalated(told: AlertRequestBody, _: Mapping[str, str]) -> commands.Escalate:
    to = require_text(told.escalation.text if told.escalation else "", "escalation")
    return commands.Escalate(
        to="tier3", note=attribute_text(told, f"escalated to {to}. {told.note or ''}".strip())
    )


def _prioritised(told: AlertRequestBody, _: Mapping[str, str]) -> PriorityChange:
    word = (told.priority or "").upper()
    if word not in PRIORITIES:
        raise Unprocessable(
            "no such priority",
            flaws=(Flaw("/priority", "priority is one of P1, P2, P3, P4 and P5."),),
        )
    return PriorityChange(word)


def _noted(
    text: Callable[[AlertRequestBody], str],
) -> Callable[[AlertRequestBody, Mapping[str, str]], Change]:
    return lambda told, _: commands.Note(note=attribute_text(told, text(told)))


def _beside(told: AlertRequestBody, text: str) -> str:
    return f"{text}. {told.note}" if told.note else text


REQUEST_KINDS: Mapping[tuple[str, str], RequestKind] = {
    ("POST", "notes"): RequestKind(
        "AddNote", "Added note", _noted(lambda told: require_text(told.note, "note"))
    ),
    ("POST", "snooze"): RequestKind(
        "Snooze",
        "Snoozed alert",
        _noted(
            lambda told: _beside(told, f"snoozed until {require_text(told.end_time, 'endTime')}")
        ),
    ),
    ("POST", "tags"): RequestKind("AddTags", "Added tags", _tagged),
    ("DELETE", "tags"): RequestKind("RemoveTags", "Removed tags", _untagged),
    ("POST", "details"): RequestKind("AddDetails", "Added details", _detailed),
    ("DELETE", "details"): RequestKind("RemoveDetails", "Removed details", _undetailed),
    ("POST", "assign"): RequestKind("AssignOwnership", "Assigned alert", _assigned),
    ("POST", "escalate"): RequestKind("EscalateToNext", "Escalated alert", _escalated),
    ("PUT", "message"): RequestKind(
        "UpdateMessage",
        "Updated message",
        lambda told, _: FieldEdit({"title": require_text(told.message, "message")[:1000]}),
    ),
    ("PUT", "description"): RequestKind(
        "UpdateDescription",
        "Updated description",
        lambda told, _: FieldEdit({"description": (told.description or "")[:15_000]}),
    ),
    ("PUT", "priority"): RequestKind("UpdatePriority", "Updated priority", _prioritised),
}
"""The kinds of requests by method and last part of the path."""
